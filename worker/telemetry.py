import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    ConsoleSpanExporter,
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.trace import Status
from temporalio import activity, workflow
from temporalio.contrib.opentelemetry import TracingInterceptor, TracingWorkflowInboundInterceptor
from temporalio.worker import WorkflowInterceptorClassInput

from worker.metrics import LedgerMetrics, Measuring
from worker.model_metrics import ModelMetrics, ModelPrices

ACTION_ID = "leverframe.action_id"
ROLE = "leverframe.role"
ATTEMPT = "leverframe.attempt"
OTLP_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
QUERY_SPANS = ("QueryWorkflow:", "HandleQuery:")
"""Whoever polls a status makes two of these each time; they tell an auditor nothing."""


@dataclass(frozen=True)
class Telemetry:
    """A process's tracing and metrics: give ``interceptor`` to its Temporal client, close it at the end."""

    provider: TracerProvider
    meters: MeterProvider
    interceptor: TracingInterceptor
    measuring: Measuring
    """For the client of workers, beside ``interceptor``."""

    def close(self) -> None:
        """Export what is left."""
        self.provider.shutdown()
        self.meters.shutdown()


def start_telemetry(
    service: str, spans_dir: Path | None, prices: ModelPrices | None = None, readers: Sequence[MetricReader] = ()
) -> Telemetry:
    """Tracing and metrics for this process.

    Each span goes, as soon as it ends, as one line of JSON to a file of this process under ``spans_dir``
    (``None``: no file), and to an OTLP collector where the standard ``OTEL_EXPORTER_OTLP_ENDPOINT`` names
    one. Metrics go to that collector too, or nowhere, and to ``readers``.
    ``service`` is the ``service.name``, unless ``OTEL_SERVICE_NAME`` gives another. ``prices`` are needed where the
    model's calls are to be measured.
    """
    name = os.environ.get("OTEL_SERVICE_NAME", service)
    resource = Resource.create({SERVICE_NAME: name, SERVICE_INSTANCE_ID: str(os.getpid())})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(ActionAttributes())
    if spans_dir is not None:
        # At once, not in batches: an auditor reads it while an action waits; a killed worker loses nothing.
        provider.add_span_processor(SimpleSpanProcessor(Discreet(SpanFile(service, spans_dir))))
    if _collected("TRACES"):
        provider.add_span_processor(BatchSpanProcessor(Discreet(OTLPSpanExporter())))
    exporting = [PeriodicExportingMetricReader(OTLPMetricExporter())] if _collected("METRICS") else []
    meters = MeterProvider([*readers, *exporting], resource)
    meter = meters.get_meter("leverframe")
    if prices is not None:
        provider.add_span_processor(ModelMetrics(meter, prices))
    tracing = OneTracePerAction(provider.get_tracer("leverframe"))
    return Telemetry(provider, meters, tracing, Measuring(LedgerMetrics(meter)))


def _collected(signal: str) -> bool:
    """Whether a collector is named for ``TRACES`` or ``METRICS``, and not switched off for them."""
    named = os.environ.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") or os.environ.get(OTLP_ENDPOINT)
    return bool(named) and os.environ.get(f"OTEL_{signal}_EXPORTER") != "none"


class SpanFile(ConsoleSpanExporter):
    """Appends each span as one line of JSON to a file of this process."""

    def __init__(self, service: str, spans_dir: Path) -> None:
        spans_dir.mkdir(parents=True, exist_ok=True)
        started = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        file = (spans_dir / f"{started}-{service}-{os.getpid()}.jsonl").open("a", encoding="utf-8")
        super().__init__(out=file, formatter=lambda span: span.to_json(indent=None) + "\n")

    def shutdown(self) -> None:
        self.out.close()


class OneTracePerAction(TracingInterceptor):
    """Temporal's tracing, whose trace spans an action even where the service that started it has none."""

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[TracingWorkflowInboundInterceptor]:
        super().workflow_interceptor_class(input)
        return _WorkflowTracing


class _WorkflowTracing(TracingWorkflowInboundInterceptor):
    def _load_workflow_context_carrier(self) -> dict[str, str | list[str]] | None:
        return super()._load_workflow_context_carrier() or {"traceparent": _derived_traceparent()}


def _derived_traceparent() -> str:
    # From the run's id, not random: after a replay on another worker it must be the same trace.
    digest = hashlib.sha256(workflow.info().first_execution_run_id.encode()).hexdigest()
    return f"00-{digest[:32]}-{digest[32:48]}-01"


class ActionAttributes(SpanProcessor):
    """Says on each span which action and which role it belongs to."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        if activity.in_activity():
            info = activity.info()
            role = info.task_queue.rpartition("-")[2]
            span.set_attributes({ACTION_ID: info.workflow_id or "", ROLE: role, ATTEMPT: info.attempt})
        elif workflow.in_workflow():
            span.set_attributes({ACTION_ID: workflow.info().workflow_id, ROLE: "workflows"})
        elif span.attributes and "temporalWorkflowID" in span.attributes:
            span.set_attributes({ACTION_ID: span.attributes["temporalWorkflowID"], ROLE: "client"})


class Discreet(SpanExporter):
    """Leaves out what an exception said, which may quote a customer, and the spans of queries."""

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
