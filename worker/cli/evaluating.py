"""What the ``eval`` commands do: reading, running, writing and telling."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer
from pydantic import BaseModel
from rich.progress import Progress

from activities.model_endpoint import ModelEndpoint
from evals.baseline import (
    baseline_path,
    incomparable,
    less_alike,
    read_baseline,
    regressions,
    store,
    store_parity,
    unsafe,
)
from evals.cases import KINDS, Case, case_files, read_cases
from evals.deciding import Decided
from evals.jsonl import MalformedData
from evals.report import Price, Report, report
from evals.running import NoEndpoint, decide_all, parse_endpoint, served
from evals.suites.choice import SUITES, Absent, measure_suite
from evals.suites.figures import Figures, retrieval_table, suite_table
from evals.suites.parity import Parity, parity, parity_table, read_pairs, take_pairs
from evals.tables import comparison, line, report_tables
from leverframe.errors import Undecryptable
from machines.registry import machines
from worker.cli.terminal import EXPECTED, console, errors, run, use_running_stack

MANY = 20
"""Wrong cases that are listed; the report has all."""


@asynccontextmanager
async def embedded(name: str) -> AsyncIterator[tuple[str, str]]:
    """The embedded model's server, for as long as the block lasts: its URL, and what it calls the model."""
    # Only here: the packages of the embedded services are not needed for another endpoint.
    from worker.embedded.model import model_server
    from worker.embedded.weights import DEFAULT_MODEL, fetch_weights

    weights = await asyncio.to_thread(fetch_weights, name or DEFAULT_MODEL)
    with tempfile.TemporaryDirectory() as state:
        async with model_server(weights, Path(state), name=name or DEFAULT_MODEL) as server:
            yield server.base_url, server.name


@dataclass(frozen=True)
class Selection:
    """Which cases, and how often."""

    files: tuple[str, ...]
    actions: tuple[str, ...]
    kinds: tuple[str, ...]
    limit: int
    trials: int
    at_once: int
    verbose: bool

    def cases(self) -> list[Case]:
        """The cases meant; raises :class:`~evals.jsonl.MalformedData` when there are none."""
        if unknown := {*self.kinds} - {*KINDS}:
            raise MalformedData(f"no such kind: {', '.join(sorted(unknown))}; expected some of {', '.join(KINDS)}")
        found = [case for name in self.files or case_files() for case in read_cases(name)]
        if unknown := {*self.actions} - {*machines()}:
            known = ", ".join(sorted(machines()))
            raise MalformedData(f"no such action: {', '.join(sorted(unknown))}; expected some of {known}")
        chosen = [
            case
            for case in found
            if (not self.kinds or case.kind in self.kinds) and (not self.actions or case.action in self.actions)
        ]
        if not chosen:
            raise MalformedData("there is no such case; see evals/cases")
        if open_ones := sum(bool(case.unconfirmed) for case in chosen):
            raise MalformedData(
                f"{open_ones} of these are candidates that nobody has confirmed: python -m worker eval confirm FILE"
            )
        step = max(1, len(chosen) // self.limit) if self.limit else 1
        return chosen[::step][: self.limit or None]


@dataclass(frozen=True)
class Target:
    """A model and its price."""

    endpoint: ModelEndpoint
    price: Price | None
    revision: str = ""
    """Of the model's weights; that of the report."""


@contextmanager
def told() -> Iterator[None]:
    """Tell what went wrong in words, and end with 2: 1 is for figures that are not good enough."""
    try:
        yield
    except (MalformedData, NoEndpoint, Undecryptable, *EXPECTED) as error:
        errors.print(str(error), style="red", markup=False)
        raise typer.Exit(2) from None


def target(where: str, price: str, timeout: float, api_key: str, revision: str = "") -> Target:
    """A model from the command line; raises :class:`~evals.running.NoEndpoint`."""
    return Target(parse_endpoint(where, timeout=timeout, api_key=api_key), _price(price), revision)


def run_one(target: Target, selection: Selection, output: Path | None, against: Path | None, keep: bool) -> list[str]:
    """One model's report; returns what is worse than the baseline, or unsafe."""
    found = run(_report(target, selection))
    console.print(*report_tables(found), sep="\n")
    _list_wrong(found)
    if output:
        _write(output, found.model_dump_json(indent=2))
    path = against or baseline_path(found.model)
    worse = unsafe(found)
    if against or path.exists():
        before = read_baseline(path)
        for what in incomparable(found, before):
            console.print(f"{path}: {what}.", style="yellow", markup=False)
        worse = regressions(found, before)
        console.print(f"Compared with {path}: {'worse' if worse else 'not worse'}.", markup=False)
    for what in worse:
        errors.print(what, style="red", markup=False)
    if keep:
        store(found, baseline_path(found.model))
        console.print(f"Stored as {baseline_path(found.model)}.", markup=False)
    return worse


def run_models(targets: Sequence[Target], selection: Selection, output: Path | None, plot: Path) -> None:
    """Several models' reports side by side."""
    from evals.plot import draw

    # One after the other: on one machine they would slow each other down.
    reports = [run(_report(target, selection)) for target in targets]
    console.print(comparison(reports))
    draw(reports, plot)
    console.print(f"Drawn in {plot}.", markup=False)
    if output:
        _write(output, f"[{','.join(found.model_dump_json(indent=2) for found in reports)}]")


def run_suite(suite: str, data: Path, output: Path | None) -> None:
    """The guards over a folder."""
    if suite not in SUITES:
        raise typer.BadParameter(f"no such suite: {suite}; expected one of {', '.join(SUITES)}")
    try:
        figures: Figures = measure_suite(suite, data, empty_database)
        console.print(retrieval_table(figures) if suite == "retrieval" else suite_table(figures))
    except Absent as absent:
        console.print(f"Skipped: {absent}", markup=False)
        figures = {"suite": suite, "skipped": str(absent)}
    if output:
        _write(output, json.dumps(figures, indent=2))


def run_parity(target: Target, at_once: int, output: Path | None, keep: bool) -> list[str]:
    """Whether whoever asks gets the same proposal; returns where that is less so than in the baseline."""
    model, found = run(_parity(target, at_once))
    console.print(parity_table(found, model))
    for apart in found.apart[:MANY]:
        console.print(apart, markup=False, highlight=False)
    if output:
        _write(output, found.model_dump_json(indent=2))
    path = baseline_path(model)
    worse = less_alike(found, read_baseline(path)) if path.exists() else []
    for what in worse:
        errors.print(what, style="red", markup=False)
    if keep:
        store_parity(found, model, path)
        console.print(f"Stored in {path}.", markup=False)
    return worse


async def _parity(target: Target, at_once: int) -> tuple[str, Parity]:
    pairs = read_pairs()
    async with served(target.endpoint, embedded) as endpoint:
        with Progress(console=errors, transient=True) as progress:
            task = progress.add_task(endpoint.model, total=len({case.id for pair in pairs for case in pair}))
            decided = await take_pairs(pairs, endpoint, at_once, lambda _: progress.advance(task))
        _answered([[one for pair in decided for one in pair]], endpoint)
    return endpoint.model, parity(decided)


@contextmanager
def empty_database() -> Iterator[str]:
    """A database of its own for as long as the block lasts, by its owner's URL."""
    from worker.embedded.postgres import start_postgres

    with (
        tempfile.TemporaryDirectory(prefix="leverframe-eval-") as state,
        start_postgres(Path(state), durable=False) as server,
    ):
        yield server.owner_url


def run_harvest(out: Path) -> None:
    """Candidate cases from the ledger."""
    from evals.harvest import candidates
    from worker.cli.decisions import decided_on

    use_running_stack()
    write_lines(out, candidates(decided_on()), "candidate cases")


def run_export(out: Path) -> None:
    """Training lines from the ledger."""
    from evals.harvest import training_lines
    from worker.cli.decisions import decided_on

    use_running_stack()
    write_lines(out, training_lines(decided_on()), "training lines")


async def _report(target: Target, selection: Selection) -> Report:
    cases = selection.cases()
    async with served(target.endpoint, embedded) as endpoint:
        with Progress(console=errors, transient=True) as progress:
            task = progress.add_task(endpoint.model, total=len(cases) * selection.trials)

            def tell(decided: Decided) -> None:
                progress.advance(task)
                if selection.verbose:
                    console.print(line(decided), markup=False, highlight=False)

            trials = await decide_all(
                cases,
                endpoint,
                trials=selection.trials,
                at_once=selection.at_once,
                progress=tell,
            )
        _answered(trials, endpoint)
    return report(endpoint.model, trials, target.price, target.revision)


def _answered(trials: Sequence[Sequence[Decided]], endpoint: ModelEndpoint) -> None:
    """A server that answers nothing at all makes no report; raises :class:`~evals.running.NoEndpoint`."""
    asked = [decided for trial in trials for decided in trial if decided.asked]
    if asked and not any(decided.usage.input_tokens or decided.event != "undecided" for decided in asked):
        raise NoEndpoint(f"{endpoint.base_url} answered none of {len(asked)} cases: {asked[-1].rationale}")


def _list_wrong(found: Report) -> None:
    wrong = [row for row in found.rows if not row.right]
    for row in wrong[:MANY]:
        arguments = " ".join(str(value) for value in row.arguments.values())
        console.print(f"{row.case}: {row.event} {arguments}, not {row.expected}", markup=False, highlight=False)
    if len(wrong) > MANY:
        console.print(f"… and {len(wrong) - MANY} more; --json has all.")


def _price(text: str) -> Price | None:
    if not text:
        return None
    try:
        read, written = (float(part) for part in text.split("/"))
        return Price(input=read, output=written)
    except ValueError:
        raise NoEndpoint(f"{text!r} is no price; expected two numbers, INPUT/OUTPUT per million tokens") from None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise MalformedData(f"{path}: cannot be written ({error.strerror})") from None


def write_lines(path: Path, lines: Sequence[BaseModel], what: str) -> None:
    """A line of JSON for each; raises :class:`~evals.jsonl.MalformedData` where the file cannot be written."""
    _write(path, "\n".join(one.model_dump_json(exclude_defaults=True) for one in lines))
    console.print(
        f"{len(lines)} {what} in {path}. Read them: names in running text are not always found.", markup=False
    )
