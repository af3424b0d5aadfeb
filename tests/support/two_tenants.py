"""Two tenants in one deployment: the same workers, and for each a database, keys and services of its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from audit.audit import audit_action
from leverframe import Leverframe, Outcome, Status
from leverframe.capability import mint
from leverframe.contracts.names import task_queue
from leverframe.keys import SigningKeys
from leverframe.one_tenant import only
from leverframe.operating import Operating
from leverframe.pseudonym import Pseudonyms
from leverframe.starting import Starter, send
from tests.support.rig import LAMP, MIA, cancel, shop
from tools.scope import create_engine
from tools.shop.store import store
from worker.embedded.postgres import EmbeddedPostgres
from worker.roles.workers import RoleSettings
from worker.settings.llm import ModelSettings
from worker.settings.shared import WorkerSettings
from worker.settings.tenants import Tenant as Tenancy
from worker.settings.tenants import TenantSettings, TenantsFile
from worker.testing.keys import private
from worker.testing.postgres import Database, fresh_database
from worker.testing.scripted_model import ScriptedModel
from worker.testing.serving import approvals_settings, as_person, reader, serving, tools_settings
from worker.testing.waiting import until

NOTHING_SAID = Tenancy()


@dataclass
class Tenant:
    """One of them, with its own people and services. Both have a customer of the same name with the same orders."""

    name: str
    client: Client
    database: Database
    owner: AsyncEngine
    auditor: AsyncEngine
    issuer: SigningKeys
    approvals: SigningKeys
    prefix: str
    service: Leverframe
    operator: Operating

    def mint(self, *, tenant: str | None = None, issuer: SigningKeys | None = None, subject: str = MIA) -> str:
        """A capability as its issuer makes it; or, as whoever was taken over might, of another tenant."""
        return mint(
            issuer or self.issuer,
            subject=subject,
            tenant=tenant or self.name,
            action="order_cancellation",
            requester="storefront",
            expires=datetime.now(UTC) + timedelta(days=30),
            approvals=self.approvals.public,
        )

    async def start(self, *, service: Leverframe | None = None, **minted: Any) -> str:
        return await (service or self.service).start(
            "order_cancellation",
            request_id=uuid4().hex,
            capability=self.mint(**minted),
            text="cancel my lamp, I no longer need it",
        )

    async def begin(self, number: int) -> None:
        """Start an action, and do not look whether anybody takes it."""
        starter = Starter(Pseudonyms(f"the services of {self.name}"), self.issuer.public)
        asked = starter.ask("order_cancellation", str(number), self.mint(), "cancel my lamp, I no longer need it")
        await send(self.client, asked, task_queue("workflows", self.prefix))

    async def until(self, action_id: str, reached: Callable[[Status], bool]) -> Status:
        found: Status = await until(lambda: self.service.status(action_id), reached)
        return found

    async def waiting(self) -> Status:
        return await self.until(await self.start(), lambda status: status.awaiting == "operator")

    async def cancelled(self) -> Outcome:
        """Have an order cancelled, as an operator approves it."""
        status = await self.waiting()
        assert status.plan is not None
        await self.operator.approve(status.action_id, status.plan.code)
        return await self.service.result(status.action_id)

    async def sql(self, statement: str) -> list[Any]:
        """As the owner of its own database."""
        async with self.owner.begin() as connection:
            return list((await connection.execute(text(statement))).scalars())

    async def rows(self) -> dict[str, list[Any]]:
        """What would differ if anything of it had been touched: business rows, ledger and approvals."""
        tables = ("shop.orders", "shop.order_payments", "leverframe.ledger", "leverframe.approvals")
        return {table: await self.sql(f"SELECT t::text FROM {table} t ORDER BY 1") for table in tables}

    async def lamp(self) -> str:
        (status,) = await self.sql(f"SELECT status FROM shop.orders WHERE order_id = '{LAMP}'")
        return str(status)

    async def kinds(self, action_id: str) -> list[str]:
        audit = await audit_action(self.auditor, action_id)
        assert not audit.problems
        return [entry.kind for entry in audit.entries]


@dataclass
class Both:
    acme: Tenant
    beta: Tenant
    settings: RoleSettings
    model: ScriptedModel
    script: list[Any] = field(default_factory=lambda: [cancel()])


def tenant_settings(tenant: Tenant, **changes: Any) -> TenantSettings:
    """What the workers hold for it."""
    issuers, ring = str(tenant.issuer.public), tenant.approvals
    approving = approvals_settings(
        tenant.database,
        approvals_keys=SecretStr(",".join(f"{number}:{key}" for number, key in ring)),
        issuer_public_keys=issuers,
    )
    tools = tools_settings(
        tenant.database,
        scope_key=SecretStr(tenant.database.scope_key),
        issuer_public_keys=issuers,
        approvals_public_keys=str(ring.public),
    )
    return replace(TenantSettings(tenant.name, None, approving, tools), **changes)


async def a_tenant(
    name: str, seed: int, environment: WorkflowEnvironment, database: Database, prefix: str, held: AsyncExitStack
) -> Tenant:
    owner, auditor = create_engine(database.owner_url), create_engine(database.auditor_url)
    held.push_async_callback(owner.dispose)
    held.push_async_callback(auditor.dispose)
    for part in shop():
        await store(owner, part)
    client = reader(environment.client, None)
    issuer, approvals = SigningKeys.parse(private(seed)), SigningKeys.parse(private(seed + 1))
    operator = only(await as_person(client, f"olga@{name}"), name)
    return Tenant(
        name,
        client,
        database,
        owner,
        auditor,
        issuer,
        approvals,
        prefix,
        Leverframe(only(client, name), Pseudonyms(f"the services of {name}"), prefix, issuer.public),
        Operating(operator, task_queue_prefix=prefix),
    )


@asynccontextmanager
async def two_tenants(
    environment: WorkflowEnvironment,
    postgres: EmbeddedPostgres,
    of_beta: Tenancy = NOTHING_SAID,
    at_work: bool = True,
) -> AsyncIterator[Both]:
    """Both on the same workers, once they are ``at_work``; ``of_beta`` is what the file says of the second."""
    prefix, script = f"test-{uuid4().hex[:8]}", [cancel()]
    file = TenantsFile(tenants={"acme": NOTHING_SAID, "beta": of_beta})
    with fresh_database(postgres) as first, fresh_database(postgres) as second:
        async with AsyncExitStack() as held:
            acme = await a_tenant("acme", 71, environment, first, prefix, held)
            beta = await a_tenant("beta", 81, environment, second, prefix, held)
            model = await held.enter_async_context(
                ScriptedModel(lambda _: script[min(len(model.requests), len(script)) - 1])
            )
            settings = RoleSettings(
                worker=WorkerSettings(task_queue_prefix=prefix),
                model=ModelSettings(model_url=model.base_url, model_name="scripted"),
                tenants=(tenant_settings(acme), tenant_settings(beta, limits=of_beta.limits)),
                admits=file.admits,
            )
            if at_work:
                await held.enter_async_context(serving(acme.client, settings))
            yield Both(acme, beta, settings, model, script)


@pytest.fixture
async def both(temporal: WorkflowEnvironment, postgres: EmbeddedPostgres) -> AsyncIterator[Both]:
    async with two_tenants(temporal, postgres) as opened:
        yield opened
