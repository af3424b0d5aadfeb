"""Which versions of workflows there are: what each does, how many workers it has, and what stays on it until when."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from temporalio.api.deployment.v1 import WorkerDeploymentInfo
from temporalio.api.enums.v1 import WorkerDeploymentVersionStatus as Status
from temporalio.api.workflowservice.v1 import DescribeWorkerDeploymentRequest
from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError, RPCStatusCode

from leverframe.contracts import names
from leverframe.errors import UnknownAction
from leverframe.server_answers import LISTED, answered
from worker.roles.polling import described as queue_of
from worker.settings.shared import WorkerSettings

Standing = Literal["current", "ramping", "draining", "drained", "inactive"]
STANDINGS: dict[Status.ValueType, Standing] = {
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT: "current",
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING: "ramping",
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING: "draining",
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED: "drained",
}

ASKS = timedelta(seconds=90)
"""A worker asks again at least each minute; the server goes on listing one that has ended for five."""


@dataclass(frozen=True)
class Version:
    """A version of workflows, as the Temporal server knows it."""

    build: str | None
    """Its id; ``None`` for all that was begun before there were versions."""
    standing: Standing
    workers: int
    """How many ask for its tasks."""
    open: int = 0
    """Actions and cases that stay on it."""
    waiting: int = 0
    """How many of them wait for somebody."""
    until: datetime | None = None
    """When the last of what waits ends by itself, UTC."""

    @property
    def deserted(self) -> bool:
        """Whether something stays on it and nobody carries it on."""
        return bool(self.open) and not self.workers


async def versions(client: Client, settings: WorkerSettings) -> list[Version]:
    """All of them, the newest first; raises ServerUnreachable or ServerRefused."""
    async with answered(client, settings.answer_within, LISTED):
        found = await deployment(client, settings)
        workers = await workers_of(client, settings)
        summaries = sorted(
            found.version_summaries if found else (), key=lambda one: one.create_time.ToNanoseconds(), reverse=True
        )
        known: list[tuple[str | None, Standing]] = [
            (one.deployment_version.build_id, STANDINGS.get(one.status, "inactive")) for one in summaries
        ]
        listed = [await _counted(client, settings, build, standing, workers) for build, standing in known]
        unversioned = await _counted(client, settings, None, "inactive" if found else "current", workers)
    return [*listed, unversioned] if unversioned.open or unversioned.workers else listed


async def deserted(client: Client, settings: WorkerSettings) -> dict[str, int]:
    """How much is open on each version of which no worker asks for tasks; 0 for the others. Raises RPCError."""
    found = await deployment(client, settings)
    workers = await workers_of(client, settings) if found else {}
    builds = [one.deployment_version.build_id for one in found.version_summaries] if found else []
    alone = [build for build in builds if not workers.get(build)]
    counted = [await client.count_workflows(_open(settings, build)) for build in alone]
    return {**dict.fromkeys(builds, 0), **{build: one.count for build, one in zip(alone, counted, strict=True)}}


async def _counted(
    client: Client, settings: WorkerSettings, build: str | None, standing: Standing, workers: dict[str | None, int]
) -> Version:
    opened = waiting = 0
    until: datetime | None = None
    async for one in staying(client, settings, build):
        opened += 1
        if one.typed_search_attributes.get(names.AWAITING, "nobody") != "nobody":
            waiting += 1
            deadline = one.typed_search_attributes.get(names.DEADLINE)
            until = max(filter(None, (until, deadline)), default=None)
    return Version(build, standing, workers.get(build, 0), opened, waiting, until)


async def staying(client: Client, settings: WorkerSettings, *builds: str | None) -> AsyncIterator[WorkflowExecution]:
    """What is open on some versions, or on any if none is named; ``None`` is what has no version."""
    async for one in client.list_workflows(_open(settings, *builds)):
        yield one


async def named(client: Client, settings: WorkerSettings, ids: Sequence[str]) -> AsyncIterator[WorkflowExecution]:
    """What is open under these ids, on whichever version; raises UnknownAction before any for one that is not."""
    listed = ", ".join(map(quoted, ids))
    found = [one async for one in client.list_workflows(f"{_open(settings)} AND WorkflowId IN ({listed})")]
    if missing := {*ids} - {one.id for one in found}:
        raise UnknownAction(f"not open here: {', '.join(sorted(missing))}")
    for one in found:
        yield one


def _open(settings: WorkerSettings, *builds: str | None) -> str:
    queue = names.task_queue("workflows", settings.task_queue_prefix)
    versions = f" AND ({' OR '.join(_on(settings, build) for build in builds)})" if builds else ""
    return f"ExecutionStatus = 'Running' AND TaskQueue = {quoted(queue)}{versions}"


def _on(settings: WorkerSettings, build: str | None) -> str:
    if build is None:
        return "TemporalWorkerDeploymentVersion IS NULL"
    return f"TemporalWorkerDeploymentVersion = {quoted(f'{settings.deployment_name}:{build}')}"


def quoted(value: str) -> str:
    """A text in Temporal's list filters."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


async def deployment(client: Client, settings: WorkerSettings) -> WorkerDeploymentInfo | None:
    """What the server knows of the deployment; ``None`` if nothing. Raises RPCError.

    Retried for some seconds: while a deployment changes, the server refuses some of those who ask at once.
    """
    asked = DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=settings.deployment_name)
    try:
        return (await client.workflow_service.describe_worker_deployment(asked, retry=True)).worker_deployment_info
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise


async def workers_of(client: Client, settings: WorkerSettings) -> dict[str | None, int]:
    """How many workers of each version ask for tasks; raises RPCError."""
    found: dict[str | None, int] = {}
    since = datetime.now(UTC) - ASKS
    for poller in (await queue_of(client, "workflows", settings.task_queue_prefix)).pollers:
        if poller.last_access_time.ToDatetime(UTC) < since:
            continue
        own = poller.deployment_options
        if own.build_id and own.deployment_name not in ("", settings.deployment_name):
            continue
        build = own.build_id or None
        found[build] = found.get(build, 0) + 1
    return found
