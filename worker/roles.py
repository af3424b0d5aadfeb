"""One Temporal worker for each role, on its own task queue, with nothing but its own settings.

What a role needs is imported only where it runs: a process of one role starts sooner and reaches less.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import Worker, WorkerDeploymentConfig

from leverframe.contracts.names import Role, task_queue
from leverframe.subject_keys import SubjectKeys
from worker.connection import worker_identity
from worker.own_secrets import refuse_others_secrets
from worker.settings import (
    ApprovalsSettings,
    GuardSettings,
    ModelSettings,
    PayloadSettings,
    Settings,
    SettingsError,
    ToolsSettings,
    WorkerSettings,
    load,
)
from workflows import runner

if TYPE_CHECKING:
    from activities.proposing import ModelEndpoint
    from tools.outside import Outside

Activity = Callable[..., Awaitable[object]]
Configured = TypeVar("Configured", bound=Settings)

GRACE = timedelta(seconds=10)
"""How long running activities may take to finish when a worker is told to stop; a retry finishes the others."""
GUARDS_CONCURRENCY = 20
APPROVALS_CONCURRENCY = 10
TOOLS_CONCURRENCY = 10
"""Also the number of database connections, here and for approvals: an activity never waits for one."""


@dataclass(frozen=True)
class RoleSettings:
    """The settings of the roles that this process runs, and of no other."""

    worker: WorkerSettings
    payloads: PayloadSettings | None = None
    """For the client that the workers run on."""
    people: SubjectKeys | None = None
    """The people's keys, for that client and for the ledger."""
    guards: GuardSettings | None = None
    """Without them, no guard model is asked."""
    model: ModelSettings | None = None
    approvals: ApprovalsSettings | None = None
    tools: ToolsSettings | None = None


def load_roles(roles: Iterable[Role]) -> RoleSettings:
    """Read from the environment what these roles need.

    Raises :class:`~worker.settings.SettingsError`, also when the process was handed a secret that none of them needs.
    """
    roles = tuple(roles)
    refuse_others_secrets(roles)
    payloads = load(PayloadSettings)
    return RoleSettings(
        worker=load(WorkerSettings),
        payloads=payloads,
        people=payloads.people,
        guards=load(GuardSettings) if "guards" in roles else None,
        model=load(ModelSettings) if "llm" in roles else None,
        approvals=load(ApprovalsSettings) if "approvals" in roles else None,
        tools=load(ToolsSettings) if "tools" in roles else None,
    )


async def serve(client: Client, roles: Sequence[Role], settings: RoleSettings, stop: asyncio.Event) -> None:
    """Run the roles' workers until ``stop`` is set, then let them finish what they are doing."""
    async with role_workers(client, roles, settings) as workers, asyncio.TaskGroup() as running:
        for worker in workers:
            running.create_task(worker.run())
        await stop.wait()
        for worker in workers:
            running.create_task(worker.shutdown())


@asynccontextmanager
async def role_workers(client: Client, roles: Sequence[Role], settings: RoleSettings) -> AsyncIterator[list[Worker]]:
    """The roles' workers, not yet started; what they hold (connections, pools) is closed on leaving."""
    async with AsyncExitStack() as held:
        yield [await held.enter_async_context(_worker(client, role, settings)) for role in roles]


@asynccontextmanager
async def _worker(client: Client, role: Role, settings: RoleSettings) -> AsyncIterator[Worker]:
    options = WorkerOptions(client, role, settings.worker)
    match role:
        case "workflows":
            from workflows.action import ActionWorkflow

            yield options.worker(workflows=[ActionWorkflow])
        case "guards":
            async with _guarding(settings.guards) as activities:
                yield options.worker(activities, GUARDS_CONCURRENCY)
        case "llm":
            async with _proposing(_given(settings.model, role)) as activities:
                yield options.worker(activities, _given(settings.model, role).model_concurrency)
        case "approvals":
            async with _approving(client, _given(settings.approvals, role), settings.worker.tenant) as activities:
                yield options.worker(activities, APPROVALS_CONCURRENCY)
        case "tools":
            async with _calling(client, _given(settings.tools, role), settings) as activities:
                yield options.worker(activities, TOOLS_CONCURRENCY)


@asynccontextmanager
async def _guarding(settings: GuardSettings | None) -> AsyncIterator[list[Activity]]:
    from activities.policy import load_policy
    from activities.replying import reply
    from activities.retrieving import Retrieving

    retrieve = Retrieving(load_policy()).retrieve
    if settings is None or not settings.guard_url or not settings.guard_model:
        from activities.screening import screen

        yield [screen, reply, retrieve]
        return
    from activities.second_opinion import GuardModel, SecondOpinion

    key = settings.guard_api_key.get_secret_value()
    opinion = SecondOpinion(GuardModel(settings.guard_url, settings.guard_model, key, settings.guard_timeout))
    try:
        yield [opinion.screen, reply, retrieve]
    finally:
        await opinion.close()


@asynccontextmanager
async def _proposing(settings: ModelSettings) -> AsyncIterator[list[Activity]]:
    from activities.proposing import Proposing

    proposing = Proposing(model_endpoint(settings))
    try:
        yield [proposing.propose]
    finally:
        await proposing.close()


@asynccontextmanager
async def _approving(client: Client, settings: ApprovalsSettings, tenant: str) -> AsyncIterator[list[Activity]]:
    from activities.approving import Approving
    from activities.operators import InvalidOperators, Operators
    from tools.approvals import ApprovalRecord
    from tools.scope import create_engine

    try:
        operators = Operators.load(settings.operators_file, settings.approver_trust)
    except InvalidOperators as error:
        raise SettingsError(f"LEVERFRAME_OPERATORS_FILE: {error}") from None
    engine = create_engine(settings.approvals_database_url.get_secret_value(), pool_size=APPROVALS_CONCURRENCY)
    approving = Approving(
        client,
        keys=settings.keys,
        issuers=settings.issuers,
        record=ApprovalRecord(engine),
        operators=operators,
        tenant=tenant,
    )
    try:
        yield [approving.judge]
    finally:
        await engine.dispose()


@asynccontextmanager
async def _calling(client: Client, settings: ToolsSettings, common: RoleSettings) -> AsyncIterator[list[Activity]]:
    from activities.calling import CallingActivities
    from activities.recording import RecordingActivities
    from tools.catalogue import TOOLBOX
    from tools.scope import ScopedSessions, create_engine

    engine = create_engine(settings.database_url.get_secret_value(), pool_size=TOOLS_CONCURRENCY)
    sessions = ScopedSessions(engine, settings.scope_key.get_secret_value(), common.people)
    verifier = settings.verifier(common.worker.tenant)
    recording = RecordingActivities(sessions, verifier)
    try:
        async with _outside(client, settings, common.worker.task_queue_prefix) as outside:
            calling = CallingActivities(sessions, TOOLBOX, verifier, outside)
            yield [calling.preview, calling.call, recording.record]
    finally:
        await engine.dispose()


@asynccontextmanager
async def _outside(client: Client, settings: ToolsSettings, prefix: str) -> AsyncIterator["Outside"]:
    """What the tools may reach besides the database."""
    from tools.open_actions import OpenActions
    from tools.outside import Outside

    actions = OpenActions(client, prefix)
    key = settings.stripe_api_key.get_secret_value() if settings.stripe_api_key else ""
    if not key:
        yield Outside(actions=actions)
        return
    from tools.stripe_client import StripeRefunds

    refunds = StripeRefunds(key, settings.stripe_url, settings.stripe_currency)
    try:
        yield Outside(stripe=refunds, actions=actions)
    finally:
        await refunds.close()


@dataclass(frozen=True)
class WorkerOptions:
    """What the workers of all roles have in common."""

    client: Client
    role: Role
    settings: WorkerSettings

    def worker(
        self, activities: Sequence[Activity] = (), concurrency: int | None = None, workflows: Sequence[type] = ()
    ) -> Worker:
        return Worker(
            self.client,
            task_queue=task_queue(self.role, self.settings.task_queue_prefix),
            identity=worker_identity(self.role),
            activities=activities,
            max_concurrent_activities=concurrency,
            workflows=workflows,
            workflow_runner=runner(),
            graceful_shutdown_timeout=GRACE,
            deployment_config=_deployment(self.settings),
        )


def model_endpoint(settings: ModelSettings) -> "ModelEndpoint":
    """The model server that the settings name."""
    from activities.proposing import ModelEndpoint

    return ModelEndpoint(
        base_url=settings.model_url,
        model=settings.model_name,
        api_key=settings.model_api_key.get_secret_value(),
        provider=settings.model_provider,
        timeout=settings.model_timeout,
        max_tokens=settings.model_max_tokens,
        seed=settings.model_seed,
    )


def _deployment(settings: WorkerSettings) -> WorkerDeploymentConfig | None:
    if not settings.build_id:
        return None
    # The behaviour is given here and not on the workflow, which an unversioned worker would then refuse to run.
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(settings.deployment_name, settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )


def _given(settings: Configured | None, role: Role) -> Configured:
    if settings is None:
        raise ValueError(f"the {role} role was started without its settings; use load_roles")
    return settings
