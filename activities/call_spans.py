"""Spans of the calls that activities make, by OpenTelemetry's GenAI semantic conventions (of 2026: not yet stable).

https://github.com/open-telemetry/semantic-conventions-genai. Never any text that was sent or received.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.util.types import AttributeValue
from temporalio.exceptions import ApplicationError

from leverframe.contracts.plan import PlannedCall

OPERATION = "gen_ai.operation.name"
ERROR = "error.type"
COST = "leverframe.cost.micros"
"""What a call to a model cost, in millionths of the currency of the prices; left out where it cost nothing."""
TRACER = context.create_key("leverframe-tracer")
"""The tracer for an activity's calls, in the context that it runs in; without one nothing is traced."""
PORTS = {"http": 80, "https": 443}


@contextmanager
def model_call(provider: str, model: str, base_url: str, **request: AttributeValue) -> Iterator[Span]:
    """The span of one request to a model; ``request`` holds what follows ``gen_ai.request.`` in attributes' names."""
    url = urlsplit(base_url)
    attributes: dict[str, AttributeValue] = {
        OPERATION: "chat",
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": model,
        "server.address": url.hostname or "",
        "server.port": url.port or PORTS.get(url.scheme, 0),
        **{f"gen_ai.request.{name}": value for name, value in request.items()},
    }
    with _span(f"chat {model}", SpanKind.CLIENT, attributes) as span:
        yield span


@contextmanager
def tool_calls(calls: Iterable[PlannedCall]) -> Iterator[list[Span]]:
    """The spans of tools that are run together, side by side."""
    with ExitStack() as spans:
        around = context.get_current()
        yield [spans.enter_context(tool_call(call.tool, call.key, around)) for call in calls]


@contextmanager
def tool_call(tool: str, key: str, around: Context | None = None) -> Iterator[Span]:
    """The span of one run of a tool; ``key`` is its idempotency key within the action."""
    attributes: dict[str, AttributeValue] = {
        OPERATION: "execute_tool",
        "gen_ai.tool.name": tool,
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": key,
    }
    with _span(f"execute_tool {tool}", SpanKind.INTERNAL, attributes, around) as span:
        yield span


def failed(span: Span, error: str) -> None:
    """Mark the call as one that came to nothing; ``error`` is a type, never a text."""
    span.set_attribute(ERROR, error)
    span.set_status(Status(StatusCode.ERROR, error))


@contextmanager
def _span(
    name: str, kind: SpanKind, attributes: dict[str, AttributeValue], around: Context | None = None
) -> Iterator[Span]:
    found = context.get_value(TRACER)
    tracer = found if isinstance(found, Tracer) else trace.NoOpTracer()
    # What an exception says may quote a customer, so none is recorded; its type is.
    with tracer.start_as_current_span(
        name, around, kind, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except BaseException as error:
            # Also when it is cancelled: it did not come to its end.
            failed(span, error.type or "_OTHER" if isinstance(error, ApplicationError) else type(error).__name__)
            raise
