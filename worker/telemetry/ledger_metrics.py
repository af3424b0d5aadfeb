"""The evaluation's measures online: what guards, the model's proposals and people come to, counted as it is recorded.

An entry counts once the activity that records it has succeeded. Temporal tries the activity again when its success was
not reported in time; the entries stand in the ledger then, and do not count again while this process remembers them.
After a restart, or on another worker, such a retry counts twice, and a process that is killed takes along what it has
not exported. How long a decision took is known where the process that records it has recorded the plan too. For exact
figures there is the ledger.

The refusal rate is the share of ``declined`` and ``blocked`` among ``leverframe.outcomes``.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Generic, TypeVar

from opentelemetry.metrics import Meter
from temporalio import activity
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from leverframe.contracts.calling import CallRequest, CallResult
from leverframe.contracts.entries import (
    CaseEntry,
    Closed,
    Decided,
    Escalated,
    FeedbackEntry,
    Judged,
    Moved,
    Planned,
    Started,
    read,
)
from leverframe.contracts.ledger import LedgerEntry, RecordRequest
from worker.telemetry.activity_metrics import ActivityMetrics
from worker.telemetry.guard_events import label

REMEMBERED = 20_000
"""Entries, and plans, that a process remembers: the work of minutes at full load, while retries come in seconds."""
DAY = 24 * 3600
WAITING_BUCKETS = [30, 60, 300, 900, 1800, 3600, 4 * 3600, 8 * 3600, DAY, 2 * DAY, 3 * DAY]
"""Seconds; people take minutes to days."""

Key = TypeVar("Key")
Value = TypeVar("Value")
logger = logging.getLogger(__name__)


class LedgerMetrics:
    """Counts what ledger entries tell."""

    def __init__(self, meter: Meter) -> None:
        self._started = meter.create_counter("leverframe.actions.started", "{action}", "Actions that began")
        self._outcomes = meter.create_counter("leverframe.outcomes", "{action}", "How actions ended")
        self._verdicts = meter.create_counter("leverframe.guard.verdicts", "{verdict}", "What guards said")
        self._escalations = meter.create_counter(
            "leverframe.escalations",
            "{escalation}",
            "Actions handed over to a person, by the event that led there, and plans that nobody decided on in time",
        )
        self._decisions = meter.create_counter("leverframe.decisions", "{decision}", "What people decided")
        self._overrides = meter.create_counter(
            "leverframe.overrides", "{override}", "Plans that a person ended: rejected, or withdrew while they waited"
        )
        self._cases = meter.create_counter(
            "leverframe.cases", "{step}", "What happened in the cases that people take over"
        )
        self._feedback = meter.create_counter(
            "leverframe.feedback", "{feedback}", "What users thought of actions that had ended"
        )
        self._hasty = meter.create_counter(
            "leverframe.decisions.hasty", "{decision}", "Decisions that came sooner than a plan can be read"
        )
        self._to_decision = meter.create_histogram(
            "leverframe.decision.duration",
            "s",
            "From showing a plan to a decision that counts",
            explicit_bucket_boundaries_advisory=WAITING_BUCKETS,
        )
        self._counted = _Latest[tuple[str, str], None]()
        self._shown = _Latest[tuple[str, str], datetime]()

    def count(self, action: str, action_id: str, entries: Iterable[LedgerEntry]) -> None:
        """Count the entries that were not counted yet; ``action`` names their machine."""
        for entry in entries:
            if (action_id, entry.key) not in self._counted:
                self._counted[action_id, entry.key] = None
                self._count(action, action_id, entry)

    def _count(self, action: str, action_id: str, entry: LedgerEntry) -> None:
        common = {"leverframe.action": label(action)}
        match read(entry.kind, entry.body):
            case Started():
                self._started.add(1, common)
            case Closed(outcome=outcome):
                self._outcomes.add(1, {**common, "leverframe.outcome": label(outcome)})
            case Judged() as said:
                named = {"leverframe.guard": said.guard, "leverframe.guard.version": said.version}
                named |= {"leverframe.guard.rule": said.rule, "leverframe.guard.judgement": said.judgement}
                self._verdicts.add(1, common | {name: label(value) for name, value in named.items()})
            case Escalated():
                self._escalations.add(1, {**common, "leverframe.escalation": "overdue"})
            case CaseEntry(accepted=True) as told:
                self._cases.add(1, {**common, "leverframe.case": told.what})
            case FeedbackEntry(thumb=thumb):
                self._feedback.add(1, {**common, "leverframe.thumb": thumb})
            case Moved() as moved:
                self._moved(action, common, moved)
            case Planned(digest=digest):
                self._shown[action_id, digest] = datetime.fromisoformat(entry.at)
            case Decided() as decided:
                self._decided(action_id, common, decided, datetime.fromisoformat(entry.at))

    def _moved(self, action: str, common: dict[str, str], moved: Moved) -> None:
        # Here, because only the tools role records: processes of other roles need not load the machines.
        from machines.base import WITHDRAW
        from machines.registry import machine_for
        from machines.states import Confirm, End

        states, event = machine_for(action).states_map, label(moved.event)
        source, target = states[moved.source], states[moved.target]
        if isinstance(target, End) and target.kind == "handed_over":
            self._escalations.add(1, {**common, "leverframe.escalation": event})
        if isinstance(source, Confirm) and event in ("rejected", WITHDRAW):
            self._overrides.add(1, {**common, "leverframe.override": event})

    def _decided(self, action_id: str, common: dict[str, str], decided: Decided, at: datetime) -> None:
        decision = {**common, "leverframe.decision": label(decided.choice)}
        self._decisions.add(1, {**decision, "leverframe.decision.accepted": decided.accepted})
        if decided.hasty:
            self._hasty.add(1, decision)
        shown = self._shown.get((action_id, decided.digest or ""))
        if decided.accepted and shown is not None:
            self._to_decision.record(max((at - shown).total_seconds(), 0.0), decision)


class Measuring(Interceptor, ClientInterceptor):
    """Measures a worker's activities, and counts what it records. Give it to the client that the workers run on."""

    def __init__(self, metrics: LedgerMetrics, activities: ActivityMetrics) -> None:
        self._metrics, self._activities = metrics, activities

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Measured(next, self._metrics, self._activities)


class _Measured(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, metrics: LedgerMetrics, activities: ActivityMetrics) -> None:
        super().__init__(next)
        self._metrics, self._activities = metrics, activities

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        with self._activities.attempt():
            result = await self.next.execute_activity(input)
        for request in input.args:
            if isinstance(request, RecordRequest):
                self._count(request.case_of, request.action_id, request.entries)
            elif isinstance(request, CallRequest) and isinstance(result, CallResult) and result.written:
                self._count(None, request.action_id, request.entries)
        return result

    def _count(self, case_of: str | None, action_id: str, entries: Iterable[LedgerEntry]) -> None:
        try:
            self._metrics.count(case_of or activity.info().workflow_type or "", action_id, entries)
        except Exception as error:
            # The entries are recorded. Failing now would have them recorded again and again.
            logger.warning("entries of the ledger could not be counted: %s", type(error).__name__)


class _Latest(Generic[Key, Value]):
    """The newest things, at most :data:`REMEMBERED`."""

    def __init__(self) -> None:
        self._kept: dict[Key, Value] = {}

    def __contains__(self, key: Key) -> bool:
        return key in self._kept

    def get(self, key: Key) -> Value | None:
        return self._kept.get(key)

    def __setitem__(self, key: Key, value: Value) -> None:
        self._kept[key] = value
        if len(self._kept) > REMEMBERED:
            del self._kept[next(iter(self._kept))]
