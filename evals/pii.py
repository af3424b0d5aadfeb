"""How well personal data is found, over labelled texts."""

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel

from activities.guards.pii import Found, find_personal
from evals.jsonl import read_lines

KINDS = {
    "EMAIL": "email",
    "PHONE": "phone",
    "PHONE_BUSINESS": "phone",
    "CN_MOBILE": "phone",
    "CREDIT_CARD": "card",
    "IBAN": "iban",
    "US_SSN": "national_id",
    "CN_ID": "national_id",
}
"""Types of labelled spans to the kind that the guard calls them; other types are not looked for."""

Finder = Callable[[str], Sequence[Found]]


class Span(BaseModel):
    """Labelled personal data."""

    type: str
    start: int
    end: int


class Row(BaseModel):
    """A text with all of its personal data labelled."""

    id: str
    source: str
    text: str
    spans: tuple[Span, ...]


@dataclass
class Tally:
    """Counts for one source and type."""

    spans: int = 0
    """Labelled."""
    covered: int = 0
    """Labelled, and wholly inside a finding of the kind: nothing of the value is left."""
    exact: int = 0
    """Labelled, and found from the first to the last character."""
    findings: int = 0
    right: int = 0
    """Findings that touch a labelled span of their kind."""

    @property
    def recall(self) -> float | None:
        """Share of the labelled spans that were covered; ``None`` without any."""
        return self.covered / self.spans if self.spans else None

    @property
    def precision(self) -> float | None:
        """Share of the findings that were right; ``None`` without any."""
        return self.right / self.findings if self.findings else None


@dataclass
class Measured:
    """What was counted over all rows."""

    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)
    """By source and span type; a finding that touches no label counts under its kind's name, such as ``phone``."""
    clean: dict[str, int] = field(default_factory=dict)
    """By source: texts without any labelled span of a kind looked for."""
    alarms: dict[str, int] = field(default_factory=dict)
    """By source: those of the clean texts where something was found."""
    seconds: list[float] = field(default_factory=list)
    """Time of each text."""

    def total(self, source: str | None = None, types: Iterable[str] | None = None) -> Tally:
        """The sum over the sources and span types asked for; all of them by default."""
        wanted = None if types is None else set(types)
        total = Tally()
        for (of_source, of_type), tally in self.tallies.items():
            if source in (None, of_source) and (wanted is None or of_type in wanted):
                for name, count in vars(tally).items():
                    setattr(total, name, getattr(total, name) + count)
        return total

    def false_positive_rate(self, source: str | None = None) -> float | None:
        """Share of the clean texts where something was found; ``None`` where there is no clean text."""
        clean = sum(count for name, count in self.clean.items() if source in (None, name))
        alarms = sum(count for name, count in self.alarms.items() if source in (None, name))
        return alarms / clean if clean else None

    def milliseconds(self) -> tuple[float, float]:
        """Median and 95th percentile of the time that a text takes."""
        return statistics.median(self.seconds) * 1000, statistics.quantiles(self.seconds, n=20)[-1] * 1000


def read_rows(folder: Path) -> list[Row]:
    """All rows of the folder's ``.jsonl`` files. Raises :class:`~evals.jsonl.MalformedData`."""
    return [row for file in sorted(folder.glob("*.jsonl")) for row in read_lines(file, Row)]


def measure(rows: Iterable[Row], find: Finder = find_personal) -> Measured:
    """Compare what ``find`` finds with the labels."""
    measured = Measured()
    for row in rows:
        before = time.perf_counter()
        findings = find(row.text)
        measured.seconds.append(time.perf_counter() - before)
        spans = [span for span in row.spans if span.type in KINDS]
        _count_spans(measured, row.source, spans, findings)
        _count_findings(measured, row.source, spans, findings)
        if not spans:
            measured.clean[row.source] = measured.clean.get(row.source, 0) + 1
            measured.alarms[row.source] = measured.alarms.get(row.source, 0) + bool(findings)
    return measured


def _count_spans(measured: Measured, source: str, spans: Sequence[Span], findings: Sequence[Found]) -> None:
    for span in spans:
        tally = measured.tallies.setdefault((source, span.type), Tally())
        alike = [one for one in findings if one.label == KINDS[span.type]]
        tally.spans += 1
        tally.covered += any(one.start <= span.start and span.end <= one.end for one in alike)
        tally.exact += any((one.start, one.end) == (span.start, span.end) for one in alike)


def _count_findings(measured: Measured, source: str, spans: Sequence[Span], findings: Sequence[Found]) -> None:
    for one in findings:
        touched = [
            span for span in spans if one.label == KINDS[span.type] and one.start < span.end and span.start < one.end
        ]
        tally = measured.tallies.setdefault((source, touched[0].type if touched else one.label), Tally())
        tally.findings += 1
        tally.right += bool(touched)
