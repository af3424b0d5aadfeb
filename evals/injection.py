"""How well instructions to the model are found: ``python -m evals.injection DIR [--train FILE] [--json FILE]``."""

import json
import math
import re
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, Self

import typer
from pydantic import BaseModel, model_validator
from rich.console import Console
from rich.table import Table

from activities.guards.injection import VERSION, find_injection
from activities.guards.injection_model import Model
from audit.rates import wilson
from evals.jsonl import read_lines
from evals.train_injection import read_samples, train

BASELINE = re.compile(r"ignore previous|jailbreak", re.IGNORECASE)
PLAIN = "plain_request"
"""How the kinds begin whose texts no words give away; they are left out of the recall over all."""
GOALS_ONLY = "goal_only"
"""Rows of this kind are bare goals and no attack."""

Finder = Callable[["Row"], bool]


@dataclass(frozen=True)
class Row:
    """A text and whether it is an attack."""

    source: str
    kind: str
    attack: bool
    text: str


class Line(BaseModel):
    """What a line of a file holds; one without a label says nothing of attacks and is left out."""

    source: str = ""
    kind: str = ""
    attack: str = ""
    """Which attack it is, in files that name them; then this is the kind."""
    text: str = ""
    label: Literal[0, 1] | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.label is not None and not (self.source and self.text):
            raise ValueError("a labelled text needs its source and its text")
        return self


@dataclass
class Tally:
    """How many texts of one source and kind there are, and how many each finder found."""

    texts: int = 0
    found: dict[str, int] = field(default_factory=dict)

    def rate(self, finder: str) -> float:
        """Share found: the recall where the texts are attacks, else the false-positive rate."""
        return self.found.get(finder, 0) / self.texts if self.texts else math.nan


@dataclass
class Measured:
    """What was counted over all rows."""

    tallies: dict[tuple[bool, str, str], Tally]
    """By whether the texts are attacks, source and kind."""
    seconds: list[float]
    """Time that the guard took for each text."""

    def total(self, *, attack: bool) -> Tally:
        """All attacks but plain requests, or all harmless texts."""
        parts = (
            tally
            for (is_attack, _, kind), tally in self.tallies.items()
            if is_attack == attack and not kind.startswith(PLAIN)
        )
        return add(parts)

    def of_kind(self, *kinds: str) -> Tally:
        """All texts of some kinds."""
        return add(tally for (_, _, kind), tally in self.tallies.items() if kind in kinds)


def add(tallies: Iterable[Tally]) -> Tally:
    """The sum of some tallies."""
    total = Tally()
    for tally in tallies:
        total.texts += tally.texts
        for finder, count in tally.found.items():
            total.found[finder] = total.found.get(finder, 0) + count
    return total


def read_rows(folder: Path) -> list[Row]:
    """The labelled texts of a folder and those below, training texts left out.

    Raises :class:`~evals.jsonl.MalformedData`.
    """
    files = (file for file in sorted(folder.rglob("*.jsonl")) if file.name != "train.jsonl")
    return [row for file in files for row in _rows(file)]


def finders(training: Path | None = None) -> dict[str, Finder]:
    """Name to finder: the guard, what it blocks outright, a plain regex, and what else is installed.

    With training texts also the guard whose classifier was trained without the source of the row.
    """
    found: dict[str, Finder] = {
        "guard": lambda row: bool(find_injection(row.text)),
        "block": lambda row: any(finding.judgement == "block" for finding in find_injection(row.text)),
        "regex": lambda row: BASELINE.search(row.text) is not None,
    }
    try:
        from aicordon import picket  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        pass
    else:
        package = picket.load()
        found["picket"] = lambda row: bool(package.check(row.text).flagged)
    if training:
        models = _models_without_a_source(training)
        found["left out"] = lambda row: bool(find_injection(row.text, classifier=models.get(row.source)))
    return found


def measure(rows: Sequence[Row], by: dict[str, Finder] | None = None) -> Measured:
    """Let all finders judge all rows."""
    by = by or finders()
    measured = Measured({}, [])
    for row in rows:
        tally = measured.tallies.setdefault((row.attack, row.source, row.kind), Tally())
        tally.texts += 1
        before = time.perf_counter()
        find_injection(row.text)
        measured.seconds.append(time.perf_counter() - before)
        for name, finder in by.items():
            tally.found[name] = tally.found.get(name, 0) + finder(row)
    return measured


def figures(measured: Measured) -> dict[str, object]:
    """The guard's ``recall``, ``precision`` and ``false_positive_rate``, and the rates per source and kind."""
    attacks, harmless = measured.total(attack=True), measured.total(attack=False)
    hits, alarms = attacks.found.get("guard", 0), harmless.found.get("guard", 0)
    parts: dict[bool, dict[str, object]] = {True: {}, False: {}}
    for (attack, source, kind), tally in sorted(measured.tallies.items()):
        count = tally.found.get("guard", 0)
        interval = wilson(count, tally.texts)
        parts[attack][f"{source}/{kind}"] = {"rate": tally.rate("guard"), "texts": tally.texts, "interval": interval}
    return {
        "version": VERSION,
        "recall": attacks.rate("guard"),
        "precision": hits / (hits + alarms) if hits + alarms else None,
        "false_positive_rate": harmless.rate("guard"),
        "recall_of": parts[True],
        "false_positive_rate_of": parts[False],
        "milliseconds_median": statistics.median(measured.seconds) * 1000,
    }


def main(
    data: Path,
    training: Annotated[Path | None, typer.Option("--train", help="Also leave out each source of this file.")] = None,
    output: Annotated[Path | None, typer.Option("--json", help="Write the guard's figures here.")] = None,
) -> None:
    """Measure the injection guard over the labelled texts below DATA, next to a plain regex."""
    by = finders(training)
    measured = measure(read_rows(data), by)
    _print_table(measured, list(by))
    if output:
        output.write_text(json.dumps(figures(measured), indent=2) + "\n", "utf-8")


def _rows(file: Path) -> Iterator[Row]:
    for line in read_lines(file, Line):
        kind = line.attack or line.kind or file.stem
        if line.label is not None and kind != GOALS_ONLY:
            yield Row(line.source, kind, bool(line.label), line.text)
        elif file.stem == "retail_hard_negatives":
            yield Row(line.source, "retail", attack=False, text=line.text)


def _models_without_a_source(training: Path) -> dict[str, Model]:
    samples = read_samples(training)
    sources = {sample.source for sample in samples if sample.attack}
    return {source: train([sample for sample in samples if sample.source != source]) for source in sources}


def _print_table(measured: Measured, names: list[str]) -> None:
    table = Table("texts", "source", "kind", "n", *names)
    for (attack, source, kind), tally in sorted(measured.tallies.items(), key=lambda item: (not item[0][0], item[0])):
        table.add_row("attack" if attack else "harmless", source, kind, *_cells(tally, names))
    table.add_section()
    table.add_row("attack", "all but plain requests", "", *_cells(measured.total(attack=True), names))
    table.add_row("harmless", "all", "", *_cells(measured.total(attack=False), names))
    console = Console(width=160)
    console.print(table)
    median, late = statistics.median(measured.seconds), statistics.quantiles(measured.seconds, n=20)[-1]
    console.print(f"rules {VERSION}; time of a text: median {median * 1000:.2f} ms, p95 {late * 1000:.1f} ms")


def _cells(tally: Tally, names: list[str]) -> list[str]:
    return [str(tally.texts), *(f"{tally.rate(name):6.1%}" for name in names)]


if __name__ == "__main__":
    typer.run(main)
