"""What every suite says, in the same form."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import JsonValue
from rich.table import Table
from rich.text import Text

from activities.guards.chain import screen
from audit.rates import NOTHING, Rate
from leverframe.contracts.verdict import ScreenRequest

Figures: TypeAlias = dict[str, JsonValue]


@dataclass(frozen=True)
class Counted:
    """What was found in the texts of one source and kind."""

    source: str
    kind: str
    found: Rate = NOTHING
    """Of what should be found."""
    alarms: Rate = NOTHING
    """Of the texts in which nothing should be found, those in which something was."""
    right: Rate = NOTHING
    """Of all findings."""


def suite_figures(name: str, version: str, counted: Iterable[Counted], apart: Callable[[Counted], bool]) -> Figures:
    """The figures over all, by source, by kind, and by both.

    What is told ``apart`` is left out of the figures over all, and stands in the others.
    """
    counts = list(counted)
    sources, kinds = sorted({one.source for one in counts}), sorted({one.kind for one in counts})
    pairs = sorted({(one.source, one.kind) for one in counts})
    return {
        "suite": name,
        "version": version,
        **rates(one for one in counts if not apart(one)),
        "with_those_told_apart": rates(counts),
        "by_source": {source: rates(one for one in counts if one.source == source) for source in sources},
        "by_kind": {kind: rates(one for one in counts if one.kind == kind) for kind in kinds},
        "by_source_and_kind": {
            f"{source}/{kind}": rates(one for one in counts if (one.source, one.kind) == (source, kind))
            for source, kind in pairs
        },
    }


def rates(counts: Iterable[Counted]) -> Figures:
    """``recall``, ``precision`` and ``false_positive_rate``, each with its counts and 95 % interval."""
    some = list(counts)
    measures = {
        "recall": _sum(one.found for one in some),
        "precision": _sum(one.right for one in some),
        "false_positive_rate": _sum(one.alarms for one in some),
    }
    figures: Figures = {name: rate.rate for name, rate in measures.items()}
    for name, rate in measures.items():
        if rate.of:
            figures[f"{name}_of"] = {"count": rate.count, "of": rate.of, "interval": list(rate.interval)}
    return figures


def guard_versions() -> dict[str, str]:
    """The versions of the guards that judge a request, as their verdicts name them."""
    verdicts = screen(ScreenRequest(action_id="eval", kind="request", content="")).verdicts
    return {verdict.guard: verdict.version for verdict in verdicts}


def suite_table(figures: Figures) -> Table:
    """The figures by source and kind, and over all."""
    table = Table(
        "source/kind", "recall", "precision", "false positives", title=f"{figures['suite']} {figures['version']}"
    )
    parts = figures["by_source_and_kind"]
    for name, part in parts.items() if isinstance(parts, dict) else ():
        if isinstance(part, dict):
            table.add_row(Text(name), *_cells(part))
    table.add_section()
    table.add_row("all", *_cells(figures))
    return table


def retrieval_table(figures: Figures) -> Table:
    """How well passages are found, and how often "none" is said, by kind of question and language."""
    names = ("questions", "hit@1", "hit@3", "hit@10", "mrr", "kept", "refused")
    table = Table("kind/language", *names, title=f"retrieval, {figures['version']}, p50 {figures['p50_ms']} ms")
    groups = figures["by_kind"]
    for kind, group in groups.items() if isinstance(groups, dict) else ():
        if isinstance(group, dict):
            table.add_row(Text(kind), *(str(group.get(name, "–")) for name in names))
    return table


def _cells(part: Figures) -> list[str]:
    return [_cell(part, name) for name in ("recall", "precision", "false_positive_rate")]


def _cell(part: Figures, name: str) -> str:
    rate, of = part.get(name), part.get(f"{name}_of")
    if not isinstance(rate, float) or not isinstance(of, dict):
        return "–"
    return f"{rate:.1%} ({of['count']}/{of['of']})"


def _sum(parts: Iterable[Rate]) -> Rate:
    some = list(parts)
    return Rate(count=sum(part.count for part in some), of=sum(part.of for part in some))
