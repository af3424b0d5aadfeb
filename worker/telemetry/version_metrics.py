"""How much stays on a version of workflows of which no worker runs, as the Temporal server knows it."""

import asyncio
import logging
import re
from collections.abc import Iterator

from opentelemetry.metrics import CallbackOptions, Meter, Observation
from temporalio.client import Client
from temporalio.service import RPCError

from worker.settings.shared import WorkerSettings
from worker.telemetry.waiting_metrics import EVERY
from worker.versions.known import deserted

NAME = re.compile(r"[A-Za-z0-9._+-]{1,128}")
"""Of a version as a label; whoever may start a worker names one."""
logger = logging.getLogger(__name__)


class VersionMetrics:
    """``leverframe.versions.deserted``.

    Every process that looks reports the same figures: of several, the largest is to be taken, and not the sum.
    """

    def __init__(self, meter: Meter) -> None:
        self.counts: dict[str, int] = {}
        """By version, as the server had them when it was last asked."""
        meter.create_observable_gauge(
            "leverframe.versions.deserted", [self._counted], "{action}", "What is open on a version without workers"
        )

    async def watch(self, client: Client, settings: WorkerSettings) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                self.counts = await deserted(client, settings)
            except RPCError as error:
                # The last figures stay, as of what waits.
                logger.warning("the versions of workflows could not be listed: %s", error.status.name)
            await asyncio.sleep(EVERY)

    def _counted(self, options: CallbackOptions) -> Iterator[Observation]:
        for build, count in self.counts.items():
            yield Observation(count, {"leverframe.build": build if NAME.fullmatch(build) else "other"})
