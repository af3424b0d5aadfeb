"""A process's traces, metrics and logs.

What sends them, and ``requests`` with it, is imported only where a collector is named: a command starts sooner.
"""

import logging
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from opentelemetry.context import Context
from opentelemetry.metrics import Meter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SimpleSpanProcessor
from opentelemetry.sdk.trace.sampling import DEFAULT_ON

from worker.private_files import open_private, private_folder
from worker.telemetry.activity_metrics import ActivityMetrics
from worker.telemetry.discreet import Discreet
from worker.telemetry.ledger_metrics import LedgerMetrics, Measuring
from worker.telemetry.logs import LogExport
from worker.telemetry.model_metrics import ModelMetrics
from worker.telemetry.parents_first import ParentsFirst
from worker.telemetry.running import ACTION_ID, ROLE, running
from worker.telemetry.tool_metrics import ToolMetrics
from worker.telemetry.trace_ids import ChosenIds
from worker.telemetry.tracing import OneTracePerAction

OTLP_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@dataclass(frozen=True)
class Telemetry:
    """A process's traces, metrics and logs: give ``interceptor`` to its Temporal client, close it at the end."""

    provider: TracerProvider
    meters: MeterProvider
    logs: LoggerProvider
    interceptor: OneTracePerAction
    measuring: Measuring
    """For the client of workers, beside ``interceptor``."""
    meter: Meter
    """For what a process measures besides."""
    handler: LogExport

    def close(self) -> None:
        """Export what is left."""
        logging.getLogger().removeHandler(self.handler)
        self.provider.shutdown()
        self.meters.shutdown()
        self.logs.shutdown()


def start_telemetry(
    service: str, spans_dir: Path | None, currency: str | None = None, readers: Sequence[MetricReader] = ()
) -> Telemetry:
    """Traces, metrics and logs of this process.

    Each span goes, as soon as it ends, as one line of JSON to a file of this process under ``spans_dir``
    (``None``: no file), and to an OTLP collector where the standard ``OTEL_EXPORTER_OTLP_ENDPOINT`` names
    one. Metrics go to that collector too, or nowhere, and to ``readers``; so does the process's log, from the level on
    that it has anyway. ``service`` is the ``service.name``, unless ``OTEL_SERVICE_NAME`` gives another.
    ``currency``: of what the model's calls cost, where they are to be measured.
    """
    name = os.environ.get("OTEL_SERVICE_NAME", service)
    # In containers every process has the same id: a container's host name tells them apart.
    resource = Resource.create({SERVICE_NAME: name, SERVICE_INSTANCE_ID: f"{socket.gethostname()}-{os.getpid()}"})
    # Each span or none of a trace: half an action proves nothing. To keep fewer, sample in the collector.
    provider = TracerProvider(DEFAULT_ON, resource, id_generator=ChosenIds())
    provider.add_span_processor(ActionAttributes())
    if spans_dir is not None:
        # At once, not in batches: an auditor reads it while an action waits; a killed worker loses nothing.
        provider.add_span_processor(ParentsFirst(SimpleSpanProcessor(Discreet(SpanFile(service, spans_dir)))))
    if _collected("TRACES"):
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        provider.add_span_processor(ParentsFirst(BatchSpanProcessor(Discreet(OTLPSpanExporter()))))
    meters = MeterProvider([*readers, *_exporting()], resource)
    meter = meters.get_meter("leverframe")
    provider.add_span_processor(ToolMetrics(meter))
    if currency is not None:
        provider.add_span_processor(ModelMetrics(meter, currency))
    logs, handler = _logs(resource)
    tracing = OneTracePerAction(provider.get_tracer("leverframe"), logs.get_logger("leverframe"))
    measuring = Measuring(LedgerMetrics(meter), ActivityMetrics(meter))
    return Telemetry(provider, meters, logs, tracing, measuring, meter, handler)


def _exporting() -> list[MetricReader]:
    if not _collected("METRICS"):
        return []
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

    return [PeriodicExportingMetricReader(OTLPMetricExporter())]


def _logs(resource: Resource) -> tuple[LoggerProvider, LogExport]:
    provider = LoggerProvider(resource)
    handler = LogExport(provider)
    if _collected("LOGS"):
        from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter

        provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
        logging.getLogger().addHandler(handler)
    return provider, handler


def _collected(signal: str) -> bool:
    """Whether a collector is named for ``TRACES``, ``METRICS`` or ``LOGS``, and not switched off for them."""
    named = os.environ.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") or os.environ.get(OTLP_ENDPOINT)
    return bool(named) and os.environ.get(f"OTEL_{signal}_EXPORTER") != "none"


class SpanFile(ConsoleSpanExporter):
    """Appends each span as one line of JSON to a file of this process."""

    def __init__(self, service: str, spans_dir: Path) -> None:
        private_folder(spans_dir)
        started = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        file = open_private(spans_dir / f"{started}-{service}-{os.getpid()}.jsonl")
        super().__init__(out=file, formatter=lambda span: span.to_json(indent=None) + "\n")

    def shutdown(self) -> None:
        self.out.close()


class ActionAttributes(SpanProcessor):
    """Says on each span which action and which role it belongs to."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        if found := running():
            span.set_attributes(found)
        elif span.attributes and "temporalWorkflowID" in span.attributes:
            span.set_attributes({ACTION_ID: span.attributes["temporalWorkflowID"], ROLE: "client"})
