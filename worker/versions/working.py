"""Whether the Temporal server gives work to this code's version, where workers have one (``LEVERFRAME_BUILD_ID``)."""

import asyncio
import logging

from temporalio.api.deployment.v1 import WorkerDeploymentInfo
from temporalio.api.enums.v1 import WorkerDeploymentVersionStatus as Status
from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.service import RPCError

from worker.settings.shared import WorkerSettings
from worker.versions.known import deployment

WORKING = (
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT,
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING,
    # Those who began on it end on it.
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING,
)
EVERY = 1.0
"""Seconds between two looks, as long as it gets no work."""
PATIENCE = 5.0
"""Seconds until that is told: a new version is known a moment after its worker has come."""

logger = logging.getLogger(__name__)


async def idle(client: Client, settings: WorkerSettings) -> str | None:
    """Why this code's version gets no work, and what to do; ``None`` where it does. Raises RPCError."""
    if not settings.build_id:
        return None
    return _idle(await deployment(client, settings), settings)


async def see_to_work(client: Client, settings: WorkerSettings) -> None:
    """Tell the log until this code's version gets work.

    Where no version of the deployment ever got any, this one is made current; else nothing would run on a fresh server.
    Whoever has chosen one has chosen.
    """
    waited = 0.0
    while True:
        try:
            found = await deployment(client, settings)
            if (why := _idle(found, settings)) is None:
                break
            if found is not None and _fresh(found, settings):
                await _make_current(client, settings)
        except RPCError as error:
            why = f"the server does not say or do what is asked of its worker versions ({error.status.name})"
        if waited % 60 == PATIENCE:
            logger.warning("%s", why)
        await asyncio.sleep(EVERY)
        waited += EVERY
    logger.info("Version %r of %s gets work.", settings.build_id, settings.deployment_name)


def _idle(found: WorkerDeploymentInfo | None, settings: WorkerSettings) -> str | None:
    if found is not None and any(
        version.status in WORKING
        for version in found.version_summaries
        if version.deployment_version.build_id == settings.build_id
    ):
        return None
    return (
        f"Version {settings.build_id!r} of {settings.deployment_name} gets no work: it is not the current one. To make "
        "it that, where it runs: python -m worker versions promote"
    )


def _fresh(found: WorkerDeploymentInfo, settings: WorkerSettings) -> bool:
    """Whether this version is known and nobody has chosen any yet."""
    known = any(one.deployment_version.build_id == settings.build_id for one in found.version_summaries)
    routing = found.routing_config
    chosen = routing.HasField("current_version_changed_time") or routing.HasField("ramping_version_changed_time")
    return known and not chosen


async def _make_current(client: Client, settings: WorkerSettings) -> None:
    await client.workflow_service.set_worker_deployment_current_version(
        SetWorkerDeploymentCurrentVersionRequest(
            namespace=client.namespace, deployment_name=settings.deployment_name, build_id=settings.build_id
        ),
        retry=True,
    )
    logger.info(
        "Version %r is the first of %s and was made the current one.", settings.build_id, settings.deployment_name
    )
