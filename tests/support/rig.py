"""A whole Leverframe on real parts for one test: Temporal, PostgreSQL, every role's worker, a scripted model."""

import asyncio
import gzip
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from audit.audit import audit_action
from leverframe import Leverframe, Outcome, Receipt, Status, UnknownAction
from leverframe.codec import EncryptedPayloads, data_converter
from leverframe.contracts.calling import CallRequest
from leverframe.contracts.names import ROLES, Role
from leverframe.key_service import KeyService
from leverframe.keys import PayloadKeys
from leverframe.pseudonym import Pseudonyms
from leverframe.subject_keys import SubjectKeys
from leverframe.uses import is_part
from machines.registry import machines
from tests.support.keys import APPROVALS, APPROVALS_RING, ISSUER, PAYLOADS, TENANT, capability
from tests.support.postgres import Database
from tests.support.scripted_model import ScriptedModel
from tools.chain import LedgerRow
from tools.scope import create_engine
from tools.shop.generator import DemoItem, DemoOrder, demo_customer
from tools.shop.store import store
from worker.codec.server import serving as serving_http
from worker.embedded.postgres import EmbeddedPostgres
from worker.keys.service import KeyServer
from worker.keys.shredder import Shredder
from worker.keys.store import KeyStore
from worker.roles.workers import RoleSettings, role_workers
from worker.settings.approvals import ApprovalsSettings
from worker.settings.llm import ModelSettings
from worker.settings.notifications import NotificationSettings
from worker.settings.shared import WorkerSettings
from worker.settings.tools import ToolsSettings

PSEUDONYMS = Pseudonyms(b"a test's key, 16 bytes or more")
MIA, BO = "mia_berg_1001", "bo_lind_1002"
LAMP, CHAIR, GIFT, SHIPPED, SOFA = (f"#W100000{number}" for number in range(1, 6))
BOS = "#W2000001"

KEY_SERVICE_TOKEN = "what the tests' key service asks for"

Behaviour = Any
Script = Callable[[dict[str, Any]], Behaviour]


def cancel(order_id: str = LAMP, **other: object) -> dict[str, Any]:
    """The model's answer that proposes to cancel an order."""
    arguments = {"order_id": order_id, "reason": "no longer needed", "clause": "CANCEL-PENDING", **other}
    return {"rationale": "The user asks for it.", "proposal": {"event": "cancel", **arguments}}


def propose(event: str, **arguments: object) -> dict[str, Any]:
    return {"rationale": "The user asks for it.", "proposal": {"event": event, **arguments}}


Hook = Callable[[], Awaitable[object]]


class Hooks(Interceptor, ClientInterceptor):
    """Lets a test do something just before a tool or another activity runs, once."""

    def __init__(self) -> None:
        self.before: dict[str, Hook] = {}

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Hooked(next, self.before)


class _Hooked(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, before: dict[str, Hook]) -> None:
        super().__init__(next)
        self._before = before

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        hook = self._before.pop(running(input), None)
        if hook is not None:
            await hook()
        return await self.next.execute_activity(input)


def running(input: ExecuteActivityInput) -> str:
    """What runs: the tool of a call, else the activity."""
    request = input.args[0]
    return request.planned.tool if isinstance(request, CallRequest) else str(input.fn.__name__)


@dataclass
class Rig:
    """What a test holds in its hands."""

    environment: WorkflowEnvironment
    client: Client
    service: Leverframe
    """The shop's own service."""
    operator: Leverframe
    """A person of the support team."""
    model: ScriptedModel
    database: Database
    prefix: str
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
    """What to do just before a tool (``payments.refund``) or another activity (``screen``) runs."""
    script: list[Behaviour] = field(default_factory=list)
    """What the model answers, in order; the last one again and again."""
    started: list[str] = field(default_factory=list)
    """Ids of the actions started here."""

    async def start(
        self,
        text: str = "cancel my lamp, I no longer need it",
        subject: str = MIA,
        requester: str = "storefront",
        request_id: str | None = None,
        action: str = "order_cancellation",
        delegates: Sequence[str] = (),
    ) -> str:
        token = capability(subject, requester=requester, action=action, delegates=delegates)
        action_id = await self.service.start(action, request_id=request_id or uuid4().hex, capability=token, text=text)
        self.started.append(action_id)
        return action_id

    async def until(self, action_id: str, reached: Callable[[Status], bool]) -> Status:
        async def status() -> Status | None:
            try:
                return await self.service.status(action_id)
            except UnknownAction:
                return None  # The time-skipping server answers queries only after the first workflow task.
            except RPCError as error:
                if error.status is RPCStatusCode.CANCELLED:
                    return None  # The worker that was to answer was killed.
                raise

        found: Status = await until(status, lambda status: status is not None and reached(status))
        return found

    async def waiting(self, text: str = "cancel my lamp, I no longer need it", **other: Any) -> Status:
        """Start an action and wait until an operator is asked."""
        return await self.until(await self.start(text, **other), lambda status: status.awaiting == "operator")

    async def result(self, action_id: str) -> Outcome:
        return await asyncio.wait_for(self.service.result(action_id), 60)

    async def withdraw(self, action_id: str, subject: str = MIA) -> Receipt:
        """As the shop's service that has asked for it."""
        action = action_id.partition("-")[0]
        delegates = machines() if is_part(action_id) else ()
        return await self.service.withdraw(action_id, capability(subject, action=action, delegates=delegates))

    async def sql(self, statement: str, **parameters: object) -> list[dict[str, Any]]:
        """As the database's owner: look at or change anything."""
        async with self.owner.begin() as connection:
            found = await connection.execute(text(statement), parameters)
            return [dict(row._mapping) for row in found] if found.returns_rows else []

    async def order(self, order_id: str) -> dict[str, Any]:
        (row,) = await self.sql("SELECT * FROM shop.orders WHERE order_id = :order_id", order_id=order_id)
        return row

    async def refunds(self, order_id: str = "%") -> list[dict[str, Any]]:
        return await self.sql(
            "SELECT * FROM shop.order_payments WHERE transaction_type = 'refund' AND order_id LIKE :order_id",
            order_id=order_id,
        )

    async def snapshot(self) -> dict[str, list[dict[str, Any]]]:
        """Every row of the business, to see that nothing changed."""
        tables = await self.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'shop' ORDER BY 1")
        names = [row["tablename"] for row in tables]
        return {name: await self.sql(f"SELECT * FROM shop.{name} ORDER BY 1, 2") for name in names}

    async def ledger(self, action_id: str) -> Sequence[LedgerRow]:
        """The action's story, after checking that its chain holds."""
        audit = await audit_action(self.auditor, action_id, self.people)
        assert audit.problems == ()
        return audit.entries

    async def kinds(self, action_id: str, kind: str) -> list[dict[str, Any]]:
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


async def until(ask: Callable[[], Awaitable[Any]], reached: Callable[[Any], bool], seconds: float = 60) -> Any:
    """Ask again and again until the answer is the awaited one."""
    async with asyncio.timeout(seconds):
        while not reached(answer := await ask()):
            await asyncio.sleep(0.02)
    return answer


def shop() -> list[Any]:
    lamp = DemoItem(name="Desk lamp", price="54.10")
    chair = DemoItem(name="Garden chair", price="120.00")
    cushion = DemoItem(name="Cushion", price="20.00")
    mias = [
        DemoOrder(order_id=LAMP, items=(lamp,)),
        DemoOrder(order_id=CHAIR, items=(chair, cushion)),
        DemoOrder(order_id=GIFT, items=(chair,), payment="gift_card"),
        DemoOrder(order_id=SHIPPED, items=(chair,), status="processed"),
        DemoOrder(order_id=SOFA, items=(DemoItem(name="Sofa", price="500.01"),)),
    ]
    return [demo_customer(MIA, mias), demo_customer(BO, [DemoOrder(order_id=BOS, items=(lamp,))])]


@asynccontextmanager
async def open_rig(
    environment: WorkflowEnvironment,
    database: Database,
    roles: Sequence[Role] = ROLES,
    approvals: ApprovalsSettings | None = None,
    notifications: NotificationSettings | None = None,
    key_for_each: bool = not os.environ.get("LEVERFRAME_RECORD"),
    **settings: Any,
) -> AsyncIterator[Rig]:
    """All parts for one test on a Temporal server; ``settings`` are the model's.

    ``key_for_each`` person there is a key, unless histories are recorded: those must be readable later.
    """
    prefix = f"test-{uuid4().hex[:8]}"
    async with AsyncExitStack() as stack:
        keys, service = await stack.enter_async_context(key_service(database))
        people = SubjectKeys(service) if key_for_each else None
        client = reader(environment.client, people)
        script: list[Behaviour] = [cancel()]
        model = await stack.enter_async_context(
            ScriptedModel(lambda request: script[min(len(model.requests), len(script)) - 1])
        )
        owner, auditor = create_engine(database.owner_url), create_engine(database.auditor_url)
        stack.push_async_callback(owner.dispose)
        stack.push_async_callback(auditor.dispose)
        for part in shop():
            await store(owner, part)
        role_settings = RoleSettings(
            worker=WorkerSettings(task_queue_prefix=prefix, tenant=TENANT),
            model=ModelSettings(model_url=model.base_url, model_name="scripted", **settings),
            approvals=approvals or approvals_settings(database),
            tools=tools_settings(database),
            notifications=notifications,
            people=people,
        )
        hooks = Hooks()
        await stack.enter_async_context(serving(client, role_settings, roles, hooks=hooks))
        # Before the workers end: they give what runs its time, and a model that hangs uses all of it.
        stack.push_async_callback(model.close)
        operator = await as_person(client, "olga@support")
        yield Rig(
            environment=environment,
            client=client,
            service=Leverframe(client, PSEUDONYMS, prefix, ISSUER.public, people),
            operator=Leverframe(operator, task_queue_prefix=prefix),
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


@asynccontextmanager
async def key_service(database: Database) -> AsyncIterator[tuple[KeyStore, KeyService]]:
    """A key service on a database, and what asks it."""
    engine = create_engine(database.keys_url)
    store = KeyStore(engine, PAYLOADS)
    try:
        async with serving_http(KeyServer(store, KEY_SERVICE_TOKEN).app(), "127.0.0.1", 0) as address:
            yield store, KeyService(address, KEY_SERVICE_TOKEN)
    finally:
        await engine.dispose()


def variables(service: KeyService) -> dict[str, str]:
    """As a process is told of the key service."""
    return {"LEVERFRAME_KEY_SERVICE_URL": service.url, "LEVERFRAME_KEY_SERVICE_TOKEN": KEY_SERVICE_TOKEN}


def reader(client: Client, people: SubjectKeys | None, payloads: PayloadKeys = PAYLOADS) -> Client:
    """The same client with other keys."""
    converter = data_converter(payloads, people)
    return Client(client.service_client, namespace=client.namespace, data_converter=converter)


def people_of(client: Client) -> SubjectKeys | None:
    """The people's keys that a client encrypts with."""
    codec = client.data_converter.payload_codec
    return codec.people if isinstance(codec, EncryptedPayloads) else None


@asynccontextmanager
async def serving(
    client: Client,
    settings: RoleSettings,
    roles: Sequence[Role] = ROLES,
    payloads: PayloadKeys = PAYLOADS,
    hooks: Hooks | None = None,
) -> AsyncIterator[None]:
    """The roles' workers, running."""
    own = Client(
        client.service_client,
        namespace=client.namespace,
        data_converter=data_converter(payloads, settings.people),
        interceptors=[hooks or Hooks()],
    )
    async with AsyncExitStack() as stack:
        for worker in await stack.enter_async_context(role_workers(own, roles, settings)):
            await stack.enter_async_context(worker)
        yield


def approvals_settings(database: Database | EmbeddedPostgres, **changes: Any) -> ApprovalsSettings:
    """Of the approvals role, with the tests' keys."""
    defaults: dict[str, Any] = {
        "approver_trust": "claimed",
        "approvals_keys": SecretStr(APPROVALS_RING),
        "approvals_database_url": SecretStr(database.approvals_url),
        "issuer_public_keys": str(ISSUER.public),
    }
    return ApprovalsSettings(**defaults | changes)


def tools_settings(database: Database | EmbeddedPostgres, **changes: Any) -> ToolsSettings:
    """Of the tools role, with the tests' keys."""
    defaults: dict[str, Any] = {
        "database_url": SecretStr(database.tools_url),
        "scope_key": SecretStr(database.scope_key),
        "issuer_public_keys": str(ISSUER.public),
        "approvals_public_keys": str(APPROVALS.public),
    }
    return ToolsSettings(**defaults | changes)


async def as_person(client: Client, identity: str, payloads: PayloadKeys = PAYLOADS) -> Client:
    """The same server, under another claimed identity."""
    return await Client.connect(
        client.service_client.config.target_host,
        namespace=client.namespace,
        identity=identity,
        data_converter=data_converter(payloads, people_of(client)),
    )


@pytest.fixture
async def rig(temporal: WorkflowEnvironment, database: Database, request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    async with open_rig(temporal, database) as opened:
        yield opened
        await keep_histories(opened, request.node.name)


async def keep_histories(rig: Rig, name: str) -> None:
    """For ``make record-histories``: keep what happened, so that later code is replayed against it."""
    if not (folder := os.environ.get("LEVERFRAME_RECORD")):
        return
    for number, action_id in enumerate(rig.started):
        history = await rig.client.get_workflow_handle(action_id).fetch_history()
        if history.events[-1].event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
            file = Path(folder) / f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}-{number}.json.gz"
            file.write_bytes(gzip.compress(history.to_json().encode(), mtime=0))
