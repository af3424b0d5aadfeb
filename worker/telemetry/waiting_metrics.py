"""How many actions wait for whom now, and since when, as the Temporal server lists them."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from opentelemetry.metrics import CallbackOptions, Meter, Observation
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError

from leverframe.contracts import names
from leverframe.pending import cases_query, waiting_query
from worker.telemetry.guard_events import label

EVERY = 15.0
"""Seconds between two looks; each lists all that wait, a thousand at a time."""

CANARIES = timedelta(days=3)
"""Runs of the canary that ended before count for nothing."""

Waiting = tuple[str, str, bool]
"""The action, for whom it waits, and whether it has been escalated."""
logger = logging.getLogger(__name__)


class WaitingMetrics:
    """``leverframe.actions.waiting``, ``leverframe.actions.waiting.age`` and ``leverframe.canary.failed``.

    Every process that looks reports the same figures: of several, the largest is to be taken, and not the sum.
    """

    def __init__(self, meter: Meter) -> None:
        self.counts: Counter[Waiting] = Counter()
        """As the server had them when it was last asked."""
        self._oldest: dict[Waiting, datetime] = {}
        self.canary = 0
        """Whether the canary that ended last failed, as 1 or 0."""
        meter.create_observable_gauge(
            "leverframe.canary.failed", [self._failed], "{run}", "Whether the newest run of the canary failed"
        )
        meter.create_observable_gauge(
            "leverframe.actions.waiting", [self._counted], "{action}", "Actions that wait for somebody now"
        )
        meter.create_observable_gauge(
            "leverframe.actions.waiting.age",
            [self._aged],
            "s",
            "Since the oldest of the actions that wait now was started",
        )

    async def watch(self, client: Client, prefix: str) -> None:
        """Look again and again, until cancelled; ``prefix`` is that of the task queues."""
        while True:
            try:
                await self.look(client, prefix)
            except RPCError as error:
                # The last figures stay. Workers notice too when there is no server, and say so.
                logger.warning("the actions that wait could not be listed: %s", error.status.name)
            await asyncio.sleep(EVERY)

    async def look(self, client: Client, prefix: str) -> None:
        """Take the figures as they are now; raises RPCError."""
        found = []
        for query in (waiting_query(None), cases_query(None)):
            ours = f"{query} AND TaskQueue = '{names.task_queue('workflows', prefix)}'"
            found += [(_waiting(one), one.start_time) async for one in client.list_workflows(ours)]
        # Those that were there before and are not now count as none, until the process ends.
        self.counts = Counter(dict.fromkeys(self.counts, 0))
        self.counts.update(waiting for waiting, _ in found)
        self._oldest = {}
        for waiting, since in found:
            self._oldest[waiting] = min(since, self._oldest.get(waiting, since))
        self.canary = await _canary_failed(client, prefix)

    def _failed(self, options: CallbackOptions) -> Iterator[Observation]:
        yield Observation(self.canary)

    def _counted(self, options: CallbackOptions) -> Iterator[Observation]:
        for waiting, count in self.counts.items():
            yield Observation(count, _attributes(waiting))

    def _aged(self, options: CallbackOptions) -> Iterable[Observation]:
        now = datetime.now(UTC)
        for waiting in self.counts:
            age = (now - self._oldest.get(waiting, now)).total_seconds()
            yield Observation(max(age, 0.0), _attributes(waiting))


async def _canary_failed(client: Client, prefix: str) -> int:
    since = (datetime.now(UTC) - CANARIES).isoformat()
    query = (
        f"WorkflowType = '{names.CANARY}' AND TaskQueue = '{names.task_queue('workflows', prefix)}'"
        f" AND ExecutionStatus != 'Running' AND CloseTime > '{since}'"
    )
    ended = [(one.close_time, one.status) async for one in client.list_workflows(query) if one.close_time]
    return int(bool(ended) and max(ended)[1] != WorkflowExecutionStatus.COMPLETED)


def _waiting(execution: WorkflowExecution) -> Waiting:
    told = execution.typed_search_attributes
    return (
        label(execution.workflow_type),
        label(told.get(names.AWAITING)),
        told.get(names.ESCALATED) == "yes",
    )


def _attributes(waiting: Waiting) -> dict[str, str | bool]:
    action, awaiting, escalated = waiting
    return {"leverframe.action": action, "leverframe.awaiting": awaiting, "leverframe.escalated": escalated}
