"""Which version of workflows gets work: changed where nothing would stand still by it, and else refused in words."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import WorkflowExecution as Run
from temporalio.api.deployment.v1 import WorkerDeploymentVersion
from temporalio.api.workflow.v1 import VersioningOverride, WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import (
    DeleteWorkerDeploymentVersionRequest,
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
    UpdateWorkflowExecutionOptionsRequest,
)
from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError, RPCStatusCode

from desk.times import moment
from leverframe.errors import LeverframeError
from leverframe.telling import inert
from worker.settings.shared import WorkerSettings
from worker.versions.known import staying, versions, workers_of
from worker.versions.replaying import Replayed, replayed

REFUSED = (RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT)


class NotNow(LeverframeError):
    """Nothing was changed; the message says why, and what to do first."""


class Breaks(NotNow):
    """What is open would break on the version."""

    def __init__(self, message: str, broken: Sequence[Replayed]) -> None:
        super().__init__(message)
        self.broken = broken


@dataclass
class Tried:
    """What came of open histories on the code that runs here."""

    fit: list[Replayed] = field(default_factory=list)
    broken: list[Replayed] = field(default_factory=list)


async def promote(client: Client, settings: WorkerSettings, leave: bool = False) -> Tried:
    """Have new actions begin on the version that runs here, once all that is open was replayed on it.

    ``leave``: what breaks stays on its own version. What has none would go over to this one, and must not break.
    Raises NotNow, among others Breaks, or RPCError.
    """
    await _with_workers(client, settings)
    asked = DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=settings.deployment_name)
    described = await client.workflow_service.describe_worker_deployment(asked, retry=True)
    tried = await _tried(client, staying(client, settings))
    bound = {one.run_id async for one in staying(client, settings, None)} if leave else set()
    broken = [one for one in tried.broken if not leave or one.run_id in bound]
    if broken:
        stay = "these have no version of their own and would go over to it" if leave else "nothing was promoted"
        many = len(tried.fit) + len(tried.broken)
        raise Breaks(f"{len(broken)} of {many} that are open would break on {settings.build_id}: {stay}", broken)
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace,
        deployment_name=settings.deployment_name,
        build_id=settings.build_id,
        # Refused where somebody has changed something since.
        conflict_token=described.conflict_token,
    )
    try:
        await client.workflow_service.set_worker_deployment_current_version(request)
    except RPCError as error:
        raise _told(error) from None
    return tried


async def move(client: Client, settings: WorkerSettings, found: AsyncIterator[WorkflowExecution]) -> Tried:
    """Have what is found go on with the version that runs here, each once it was replayed on it; what breaks stays.

    Raises NotNow or RPCError.
    """
    await _with_workers(client, settings)
    tried = await _tried(client, found)
    own = WorkerDeploymentVersion(deployment_name=settings.deployment_name, build_id=settings.build_id)
    pinned = VersioningOverride.PinnedOverride(
        behavior=VersioningOverride.PinnedOverrideBehavior.PINNED_OVERRIDE_BEHAVIOR_PINNED, version=own
    )
    options = WorkflowExecutionOptions(versioning_override=VersioningOverride(pinned=pinned))
    for one in tried.fit:
        request = UpdateWorkflowExecutionOptionsRequest(
            namespace=client.namespace,
            workflow_execution=Run(workflow_id=one.workflow_id, run_id=one.run_id),
            workflow_execution_options=options,
            update_mask=FieldMask(paths=["versioning_override"]),
        )
        try:
            await client.workflow_service.update_workflow_execution_options(request, retry=True)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # It has ended meanwhile.
                raise _told(error) from None
    return tried


async def retire(client: Client, settings: WorkerSettings, build: str) -> None:
    """Have the server forget a version that nothing stays on and that has no workers; raises NotNow or RPCError."""
    found = next((one for one in await versions(client, settings) if one.build == build), None)
    if found is None:
        raise NotNow(f"{settings.deployment_name} has no version {build!r}: 'versions' lists them")
    if found.standing in ("current", "ramping"):
        raise NotNow(f"new actions begin on {build}: promote another version first")
    if found.open:
        last = f", the last that waits until {moment(found.until)}" if found.until else ""
        raise NotNow(
            f"{found.open} stay on {build}{last}: let its workers run until then, or move them where another version "
            f"runs: python -m worker versions move --from {build}"
        )
    version = WorkerDeploymentVersion(deployment_name=settings.deployment_name, build_id=build)
    request = DeleteWorkerDeploymentVersionRequest(namespace=client.namespace, deployment_version=version)
    try:
        await client.workflow_service.delete_worker_deployment_version(request)
    except RPCError as error:
        if "pollers" not in error.message:
            raise _told(error, "; it looks for what is left for some minutes: ask again then") from None
        raise NotNow(
            f"nothing stays on {build} any more: end its workers. The server knows of them until five minutes later: "
            "ask again then"
        ) from None


async def _tried(client: Client, found: AsyncIterator[WorkflowExecution]) -> Tried:
    tried = Tried()
    async for one in replayed(client, found):
        (tried.broken if one.breaks else tried.fit).append(one)
    return tried


async def _with_workers(client: Client, settings: WorkerSettings) -> None:
    if not settings.build_id:
        raise NotNow("this code has no version: run it where that version's workers run (LEVERFRAME_BUILD_ID)")
    if not (await workers_of(client, settings)).get(settings.build_id):
        raise NotNow(f"no worker of {settings.build_id} asks for tasks: what it is given stays there. Start one")


def _told(error: RPCError, more: str = "") -> LeverframeError | RPCError:
    return NotNow(f"the Temporal server: {inert(error.message)}{more}") if error.status in REFUSED else error
