"""What leaves the process of an exception: its type, for what it says may quote a customer."""

import logging
import re
import traceback
from collections.abc import Iterator, Sequence

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status

QUERY_SPANS = ("QueryWorkflow:",)
"""Whoever polls a status makes one each time; they tell an auditor nothing."""
OWN = ("leverframe", "machines", "workflows", "activities", "tools", "worker")
"""Packages whose log messages never quote what a customer, a model or an exception said."""
TEMPORAL = "temporalio"
FIRST_CLAUSE = re.compile(r"(?:(?!:\s)[^(\[{<'\"\n])*")
"""Temporal's SDK puts what an exception says, and ids, behind one of these."""


class Discreet(SpanExporter):
    """Leaves out what an exception said, and the spans of queries."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        kept = [_without_messages(span) for span in spans if not span.name.startswith(QUERY_SPANS)]
        return self._inner.export(kept) if kept else SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._inner.force_flush(timeout_millis)


def _without_messages(span: ReadableSpan) -> ReadableSpan:
    if not span.events and not span.status.description:
        return span
    description = span.status.description
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=span.attributes,
        events=[_type_only(event) for event in span.events],
        links=span.links,
        kind=span.kind,
        instrumentation_scope=span.instrumentation_scope,
        status=Status(span.status.status_code, description.partition(":")[0] if description else None),
        start_time=span.start_time,
        end_time=span.end_time,
    )


def _type_only(event: Event) -> Event:
    kept = {key: value for key, value in (event.attributes or {}).items() if key == "exception.type"}
    return Event(event.name, kept, event.timestamp)


def message(record: logging.LogRecord) -> str:
    """What a log record says: of other people's libraries, only the part that they wrote beforehand."""
    package = record.name.partition(".")[0]
    if package in OWN:
        return record.getMessage()
    if package == TEMPORAL:
        clause = FIRST_CLAUSE.match(str(record.msg))
        return clause[0].strip() if clause else ""
    return str(record.msg) if record.args else f"a message of {record.name}"


def raised(record: logging.LogRecord) -> tuple[str, str]:
    """The exception of a log record: its type, and where it came from without what it says; empty if there is none."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return "", ""
    return type(error).__name__, "\n".join(_frames(error))


def _frames(error: BaseException) -> Iterator[str]:
    """With those that caused it, which come first."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _frames(cause)
    for frame in traceback.extract_tb(error.__traceback__):
        yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
    yield type(error).__name__
