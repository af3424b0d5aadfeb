"""What the model is asked for, and what it costs, as metrics by OpenTelemetry's GenAI semantic conventions.

They are read off the spans of the model's calls, of which each attempt has its own: one that fails is counted too, for
its tokens were used.
"""

from collections.abc import Mapping

from opentelemetry.metrics import Meter
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.trace import StatusCode
from opentelemetry.util.types import AttributeValue
from pydantic import Field

from worker.settings import Settings

OPERATION = "gen_ai.operation.name"
DESCRIBING = (OPERATION, "gen_ai.provider.name", "gen_ai.request.model")
"""Attributes of spans that metrics have too: settings of ours. The name that the server gives its model is left out: it
may say anything."""
TOKENS = {"input": "gen_ai.usage.input_tokens", "output": "gen_ai.usage.output_tokens"}
TOKEN_BUCKETS = [4.0**power for power in range(14)]
SECONDS_BUCKETS = [0.01 * 2**power for power in range(14)]
"""Both as the conventions advise."""
PER = 1_000_000
"""Tokens that a price is for."""


class ModelPrices(Settings):
    """What the model's tokens cost; without prices no cost is reported."""

    needed_by = "the llm role"

    model_input_price: float = Field(default=0, ge=0)
    """Of a million tokens that the model reads."""
    model_output_price: float = Field(default=0, ge=0)
    """Of a million tokens that the model writes."""
    model_currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    """Of the prices, by ISO 4217."""

    def of(self, tokens: Mapping[str, int]) -> float:
        """The price of so many ``input`` and ``output`` tokens."""
        prices = {"input": self.model_input_price, "output": self.model_output_price}
        return sum(prices[kind] * count for kind, count in tokens.items()) / PER


class ModelMetrics(SpanProcessor):
    """``gen_ai.client.operation.duration``, ``gen_ai.client.token.usage`` and ``leverframe.model.cost``."""

    def __init__(self, meter: Meter, prices: ModelPrices) -> None:
        self._prices = prices
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
        self._cost = meter.create_counter("leverframe.model.cost", prices.model_currency, "What proposals cost")

    def on_end(self, span: ReadableSpan) -> None:
        """Measure the call that the span is of, if it is of one."""
        given = span.attributes or {}
        if OPERATION not in given or span.start_time is None or span.end_time is None:
            return
        kept = {name: given[name] for name in DESCRIBING if name in given}
        self._duration.record((span.end_time - span.start_time) / 1e9, kept | _error(span))
        tokens = {kind: count for kind, name in TOKENS.items() if isinstance(count := given.get(name), int)}
        for kind, count in tokens.items():
            self._tokens.record(count, {**kept, "gen_ai.token.type": kind})
        if cost := self._prices.of(tokens):
            self._cost.add(cost, kept)


def _error(span: ReadableSpan) -> dict[str, AttributeValue]:
    if span.status.status_code is not StatusCode.ERROR:
        return {}
    return {"error.type": (span.attributes or {}).get("error.type", "_OTHER")}
