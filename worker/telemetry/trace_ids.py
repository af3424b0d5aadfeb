"""Ids of the spans of workflows: derived, so that every worker that replays one knows them.

An action's trace has an id of its own, made of the id of its workflow run. Its spans are counted, and a span's id is
made of its number and its name: a step that has to be done again, because its worker died in the middle of it, makes
the same spans with the same ids, or others with others.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry import context, trace
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import SpanContext, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadConverter

HEADER = "_tracer-data"
"""Where Temporal's own interceptors, also those of services, put the sender's span."""

_chosen: ContextVar[SpanContext | None] = ContextVar("leverframe_chosen_ids", default=None)


def place(run_id: str, which: str = "") -> SpanContext:
    """The ids of one of a workflow run's spans; without more, of the root of its trace."""
    trace_id = hashlib.sha256(run_id.encode()).digest()[:16]
    span_id = hashlib.sha256(f"{run_id}/{which}".encode()).digest()[:8]
    sampled = TraceFlags(TraceFlags.SAMPLED)
    return SpanContext(int.from_bytes(trace_id), int.from_bytes(span_id), is_remote=True, trace_flags=sampled)


class ChosenIds(RandomIdGenerator):
    """Random ids, but for spans that are started within :func:`choosing`."""

    def generate_span_id(self) -> int:
        chosen = _chosen.get()
        return chosen.span_id if chosen else super().generate_span_id()

    def generate_trace_id(self) -> int:
        chosen = _chosen.get()
        return chosen.trace_id if chosen else super().generate_trace_id()


@contextmanager
def choosing(ids: SpanContext) -> Iterator[None]:
    """Have the span that is started within get these ids."""
    token = _chosen.set(ids)
    try:
        yield
    finally:
        _chosen.reset(token)


def passed_on(headers: Mapping[str, Payload], ids: SpanContext) -> Mapping[str, Payload]:
    """The headers, with the span under which the receiver goes on."""
    carrier = {"traceparent": f"00-{ids.trace_id:032x}-{ids.span_id:016x}-{ids.trace_flags:02x}"}
    return {**headers, HEADER: PayloadConverter.default.to_payloads([carrier])[0]}


def sender(headers: Mapping[str, Payload]) -> SpanContext | None:
    """The span of whoever sent the headers, if they tell of one."""
    if HEADER not in headers:
        return None
    try:
        (carrier,) = PayloadConverter.default.from_payloads([headers[HEADER]])
        extracted = TraceContextTextMapPropagator().extract(carrier, context.Context())
    except Exception:
        # Any client can put anything there. Raised in a workflow, it would stop the action for good.
        return None
    found = trace.get_current_span(extracted).get_span_context()
    return found if found.is_valid else None
