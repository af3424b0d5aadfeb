"""What an action's history says about a decision: who sent it and when, and which plan was shown before."""

from collections.abc import AsyncIterable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.converter import DataConverter

from leverframe.contracts.calling import Previewed
from leverframe.contracts.decision import Decision, JudgeRequest
from leverframe.contracts.names import PREVIEW
from leverframe.contracts.plan import Plan
from leverframe.errors import Undecryptable

DECISIONS = ("approve", "reject")
REPLY_UPDATE = "reply"


@dataclass(frozen=True)
class Sent:
    """A decision as the server recorded it."""

    event_id: int
    at: datetime
    decision: Decision | None
    """None when it could not be read as a decision."""
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
    repliers: frozenset[str] = frozenset()
    """Names that those claimed who answered a question to the user."""


async def find(events: AsyncIterable[HistoryEvent], converter: DataConverter, request: JudgeRequest) -> Found | None:
    """Read the history once, from its start up to the decision; None when the decision is not in it.

    Raises :class:`~leverframe.errors.Undecryptable` when a needed payload is under a key that is not known here.
    """
    reading = _Reading(converter, request)
    async for event in events:
        match event.event_type:
            case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                reading.scheduled(event)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                await reading.completed(event)
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
                if await reading.is_the_update(event):
                    return reading.found()
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
                if await reading.is_the_signal(event):
                    return reading.found()
    return None


class _Reading:
    def __init__(self, converter: DataConverter, request: JudgeRequest) -> None:
        self._converter = converter
        self._request = request
        self._previews: set[int] = set()
        self._shown: Shown | None = None
        self._digests: set[str] = set()
        self._signals = 0
        self._sent: tuple[str, Sent] | None = None
        """The latest decision, and what it chooses."""
        self._rejections: list[Sent] = []
        self._repliers: set[str] = set()

    def scheduled(self, event: HistoryEvent) -> None:
        if event.activity_task_scheduled_event_attributes.activity_type.name == PREVIEW:
            self._previews.add(event.event_id)

    async def completed(self, event: HistoryEvent) -> None:
        done = event.activity_task_completed_event_attributes
        if done.scheduled_event_id not in self._previews:
            return
        match await self._decode(done.result.payloads, [Previewed]):
            case [Previewed(plan=Plan() as plan)]:
                self._digests.add(plan.digest)
                if plan.digest == self._request.digest:
                    self._shown = Shown(plan, event.event_id, _time(event))

    async def is_the_update(self, event: HistoryEvent) -> bool:
        accepted = event.workflow_execution_update_accepted_event_attributes.accepted_request
        name, claimed = accepted.input.name, accepted.meta.identity
        if name in DECISIONS:
            # The server stamps an event with whoever's call wrote it, and this one is written when the workflow worker
            # answers (temporalio/temporal pull request 9582): its principal is the worker's and never the sender's.
            await self._decided(event, name, accepted.input.args.payloads, None, claimed)
        elif name == REPLY_UPDATE:
            self._repliers.add(claimed)
        return self._request.update_id is not None and accepted.meta.update_id == self._request.update_id

    async def is_the_signal(self, event: HistoryEvent) -> bool:
        signal = event.workflow_execution_signaled_event_attributes
        if signal.signal_name not in DECISIONS or await self._decode(signal.input.payloads) is None:
            # The worker drops a signal that it cannot decode before the workflow can count it.
            return False
        principal = f"{event.principal.type}:{event.principal.name}" if event.principal.name else None
        await self._decided(event, signal.signal_name, signal.input.payloads, principal, signal.identity)
        self._signals += 1
        return self._request.signal_index == self._signals - 1

    async def _decided(
        self, event: HistoryEvent, choice: str, payloads: Iterable[Payload], principal: str | None, claimed: str
    ) -> None:
        if self._sent is not None and self._sent[0] == "reject":
            self._rejections.append(self._sent[1])
        decision = _decision(await self._decode(payloads))
        self._sent = choice, Sent(event.event_id, _time(event), decision, principal, claimed)

    def found(self) -> Found | None:
        """The latest decision, which is the one in question; None when it chooses something else."""
        if self._sent is None or self._sent[0] != self._request.choice:
            return None
        _, sent = self._sent
        digests, repliers = frozenset(self._digests), frozenset(filter(None, self._repliers))
        return Found(sent, self._shown, digests, tuple(self._rejections), repliers)

    async def _decode(self, payloads: Iterable[Payload], types: list[type] | None = None) -> Sequence[object] | None:
        try:
            return await self._converter.decode(list(payloads), types)
        except Undecryptable:
            # Another ring than the workers': to go on would be to count other signals than they do.
            raise
        except Exception:
            return None


def _decision(values: Sequence[object] | None) -> Decision | None:
    try:
        (value,) = values or ()
        return Decision.model_validate(value)
    except ValueError:
        return None


def _time(event: HistoryEvent) -> datetime:
    return event.event_time.ToDatetime(tzinfo=UTC)
