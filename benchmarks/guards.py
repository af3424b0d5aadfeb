"""What the guards take of an action's time."""

import time
from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import Any

from rich.table import Table
from temporalio import activity
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from leverframe.contracts.names import REPLY, SCREEN


class GuardClock(Interceptor, ClientInterceptor):
    """Adds up, for each action, how long its guards' activities run; their way through Temporal is not in it."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.runs: defaultdict[str, int] = defaultdict(int)

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Clocked(next, self)


class _Clocked(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, clock: GuardClock) -> None:
        super().__init__(next)
        self._clock = clock

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        started = time.perf_counter()
        try:
            return await self.next.execute_activity(input)
        finally:
            if info.activity_type in (SCREEN, REPLY):
                self._clock.seconds[info.workflow_id or ""] += time.perf_counter() - started
                self._clock.runs[info.workflow_id or ""] += 1


@dataclass(frozen=True)
class GuardFigures:
    """Guard time of one action; times in milliseconds, medians over the actions measured one after the other."""

    activities: float
    """Activities of the guards."""
    running: float
    """How long they run together."""
    with_temporal: float
    """From scheduling each of them until its result is in the history, together."""
    action: float
    """The whole action: from its start until it waits, and from the approval until it is done."""
    running_share: float
    """Share of ``running`` in ``action``."""
    with_temporal_share: float
    """Share of ``with_temporal`` in ``action``."""


@dataclass(frozen=True)
class GuardRun:
    """What the guards took of one action; seconds."""

    activities: int
    running: float
    with_temporal: float
    action: float


def guard_figures(runs: list[GuardRun]) -> GuardFigures:
    """The medians."""
    return GuardFigures(
        activities=median(run.activities for run in runs),
        running=median(run.running for run in runs) * 1000,
        with_temporal=median(run.with_temporal for run in runs) * 1000,
        action=median(run.action for run in runs) * 1000,
        running_share=median(run.running / run.action for run in runs),
        with_temporal_share=median(run.with_temporal / run.action for run in runs),
    )


def report_guards(figures: GuardFigures) -> Table:
    """The figures as a table."""
    table = Table(title=f"Guards per action, p50 ({figures.activities:g} activities)", min_width=60)
    for column in ("", "ms", "share of the action"):
        table.add_column(column, justify="right" if column else "left")
    table.add_row("guards running", f"{figures.running:.1f}", f"{figures.running_share:.1%}")
    table.add_row(
        "with their way through Temporal", f"{figures.with_temporal:.1f}", f"{figures.with_temporal_share:.1%}"
    )
    table.add_row("the whole action", f"{figures.action:.1f}", "")
    return table
