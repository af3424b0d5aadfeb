"""A whole Leverframe on real parts for one test: Temporal, PostgreSQL, every role's worker, a scripted model.

PYTEST_DONT_REWRITE: it asserts nothing, and may be imported before pytest loads it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from audit.audit import audit_action
from leverframe import Leverframe, NoAnswer, Outcome, Receipt, Status, UnknownAction
from leverframe.capability_uses import is_part
from leverframe.contracts.names import ROLES, Role
from leverframe.operating import Operating
from leverframe.pseudonym import Pseudonyms
from leverframe.subject_keys import SubjectKeys
from machines.registry import machines
from tools.chain import LedgerRow
from tools.scope import create_engine
from tools.systems import Systems
from worker.keys.shredder import Shredder
from worker.keys.store import KeyStore
from worker.roles.workers import RoleSettings
from worker.settings.approvals import ApprovalsSettings
from worker.settings.llm import ModelSettings
from worker.settings.notifications import EventSettings, NotificationSettings
from worker.settings.shared import WorkerSettings
from worker.settings.tools import ToolsSettings
from worker.testing.hooks import Hook, Hooks
from worker.testing.keys import ISSUER, TENANT, capability
from worker.testing.postgres import Database
from worker.testing.scripted_model import Raw, ScriptedModel
from worker.testing.serving import (
    approvals_settings,
    as_person,
    key_service,
    reader,
    serving,
    tools_settings,
    variables,
)
from worker.testing.waiting import until

PSEUDONYMS = Pseudonyms(b"a test's key, 16 bytes or more")
UNSCRIPTED = Raw(b"rig.script says nothing of what the model answers", 400, "text/plain")
TABLES = """SELECT c.oid::regclass::text AS table, coalesce(p.name, leverframe.table_name(c.oid)) AS name
    FROM pg_class c LEFT JOIN leverframe.protected() p ON p.target = c.oid
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace::regnamespace::text
        !~ '^(pg_|leverframe$|information_schema$)' ORDER BY 2"""


def propose(event: str, **arguments: object) -> dict[str, Any]:
    """The model's answer that proposes an event with its arguments."""
    return {"rationale": "The user asks for it.", "proposal": {"event": event, **arguments}}


@dataclass
class Rig:
    """What a test holds in its hands."""

    environment: WorkflowEnvironment
    client: Client
    service: Leverframe
    """The business's own service."""
    operator: Operating
    """A person of the support team."""
    model: ScriptedModel
    database: Database
    prefix: str
    """Of the task queues."""
    owner: AsyncEngine
    auditor: AsyncEngine
    settings: RoleSettings
    """Of the workers that run."""
    keys: KeyStore
    """A key for each person; what the key service gives out."""
    people: SubjectKeys | None
    """The keys as all parts have them; ``None`` where they use the ring alone."""
    key_service: dict[str, str]
    """Variables of a process that is to have the keys too."""
    before: dict[str, Hook]
    """What to do just before a tool (by its name) or another activity (``screen``) runs."""
    script: list[Any] = field(default_factory=list)
    """What the model answers, in order; the last one again and again."""
    started: list[str] = field(default_factory=list)
    """Ids of the actions started here."""

    async def start(
        self,
        text: str,
        *,
        subject: str,
        action: str,
        requester: str = "service",
        request_id: str | None = None,
        delegates: Sequence[str] = (),
    ) -> str:
        """Start an action for a subject, as the business's own service does; returns its id."""
        token = capability(subject, requester=requester, action=action, delegates=delegates)
        action_id = await self.service.start(action, request_id=request_id or uuid4().hex, capability=token, text=text)
        self.started.append(action_id)
        return action_id

    async def until(self, action_id: str, reached: Callable[[Status], bool]) -> Status:
        """Wait until an action's status is the awaited one."""

        async def status() -> Status | None:
            try:
                return await self.service.status(action_id)
            except UnknownAction:
                return None  # The time-skipping server answers queries only after the first workflow task.
            except NoAnswer:
                return None  # The worker that was to answer is gone, and its successor has not come yet.

        found: Status = await until(status, lambda status: status is not None and reached(status))
        return found

    async def waiting(self, text: str, **other: Any) -> Status:
        """Start an action and wait until an operator is asked."""
        return await self.until(await self.start(text, **other), lambda status: status.awaiting == "operator")

    async def result(self, action_id: str) -> Outcome:
        """What has become of an action, once it has ended."""
        return await asyncio.wait_for(self.service.result(action_id), 60)

    async def person(self, identity: str) -> Operating:
        """Another person, such as ``rita@support``, who may approve and reject."""
        return Operating(await as_person(self.client, identity), task_queue_prefix=self.prefix)

    async def withdraw(self, action_id: str, *, subject: str) -> Receipt:
        """As the service that has asked for it."""
        action = action_id.partition("-")[0]
        delegates = machines() if is_part(action_id) else ()
        return await self.service.withdraw(action_id, capability(subject, action=action, delegates=delegates))

    async def sql(self, statement: str, **parameters: object) -> list[dict[str, Any]]:
        """As the database's owner: look at or change anything."""
        async with self.owner.begin() as connection:
            found = await connection.execute(text(statement), parameters)
            return [dict(row._mapping) for row in found] if found.returns_rows else []

    async def snapshot(self) -> dict[str, list[dict[str, Any]]]:
        """Every row of every table that is not Leverframe's own, by the name that plans have for the table."""
        return {
            found["name"]: await self.sql(f"SELECT * FROM {found['table']} AS t ORDER BY t::text")  # noqa: S608
            for found in await self.sql(TABLES)
        }

    async def ledger(self, action_id: str) -> Sequence[LedgerRow]:
        """The action's story, after checking that its chain holds."""
        audit = await audit_action(self.auditor, action_id, self.people)
        if audit.problems:
            raise AssertionError(f"the ledger of {action_id} does not hold: {audit.problems}")
        return audit.entries

    async def kinds(self, action_id: str, kind: str) -> list[dict[str, Any]]:
        """What the ledger says in entries of a kind."""
        return [dict(entry.body) for entry in await self.ledger(action_id) if entry.kind == kind]

    async def shred(self) -> list[str]:
        """What the key service does from time to time; returns whose key it has destroyed."""

        async def connected() -> Client:
            return self.client

        return await Shredder(self.keys, connected, self.prefix).once()

    def forget_keys(self) -> None:
        """As if the time had passed for which keys are kept."""
        if self.people is not None:
            self.people.forget()


AnyRig = TypeVar("AnyRig", bound=Rig)


@asynccontextmanager
async def open_rig(
    kind: type[AnyRig],
    environment: WorkflowEnvironment,
    database: Database,
    roles: Sequence[Role] = ROLES,
    approvals: ApprovalsSettings | None = None,
    notifications: NotificationSettings | None = None,
    key_for_each: bool = True,
    systems: Sequence[Systems] = (),
    tools: ToolsSettings | None = None,
    events: EventSettings | None = None,
    mode: str = "live",
    **settings: Any,
) -> AsyncIterator[AnyRig]:
    """All parts for one test on a Temporal server; ``settings`` are the model's.

    ``kind`` is :class:`Rig`, or what a business has made of it. ``key_for_each`` person there is a key. ``systems`` are
    what the tools reach outside, and ``tools`` says among others how they get users' tokens for these,
    ``events`` what a webhook is told of, ``mode`` how far actions go (``LEVERFRAME_MODE``).
    """
    prefix = f"test-{uuid4().hex[:8]}"
    async with AsyncExitStack() as stack:
        keys, service = await stack.enter_async_context(key_service(database))
        people = SubjectKeys(service) if key_for_each else None
        client = reader(environment.client, people)
        script: list[Any] = []
        model = await stack.enter_async_context(
            ScriptedModel(lambda _: script[min(len(model.requests), len(script)) - 1] if script else UNSCRIPTED)
        )
        owner, auditor = create_engine(database.owner_url), create_engine(database.auditor_url)
        stack.push_async_callback(owner.dispose)
        stack.push_async_callback(auditor.dispose)
        role_settings = RoleSettings(
            worker=WorkerSettings(task_queue_prefix=prefix, tenant=TENANT, mode=mode),
            model=ModelSettings(model_url=model.base_url, model_name="scripted", **settings),
            approvals=approvals or approvals_settings(database),
            tools=tools or tools_settings(database),
            systems=systems,
            notifications=notifications,
            events=events or EventSettings(),
            people=people,
        )
        hooks = Hooks()
        await stack.enter_async_context(serving(client, role_settings, roles, hooks=hooks))
        # Before the workers end: they give what runs its time, and a model that hangs uses all of it.
        stack.push_async_callback(model.close)
        operator = await as_person(client, "olga@support")
        yield kind(
            environment=environment,
            client=client,
            service=Leverframe(client, PSEUDONYMS, prefix, ISSUER.public, people),
            operator=Operating(operator, task_queue_prefix=prefix),
            model=model,
            database=database,
            prefix=prefix,
            owner=owner,
            auditor=auditor,
            settings=role_settings,
            keys=keys,
            people=people,
            key_service=variables(service) if key_for_each else {},
            before=hooks.before,
            script=script,
        )


@pytest.fixture
def systems() -> Sequence[Systems]:
    """What the tools reach outside: nothing, until a package's own fixture of this name brings its doubles."""
    return ()


@pytest.fixture
async def rig(temporal: WorkflowEnvironment, database: Database, systems: Sequence[Systems]) -> AsyncIterator[Rig]:
    """A whole Leverframe with the businesses of ``leverframe_businesses``."""
    async with open_rig(Rig, temporal, database, systems=systems) as opened:
        yield opened
