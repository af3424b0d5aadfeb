"""One Temporal worker for each role, on its own task queue, with nothing but its own settings."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities.approving import Approving
from activities.calling import CallingActivities
from activities.proposing import ModelEndpoint, Proposing
from activities.recording import RecordingActivities
from activities.replying import reply
from activities.screening import screen
from leverframe.contracts.names import Role, task_queue
from tools.catalogue import TOOLBOX
from tools.scope import ScopedSessions, create_engine
from worker.connection import worker_identity
from worker.settings import ApprovalsSettings, ModelSettings, Settings, ToolsSettings, WorkerSettings, load
from workflows import runner
from workflows.action import ActionWorkflow

Activity = Callable[..., Awaitable[object]]
Configured = TypeVar("Configured", bound=Settings)

GRACE = timedelta(seconds=10)
"""How long running activities may take to finish when a worker is told to stop; a retry finishes the others."""
GUARDS_CONCURRENCY = 20
APPROVALS_CONCURRENCY = 20
TOOLS_CONCURRENCY = 10
"""Also the number of database connections: an activity never waits for one."""


@dataclass(frozen=True)
class RoleSettings:
    """The settings of the roles that this process runs, and of no other."""

    worker: WorkerSettings
    model: ModelSettings | None = None
    approvals: ApprovalsSettings | None = None
    tools: ToolsSettings | None = None


def load_roles(roles: Iterable[Role]) -> RoleSettings:
    """Read from the environment what these roles need; raises :class:`~worker.settings.SettingsError`."""
    return RoleSettings(
        worker=load(WorkerSettings),
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
            yield options.worker(workflows=[ActionWorkflow])
        case "guards":
            yield options.worker([screen, reply], GUARDS_CONCURRENCY)
        case "llm":
            model = _given(settings.model, role)
            proposing = Proposing(model_endpoint(model))
            try:
                yield options.worker([proposing.propose], model.model_concurrency)
            finally:
                await proposing.close()
        case "approvals":
            approving = Approving(client, _given(settings.approvals, role).approver_trust)
            yield options.worker([approving.judge], APPROVALS_CONCURRENCY)
        case "tools":
            tools = _given(settings.tools, role)
            engine = create_engine(tools.database_url.get_secret_value(), pool_size=TOOLS_CONCURRENCY)
            sessions = ScopedSessions(engine, tools.scope_key.get_secret_value())
            calling, recording = CallingActivities(sessions, TOOLBOX), RecordingActivities(sessions)
            try:
                yield options.worker([calling.preview, calling.call, recording.record], TOOLS_CONCURRENCY)
            finally:
                await engine.dispose()


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


def model_endpoint(settings: ModelSettings) -> ModelEndpoint:
    """The model server that the settings name."""
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
