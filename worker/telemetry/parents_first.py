from threading import Lock

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor


class ParentsFirst(SpanProcessor):
    """Hands a span on after its parent, where that one is of this process too.

    A worker that is killed in an activity leaves nothing of it then, and no call whose activity is nowhere.
    """

    def __init__(self, inner: SpanProcessor) -> None:
        self._inner = inner
        self._lock = Lock()
        self._children: dict[int, list[ReadableSpan]] = {}
        """By the id of each span that has not ended yet, those under it that have."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        with self._lock:
            self._children[span.get_span_context().span_id] = []
        self._inner.on_start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        # Outside of the lock: what is handed on may be written to a disk.
        for ended in self._to_hand_on(span):
            self._inner.on_end(ended)

    def _to_hand_on(self, span: ReadableSpan) -> list[ReadableSpan]:
        with self._lock:
            whole = [span, *self._children.pop(span.context.span_id if span.context else 0, [])]
            above = self._children.get(span.parent.span_id) if span.parent else None
            if above is None:
                return whole
            above.extend(whole)
            return []

    def shutdown(self) -> None:
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._inner.force_flush(timeout_millis)
