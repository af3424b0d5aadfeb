"""How tools run, as a metric by OpenTelemetry's GenAI semantic conventions, read off the spans of their calls."""

from opentelemetry.metrics import Meter
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from activities.call_spans import ERROR, OPERATION
from worker.telemetry.model_metrics import SECONDS_BUCKETS, seconds, within

DESCRIBING = (OPERATION, "gen_ai.tool.name", "gen_ai.tool.type", ERROR)


class ToolMetrics(SpanProcessor):
    """``gen_ai.execute_tool.duration``; ``error.type`` is ``stale`` where the data had moved since the plan."""

    def __init__(self, meter: Meter) -> None:
        self._duration = meter.create_histogram(
            "gen_ai.execute_tool.duration",
            "s",
            "How long a tool ran",
            explicit_bucket_boundaries_advisory=SECONDS_BUCKETS,
        )

    def on_end(self, span: ReadableSpan) -> None:
        """Measure the call that the span is of, if it is of one."""
        given = span.attributes or {}
        if given.get(OPERATION) == "execute_tool":
            kept = {name: given[name] for name in DESCRIBING if name in given}
            self._duration.record(seconds(span), kept, within(span))
