"""What the model is asked for, and what it costs, as metrics by OpenTelemetry's GenAI semantic conventions.

They are read off the spans of its calls, of which each attempt has its own: one that fails is counted too, for
its tokens were used.
"""

from opentelemetry import context
from opentelemetry.metrics import Meter
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.trace import INVALID_SPAN_CONTEXT, NonRecordingSpan, StatusCode, set_span_in_context
from opentelemetry.util.types import AttributeValue

from activities.call_spans import COST, ERROR, OPERATION

DESCRIBING = (OPERATION, "gen_ai.provider.name", "gen_ai.request.model", "server.address", "server.port")
"""Attributes of spans that metrics have too: settings of ours. The name that the server gives its model is left out: it
may say anything."""
TOKENS = {"input": "gen_ai.usage.input_tokens", "output": "gen_ai.usage.output_tokens"}
TOKEN_BUCKETS = [4.0**power for power in range(14)]
SECONDS_BUCKETS = [0.01 * 2**power for power in range(14)]
"""Both as the conventions advise."""
PER = 1_000_000
"""Millionths of a currency."""


class ModelMetrics(SpanProcessor):
    """``gen_ai.client.operation.duration``, ``gen_ai.client.token.usage`` and ``leverframe.model.cost``."""

    def __init__(self, meter: Meter, currency: str) -> None:
        self._duration = meter.create_histogram(
            "gen_ai.client.operation.duration",
            "s",
            "How long the model took for a proposal",
            explicit_bucket_boundaries_advisory=SECONDS_BUCKETS,
        )
        self._tokens = meter.create_histogram(
            "gen_ai.client.token.usage",
            "{token}",
            "Tokens of a proposal",
            explicit_bucket_boundaries_advisory=TOKEN_BUCKETS,
        )
        self._cost = meter.create_counter("leverframe.model.cost", currency, "What proposals cost")

    def on_end(self, span: ReadableSpan) -> None:
        """Measure the call that the span is of, if it is of one."""
        given = span.attributes or {}
        if given.get(OPERATION) != "chat":
            return
        kept, here = {name: given[name] for name in DESCRIBING if name in given}, within(span)
        self._duration.record(seconds(span), kept | _error(span), here)
        tokens = {kind: count for kind, name in TOKENS.items() if isinstance(count := given.get(name), int)}
        for kind, count in tokens.items():
            self._tokens.record(count, {**kept, "gen_ai.token.type": kind}, here)
        if isinstance(micros := given.get(COST), int):
            self._cost.add(micros / PER, kept, here)


def seconds(span: ReadableSpan) -> float:
    """How long the span is."""
    return ((span.end_time or 0) - (span.start_time or 0)) / 1e9


def within(span: ReadableSpan) -> context.Context:
    """The context for a measurement whose exemplar is to name this span, which has ended already."""
    return set_span_in_context(NonRecordingSpan(span.context or INVALID_SPAN_CONTEXT), context.Context())


def _error(span: ReadableSpan) -> dict[str, AttributeValue]:
    if span.status.status_code is not StatusCode.ERROR:
        return {}
    return {ERROR: (span.attributes or {}).get(ERROR, "_OTHER")}
