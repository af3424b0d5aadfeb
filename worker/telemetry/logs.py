"""The process's log: lines on standard error and, where a collector is named, OpenTelemetry's log records.

Each tells the trace of the action that it is about. OpenTelemetry for Python has its logs under names with an
underscore still (``opentelemetry._logs``, of version 1.45), and its own handler writes what exceptions say.
"""

import logging

from opentelemetry import context, trace
from opentelemetry._logs import LoggerProvider, SeverityNumber
from opentelemetry.trace import NonRecordingSpan
from opentelemetry.util.types import AttributeValue

from leverframe.telling import inert
from worker.telemetry.discreet import message, raised
from worker.telemetry.running import running, span_at_hand

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
CHATTY = "httpx2"
"""One line for each call of the model would drown the rest."""
EXPORTERS = "opentelemetry"
"""Their complaints are for standard error: exported, each would make the next."""
SEVERITIES = {
    logging.DEBUG: SeverityNumber.DEBUG,
    logging.INFO: SeverityNumber.INFO,
    logging.WARNING: SeverityNumber.WARN,
    logging.ERROR: SeverityNumber.ERROR,
    logging.CRITICAL: SeverityNumber.FATAL,
}


def log_to_stderr() -> None:
    """Write the process's log from INFO on."""
    handler = logging.StreamHandler()
    handler.setFormatter(TracedLine())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger(CHATTY).setLevel(logging.WARNING)


class TracedLine(logging.Formatter):
    """One line, and the frames of an exception under it."""

    def __init__(self) -> None:
        super().__init__(FORMAT)

    def format(self, record: logging.LogRecord) -> str:
        told = logging.makeLogRecord(record.__dict__ | {"args": None, "exc_info": None, "exc_text": None})
        told.msg = inert(message(record))
        if (at := span_at_hand()) is not None:
            told.msg += f" trace_id={trace.format_trace_id(at.trace_id)} span_id={trace.format_span_id(at.span_id)}"
        _, frames = raised(record)
        return super().format(told) + (f"\n{frames}" if frames else "")


class LogExport(logging.Handler):
    """Hands the process's log over to OpenTelemetry."""

    def __init__(self, provider: LoggerProvider) -> None:
        super().__init__()
        self._provider = provider

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] == EXPORTERS:
            return
        attributes: dict[str, AttributeValue] = {**running(), "code.function.name": record.funcName or ""}
        kind, frames = raised(record)
        if kind:
            attributes |= {"exception.type": kind, "exception.stacktrace": frames}
        at = span_at_hand()
        self._provider.get_logger(record.name).emit(
            timestamp=int(record.created * 1e9),
            context=trace.set_span_in_context(NonRecordingSpan(at), context.Context()) if at else context.Context(),
            severity_number=SEVERITIES.get(record.levelno, SeverityNumber.UNSPECIFIED),
            severity_text=record.levelname,
            body=message(record),
            attributes=attributes,
        )
