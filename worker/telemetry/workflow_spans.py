"""The spans of one workflow run, all without length, and how they are linked across its waits."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass

from opentelemetry.trace import Link, SpanContext, SpanKind
from temporalio import workflow
from temporalio.api.common.v1 import Payload

from worker.telemetry.trace_ids import place, sender

EMIT = "leverframe_emit_span"
"""Name of the function outside of the workflow's sandbox that makes a span of what is told."""
LINK = "leverframe.link"
"""Attribute of a link: why it is there."""
BEGAN = "wait_began"
STARTED = "started"
"""From the call that started an action to the action; all others lead back in time."""
REMEMBERED = 8
"""What came in during a wait, the newest: anybody who reaches the workflow can send as much as they like."""

handler: ContextVar[SpanContext | None] = ContextVar("leverframe_handler", default=None)
"""The span of the signal or update that is being handled; each handler is a task with a context of its own."""


@dataclass(frozen=True)
class WorkflowSpan:
    """What a workflow tells of itself."""

    name: str
    ids: SpanContext
    parent: SpanContext | None
    kind: SpanKind
    links: tuple[Link, ...]
    error: str = ""
    """Type of the failure that ended the workflow."""


class WorkflowSpans:
    """Told in the same order in every replay, and emitted in none.

    The workflow waits when nothing that its main line asked for is under way and time goes by. The first span after a
    wait is linked to the last one before it, and to what came in meanwhile.
    """

    def __init__(self) -> None:
        # Made before the workflow can be asked who it is.
        self._last: SpanContext | None = None
        """The newest span of the main line."""
        self._told = 0
        self._busy = 0
        """How many activities, and starts of parts, are under way that no handler asked for."""
        self._idle_since = 0
        self._came: list[Link] = []

    def begins(self, name: str, headers: Mapping[str, Payload]) -> None:
        """The root, linked to the call that started the workflow."""
        # It may not be the first: a handler can run before.
        self._last, self._idle_since = self._root, workflow.time_ns()
        self._emit(WorkflowSpan(name, self._root, None, SpanKind.SERVER, links("started_by", sender(headers))))

    def ends(self, name: str, error: BaseException | None = None) -> None:
        """The last span."""
        failure = type(error).__name__ if error else ""
        self._tell(name, SpanKind.INTERNAL, self._after_wait(), self._root, failure)

    def handles(self, name: str, headers: Mapping[str, Payload]) -> None:
        """A signal or update; what its handler asks for goes under it."""
        sent_by = sender(headers)
        since = links(BEGAN, self._last) if self._waits() else ()
        here = self._tell(name, SpanKind.SERVER, (*links("sent_by", sent_by), *since), self._root)
        self.came(name, sent_by or here)
        handler.set(here)

    def asks(self, name: str, aside: bool = False) -> SpanContext:
        """An activity or a part that is asked for, and the ids under which it goes on elsewhere.

        What is asked ``aside`` is waited for by nobody.
        """
        under = self._root if aside else handler.get()
        if under is not None:
            return self._tell(name, SpanKind.CLIENT, (), under)
        self._last = self._tell(name, SpanKind.CLIENT, self._after_wait(), self._root)
        return self._last

    def busy(self) -> None:
        """The main line goes on only when what it asked for is there."""
        self._busy += 1

    def idle(self) -> None:
        """It is there."""
        self._busy -= 1
        self._idle_since = workflow.time_ns()

    def came(self, what: str, whence: SpanContext) -> None:
        """What the main line goes on with next may be due to this."""
        self._came = [*self._came, *links(what, whence)][-REMEMBERED:]

    def _waits(self) -> bool:
        return not self._busy and workflow.time_ns() != self._idle_since

    def _after_wait(self) -> tuple[Link, ...]:
        came, self._came = self._came, []
        return (*(links(BEGAN, self._last) if self._waits() else ()), *came)

    @property
    def _root(self) -> SpanContext:
        return place(workflow.info().first_execution_run_id)

    def _tell(
        self, name: str, kind: SpanKind, links: tuple[Link, ...], parent: SpanContext, error: str = ""
    ) -> SpanContext:
        self._told += 1
        ids = place(workflow.info().first_execution_run_id, f"{self._told}/{name}")
        self._emit(WorkflowSpan(name, ids, parent, kind, links, error))
        return ids

    def _emit(self, told: WorkflowSpan) -> None:
        if not workflow.unsafe.is_replaying():
            info = workflow.info()
            attributes = {"temporalWorkflowID": info.workflow_id, "temporalRunID": info.run_id}
            workflow.extern_functions()[EMIT](told, workflow.time_ns(), attributes)


def links(why: str, to: SpanContext | None) -> tuple[Link, ...]:
    """One link, or none."""
    return (Link(to, {LINK: why}),) if to else ()
