"""How many figures of the newest week have drifted, as ``python -m worker drift --every`` found them last."""

from collections import Counter
from collections.abc import Iterable, Iterator

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from audit.drift.changes import Change
from worker.telemetry.guard_events import label

Where = tuple[str, str, str]
"""The action, the language (``all`` of all of them) and the figure."""


class DriftMetrics:
    """``leverframe.drift.changes``: what ended counts as none until the process ends."""

    def __init__(self, meter: Meter) -> None:
        self._counts: Counter[Where] = Counter()
        meter.create_observable_gauge(
            "leverframe.drift.changes", [self._told], "{change}", "Figures of the week that have changed beyond chance"
        )

    def found(self, changes: Iterable[Change]) -> None:
        """Take these as the newest."""
        self._counts = Counter(dict.fromkeys(self._counts, 0))
        self._counts.update(
            (label(one.action or "all"), label(one.language or "all"), label(one.figure)) for one in changes
        )

    def _told(self, options: CallbackOptions) -> Iterator[Observation] | Iterable[Observation]:
        for (action, language, figure), count in self._counts.items():
            named = {"leverframe.action": action, "leverframe.language": language, "leverframe.figure": figure}
            yield Observation(count, named)
