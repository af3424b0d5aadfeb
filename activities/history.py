"""What an action's history says about a decision: who sent it and when, and which plan was shown before."""

from collections.abc import AsyncIterable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.converter import DataConverter, WorkflowSerializationContext

from leverframe.capability_uses import case_id
from leverframe.codec import unopened
from leverframe.contracts.calling import Previewed
from leverframe.contracts.case import CaseAct, CaseJudgeRequest
from leverframe.contracts.decision import CaseStep, Decision, Handling, JudgeRequest, OfPlan
from leverframe.contracts.names import HANDLE, PREVIEW
from leverframe.contracts.plan import Plan
from leverframe.errors import KeyServiceUnreachable, Undecryptable

DECISIONS = ("approve", "reject")
SENT = (*DECISIONS, HANDLE)
"""Names of what is sent about a plan."""
STEPS: tuple[CaseStep, ...] = get_args(CaseStep)
REPLY_UPDATE = "reply"
Pointer = tuple[str | None, int | None]
"""Which decision: the id of an update, or the number of a signal of its kind."""


@dataclass(frozen=True)
class Sent:
    """A decision as the server recorded it."""

    event_id: int
    at: datetime
    decision: OfPlan | None
    """None when it could not be read as a decision, or as what its name says."""
    principal: str | None
    """Who sent it, as ``type:name``, where the server has authenticated the caller."""
    claimed: str
    """Who sent it, as the caller says; anything, or nothing."""


@dataclass(frozen=True)
class Shown:
    """A plan that a completed preview returned: what people were shown."""

    plan: Plan
    event_id: int
    at: datetime


@dataclass(frozen=True)
class Found:
    """A decision, and what the history says before it."""

    sent: Sent
    shown: Shown | None
    """The latest preview that returned the plan in question."""
    digests: frozenset[str] = frozenset()
    """Of every plan that was shown."""
    rejections: tuple[Sent, ...] = ()
    """Every ``reject``, of whichever plan, whether or not the workflow worker has had it judged."""
    handed: tuple[Sent, ...] = ()
    """Everything by which it was handed over before, likewise."""
    corrections: tuple[Sent, ...] = ()
    """Every correction before it, likewise."""
    repliers: frozenset[str] = frozenset()
    """Names that those claimed who answered a question to the user."""


async def find(events: AsyncIterable[HistoryEvent], converter: DataConverter, request: JudgeRequest) -> Found | None:
    """The decision in question; None when it is not in the history. Otherwise as :func:`find_all`."""
    return (await find_all(events, converter, request))[0]


async def find_all(
    events: AsyncIterable[HistoryEvent], converter: DataConverter, request: JudgeRequest
) -> list[Found | None]:
    """Read the history once, from its start up to the last of the decisions; None for each that is not in it.

    Raises :class:`~leverframe.errors.Undecryptable` when a needed payload is under a key that is not known here.
    """
    reading = _Reading(converter, request)
    others = ((one.update_id, one.signal_index) for one in request.others)
    wanted: list[Pointer] = [(request.update_id, request.signal_index), *others]
    found: dict[Pointer, Found | None] = {}
    async for event in events:
        pointer = await reading.read(event)
        if pointer in wanted and pointer not in found:
            found[pointer] = reading.found()
            if found.keys() >= set(wanted):
                break
    return [found.get(pointer) for pointer in wanted]


async def find_step(
    events: AsyncIterable[HistoryEvent], converter: DataConverter, request: CaseJudgeRequest
) -> Sent | None:
    """A step that a person sent to a case; None when it is not in the case's history. Raises as :func:`find_all`."""
    context = WorkflowSerializationContext(namespace="", workflow_id=case_id(request.action_id))
    reads, signals = unopened(converter).with_context(context), 0
    async for event in events:
        accepted = event.workflow_execution_update_accepted_event_attributes.accepted_request
        signal = event.workflow_execution_signaled_event_attributes
        if request.update_id is not None and accepted.meta.update_id == request.update_id:
            values = await _decoded(reads, accepted.input.args.payloads)
            said = _read(CaseAct, values) if accepted.input.name == request.choice else None
            return Sent(event.event_id, _time(event), said, None, accepted.meta.identity)
        if signal.signal_name not in STEPS:
            continue
        values = await _decoded(reads, signal.input.payloads)
        if values is None:
            continue
        if request.update_id is None and signals == request.signal_index:
            principal = f"{event.principal.type}:{event.principal.name}" if event.principal.name else None
            said = _read(CaseAct, values) if signal.signal_name == request.choice else None
            return Sent(event.event_id, _time(event), said, principal, signal.identity)
        signals += 1
    return None


class _Reading:
    def __init__(self, converter: DataConverter, request: JudgeRequest) -> None:
        context = WorkflowSerializationContext(namespace="", workflow_id=request.action_id)
        self._converter = converter.with_context(context)
        # The worker drops a signal that it cannot read before the workflow can count it. So what counts is told alike.
        self._as_the_worker = unopened(converter).with_context(context)
        self._request = request
        self._previews: set[int] = set()
        self._shown: Shown | None = None
        self._digests: set[str] = set()
        self._signals = {True: 0, False: 0}
        """How many that decide, and how many that do not."""
        self._sent: tuple[str, Sent] | None = None
        """The latest decision, and what it chooses."""
        self._before: dict[str, list[Sent]] = {"reject": [], "hand_over": [], "correct": []}
        self._repliers: set[str] = set()

    async def read(self, event: HistoryEvent) -> Pointer | None:
        """Take the event in; returns which decision it is, if it is one."""
        match event.event_type:
            case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                self.scheduled(event)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                await self.completed(event)
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
                return await self.update(event), None
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED if (index := await self.signal(event)) is not None:
                return None, index
        return None

    def scheduled(self, event: HistoryEvent) -> None:
        if event.activity_task_scheduled_event_attributes.activity_type.name == PREVIEW:
            self._previews.add(event.event_id)

    async def completed(self, event: HistoryEvent) -> None:
        done = event.activity_task_completed_event_attributes
        if done.scheduled_event_id not in self._previews:
            return
        match await _decoded(self._converter, done.result.payloads, [Previewed]):
            case [Previewed(plan=Plan() as plan)]:
                self._digests.add(plan.digest)
                if plan.digest == self._request.digest:
                    self._shown = Shown(plan, event.event_id, _time(event))

    async def update(self, event: HistoryEvent) -> str:
        """Take an update in; returns its id."""
        accepted = event.workflow_execution_update_accepted_event_attributes.accepted_request
        name, claimed = accepted.input.name, accepted.meta.identity
        if name in SENT:
            # The server stamps an event with whoever's call wrote it, and this one is written when the workflow worker
            # answers (temporalio/temporal pull request 9582): its principal is the worker's and never the sender's.
            values = await _decoded(self._as_the_worker, accepted.input.args.payloads)
            self._decided(event, name, values, None, claimed)
        elif name == REPLY_UPDATE:
            self._repliers.add(claimed)
        return accepted.meta.update_id

    async def signal(self, event: HistoryEvent) -> int | None:
        """Take a signal in; returns which one of its kind it is, from 0, if the workflow counts it."""
        signal = event.workflow_execution_signaled_event_attributes
        if signal.signal_name not in SENT:
            return None
        values = await _decoded(self._as_the_worker, signal.input.payloads)
        if values is None:
            return None
        principal = f"{event.principal.type}:{event.principal.name}" if event.principal.name else None
        self._decided(event, signal.signal_name, values, principal, signal.identity)
        # Each kind is counted by itself: an older workflow takes only those that decide.
        decides = signal.signal_name in DECISIONS
        self._signals[decides] += 1
        alike = decides == (self._request.choice in DECISIONS)
        return self._signals[decides] - 1 if alike else None

    def _decided(
        self, event: HistoryEvent, choice: str, values: Sequence[object] | None, principal: str | None, claimed: str
    ) -> None:
        if self._sent is not None and self._sent[0] in self._before:
            self._before[self._sent[0]].append(self._sent[1])
        decision = _read(Decision if choice in DECISIONS else Handling, values)
        choice = decision.act if isinstance(decision, Handling) else choice
        self._sent = choice, Sent(event.event_id, _time(event), decision, principal, claimed)

    def found(self) -> Found | None:
        """The latest decision, which is the one in question; None when it chooses something else."""
        if self._sent is None or self._sent[0] != self._request.choice:
            return None
        _, sent = self._sent
        digests, repliers = frozenset(self._digests), frozenset(filter(None, self._repliers))
        rejected, handed, corrected = map(tuple, self._before.values())
        return Found(sent, self._shown, digests, rejected, handed, corrected, repliers)


async def _decoded(
    converter: DataConverter, payloads: Iterable[Payload], types: list[type] | None = None
) -> Sequence[object] | None:
    try:
        return await converter.decode(list(payloads), types)
    except (Undecryptable, KeyServiceUnreachable):
        # Another ring than the workers': to go on would be to count other signals than they do.
        raise
    except Exception:
        return None


def _read(kind: type[OfPlan], values: Sequence[object] | None) -> OfPlan | None:
    try:
        (value,) = values or ()
        return kind.model_validate(value)
    except ValueError:
        return None


def _time(event: HistoryEvent) -> datetime:
    return event.event_time.ToDatetime(tzinfo=UTC)
