"""Spans read back from the files that :mod:`worker.telemetry.setup` writes."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from worker.telemetry.running import ACTION_ID, ROLE
from worker.telemetry.workflow_spans import LINK

AttributeValue = str | bool | int | float | list[str] | list[bool] | list[int] | list[float]


class SpanContext(BaseModel):
    """Which span of which trace."""

    model_config = ConfigDict(frozen=True)

    trace_id: str
    span_id: str


class SpanStatus(BaseModel):
    """How it went."""

    model_config = ConfigDict(frozen=True)

    status_code: str
    description: str = ""


class SpanLink(BaseModel):
    """Another span that this one has to do with."""

    model_config = ConfigDict(frozen=True)

    context: SpanContext
    attributes: dict[str, AttributeValue] = Field(default_factory=dict)

    @property
    def why(self) -> str:
        return str(self.attributes.get(LINK, ""))


class FinishedSpan(BaseModel):
    """One span as it was written."""

    model_config = ConfigDict(frozen=True)

    name: str
    context: SpanContext
    parent_id: str | None
    start_time: datetime
    end_time: datetime
    status: SpanStatus
    attributes: dict[str, AttributeValue]
    links: tuple[SpanLink, ...] = Field(default=())

    @property
    def action_id(self) -> str:
        return str(self.attributes.get(ACTION_ID, ""))

    @property
    def role(self) -> str:
        return str(self.attributes.get(ROLE, ""))

    @property
    def duration_ms(self) -> float:
        return (self.end_time - self.start_time).total_seconds() * 1000


def read_spans(spans_dir: Path, action_id: str) -> list[FinishedSpan]:
    """The action's spans from the files of all processes, in the order in which they started."""
    lines = (line for file in sorted(spans_dir.glob("*.jsonl")) for line in _lines(file))
    # The id is looked for in the text first: parsing each span of a long-lived worker would take seconds.
    found = (_parse(line) for line in lines if action_id in line)
    # A worker that is killed in the middle of a step leaves spans that the next one makes again, with the same ids.
    own = {span.context: span for span in found if span is not None and span.action_id == action_id}
    return sorted(own.values(), key=lambda span: (span.start_time, span.end_time))


def _lines(file: Path) -> Iterator[str]:
    with file.open(encoding="utf-8", errors="replace") as lines:
        yield from lines


def _parse(line: str) -> FinishedSpan | None:
    try:
        return FinishedSpan.model_validate_json(line)
    except ValidationError:
        # A killed process leaves its last line unfinished.
        return None


def roots(spans: Sequence[FinishedSpan]) -> list[FinishedSpan]:
    """Spans whose parent is not among ``spans``."""
    known = {span.context.span_id for span in spans}
    return [span for span in spans if span.parent_id not in known]


def children(spans: Iterable[FinishedSpan], parent: FinishedSpan) -> list[FinishedSpan]:
    """Spans begun under ``parent``."""
    return [span for span in spans if span.parent_id == parent.context.span_id]
