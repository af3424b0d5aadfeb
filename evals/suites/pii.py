"""Personal data in labelled texts: ``{"id", "source", "text", "spans": [{"type", "start", "end"}]}``."""

from pathlib import Path

from audit.rates import Rate
from evals import pii
from evals.suites.figures import Counted, Figures, guard_versions, suite_figures

CLEAN = "clean"
"""The kind of texts without any personal data of the kinds looked for."""


def measure(folder: Path) -> Figures:
    """The guard of personal data over a folder's texts; a kind is a type of span, such as ``CN_MOBILE``.

    A span is found when nothing of it is left. Raises :class:`~evals.jsonl.MalformedData`.
    """
    rows = pii.read_rows(folder)
    measured = pii.measure(rows)
    counted = [
        Counted(
            source,
            kind,
            found=Rate(count=tally.covered, of=tally.spans),
            right=Rate(count=tally.right, of=tally.findings),
        )
        for (source, kind), tally in measured.tallies.items()
    ]
    counted += [
        Counted(source, CLEAN, alarms=Rate(count=measured.alarms.get(source, 0), of=texts))
        for source, texts in measured.clean.items()
    ]
    median, late = measured.milliseconds() if len(rows) > 1 else (None, None)
    figures = suite_figures("pii", guard_versions()["pii"], counted, apart=lambda one: False)
    return {**figures, "milliseconds_p50": median, "milliseconds_p95": late}
