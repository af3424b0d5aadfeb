"""One Temporal worker for each role, on its own task queue, with nothing but its own settings."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import PatchActivationInput, Worker, WorkerDeploymentConfig

from leverframe.codec import for_workflows
from leverframe.contracts.names import ADMIT, Role, task_queue
from leverframe.modes import begun_in
from leverframe.subject_keys import SubjectKeys
from worker.roles.activities import Activity, approving, calling, guarding, notifying, of_tenants, proposing
from worker.roles.concurrency import (
    APPROVALS_CONCURRENCY,
    GUARDS_CONCURRENCY,
    NOTIFICATIONS_CONCURRENCY,
    TOOLS_CONCURRENCY,
)
from worker.roles.own_secrets import refuse_others_secrets
from worker.roles.polling import worker_identity
from worker.roles.uninterrupted import UninterruptedWorkflowRunner
from worker.settings.approvals import ApprovalsSettings
from worker.settings.base import Settings, SettingsError, load
from worker.settings.guards import GuardSettings
from worker.settings.llm import ModelSettings
from worker.settings.models import Models, load_models
from worker.settings.notifications import EventSettings, NotificationSettings
from worker.settings.shared import PayloadSettings, WorkerSettings
from worker.settings.tenants import TenantSettings, TenantsFile, load_tenants
from worker.settings.tools import ToolsSettings

if TYPE_CHECKING:
    from tools.systems import Systems

Configured = TypeVar("Configured", bound=Settings)

KEYS_OF_ONE = (
    "LEVERFRAME_TENANTS_FILE and LEVERFRAME_KEY_SERVICE_URL do not go together: the key service looks into one "
    "database for whom it is to forget, and each tenant has its own. Leave the key service out, or give a tenant whose "
    "people's keys are to be destroyed one by one a deployment of its own."
)
GRACE = timedelta(seconds=10)
"""How long running activities may take to finish when a worker is told to stop; a retry finishes the others."""


def _nobody(tenant: str | None) -> bool:
    return False


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
    model: ModelSettings | Models | None = None
    approvals: ApprovalsSettings | None = None
    tools: ToolsSettings | None = None
    systems: Sequence["Systems"] = ()
    """Those outside that the tools of the businesses reach."""
    events: EventSettings = field(default_factory=EventSettings)
    """What the webhook is told of."""
    notifications: NotificationSettings | None = None
    """Without them, nobody is notified."""
    tenants: Sequence[TenantSettings] = ()
    """Those who share this deployment; where there are none it is that of one, whose settings stand above."""

    admits: Callable[[str | None], bool] = _nobody
    """Whether an action of a tenant is asked first whether it may begin."""

    def serving(
        self, one: Callable[[TenantSettings], AbstractAsyncContextManager[list[Activity]]]
    ) -> AbstractAsyncContextManager[list[Activity]]:
        """What a role does, for the tenant or for each of several."""
        if self.tenants:
            return of_tenants(self.tenants, one)
        return one(TenantSettings(self.worker.tenant, None, self.approvals, self.tools, self.systems))


def load_roles(roles: Iterable[Role]) -> RoleSettings:
    """Read from the environment what these roles need.

    Raises SettingsError, also when the process was handed a secret that none of them needs.
    """
    roles = tuple(roles)
    refuse_others_secrets(roles)
    payloads, worker = load(PayloadSettings), load(WorkerSettings)
    if worker.tenants_file and payloads.people:
        raise SettingsError(KEYS_OF_ONE)
    named = TenantsFile.read(worker.tenants_file) if worker.tenants_file else None
    tenants = load_tenants(worker.tenants_file, named, roles) if worker.tenants_file and named else ()
    return RoleSettings(
        worker=worker,
        payloads=payloads,
        people=payloads.people,
        guards=load(GuardSettings) if "guards" in roles else None,
        model=load_models() if "llm" in roles else None,
        approvals=load(ApprovalsSettings) if "approvals" in roles and not worker.tenants_file else None,
        tools=load(ToolsSettings) if "tools" in roles and not worker.tenants_file else None,
        systems=_systems() if "tools" in roles and not worker.tenants_file else (),
        events=load(EventSettings),
        notifications=load(NotificationSettings) if "notifications" in roles else None,
        tenants=tenants,
        admits=named.admits if named else _nobody,
    )


def _systems() -> Sequence["Systems"]:
    from worker.settings.systems import systems

    return [load(kind) for kind in systems()]


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
            from machines.registry import registry
            from workflows.action import ActionWorkflow
            from workflows.canary import CanaryWorkflow
            from workflows.case import CaseWorkflow
            from workflows.feedback import FeedbackWorkflow
            from workflows.people import PeopleWorkflow
            from workflows.telling import TellWorkflow

            # Loaded and verified before the first task, not while an action waits for its answer.
            registry()
            require_modes(settings.worker)
            options = replace(options, client=_unhindered(client), events=settings.events, admits=settings.admits)
            yield options.worker(
                workflows=[ActionWorkflow, CanaryWorkflow, CaseWorkflow, FeedbackWorkflow, PeopleWorkflow, TellWorkflow]
            )
        case "guards":
            async with guarding(settings.guards) as activities:
                yield options.worker(activities, GUARDS_CONCURRENCY)
        case "llm":
            if settings.model is None:
                raise _missing(role)
            routes = settings.model.routing()
            async with proposing(routes) as activities:
                yield options.worker(activities, routes.concurrency)
        case "approvals":
            async with settings.serving(partial(approving, client)) as activities:
                yield options.worker(activities, APPROVALS_CONCURRENCY)
        case "tools":
            require_modes(settings.worker)
            several = bool(settings.tenants)
            tools = partial(calling, client, common=settings.worker, people=settings.people, several=several)
            async with settings.serving(tools) as activities:
                yield options.worker(activities, TOOLS_CONCURRENCY)
        case "notifications":
            async with notifying(settings.notifications) as activities:
                yield options.worker(activities, NOTIFICATIONS_CONCURRENCY)


@dataclass(frozen=True)
class WorkerOptions:
    """What the workers of all roles have in common."""

    client: Client
    role: Role
    settings: WorkerSettings
    events: EventSettings = field(default_factory=EventSettings)
    admits: Callable[[str | None], bool] = _nobody

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
            workflow_runner=UninterruptedWorkflowRunner(),
            graceful_shutdown_timeout=GRACE,
            deployment_config=_deployment(self.settings) if self.role == "workflows" else None,
            patch_activation_callback=self._answer,
        )

    def _answer(self, asked: PatchActivationInput) -> bool:
        """What a workflow asks that does something for the first time; what it is told stands in its history."""
        info = asked.workflow_info
        if asked.patch_id == ADMIT:
            return self.admits(info.priority.fairness_key)
        if (mode := begun_in(asked.patch_id)) is not None:
            return mode == self.settings.mode_of(info.workflow_type, info.priority.fairness_key)
        return self.events.answer(asked.patch_id)


def require_modes(settings: WorkerSettings) -> None:
    """Raise SettingsError where a mode is set for an action that does not run here, or that may not be live yet."""
    from machines.registry import machines

    if settings.live_bar:
        # Only here: what is measured is nobody's affair where nothing is asked for.
        from worker.roles.live_bar import require_bar

        require_bar(settings)
    if unknown := settings.modes.unknown(machines()):
        raise SettingsError(
            f"LEVERFRAME_MODE names what is no action here: {', '.join(unknown)}; expected some of "
            f"{', '.join(sorted(machines()))}."
        )


def _deployment(settings: WorkerSettings) -> WorkerDeploymentConfig | None:
    """Of workflows alone: what mends a guard or a tool is to reach actions that wait on an older version, too."""
    if not settings.build_id:
        return None
    # The behaviour is given here and not on the workflow, which an unversioned worker would then refuse to run.
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(settings.deployment_name, settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )


def _unhindered(client: Client) -> Client:
    """The client for running workflows: nothing that anybody sends stops one of them."""
    config = client.config()
    config["data_converter"] = for_workflows(client.data_converter)
    return Client(**config)


def _given(settings: Configured | None, role: Role) -> Configured:
    if settings is None:
        raise _missing(role)
    return settings


def _missing(role: Role) -> ValueError:
    return ValueError(f"the {role} role was started without its settings; use load_roles")
