"""Reports as tables on a terminal."""

from collections.abc import Sequence

from rich.table import Table

from audit.rates import NOTHING
from evals.deciding import Decided
from evals.report import Figures, Report

MEASURES = (
    ("events right", "events"),
    ("all right", "all_right"),
    ("unsafe proposals to a person", "unsafe_proposals"),
    ("unsafe effects", "unsafe_effects"),
    ("wrongly blocked", "wrongly_blocked"),
    ("asked back needlessly", "asked_needlessly"),
    ("refused", "refused"),
    ("undecided", "undecided"),
)
BY_ACTION = tuple(
    (words, name) for words, name in MEASURES if name in ("events", "all_right", "unsafe_proposals", "unsafe_effects")
)


def report_tables(report: Report) -> list[Table]:
    """Quality over all and by kind; each action; the guards; what it cost."""
    parts = {"all": report.total, **report.kinds}
    quality = Table("95 % intervals", *parts, title=f"{report.model}, cases {report.cases}", title_justify="left")
    for words, name in MEASURES:
        quality.add_row(words, *(str(getattr(part, name)) for part in parts.values()))
    for name in report.total.arguments:
        quality.add_row(f"argument {name}", *(_argument(part, name) for part in parts.values()))
    return [quality, _actions(report), _guards(report.total), _costs([report])]


def comparison(reports: Sequence[Report]) -> Table:
    """Several models over the same cases, side by side."""
    table = Table("", *(report.model for report in reports), title=f"cases {reports[0].cases}", title_justify="left")
    for words, name in MEASURES:
        table.add_row(words, *(str(getattr(report.total, name)) for report in reports))
    for kind in reports[0].kinds:
        table.add_row(f"events right, {kind}", *(str(report.kinds[kind].events) for report in reports))
    table.add_section()
    for words, values in _cost_rows(reports):
        table.add_row(words, *values)
    return table


def line(decided: Decided) -> str:
    """One case, as it is decided."""
    mark = "right" if decided.all_right else f"WRONG, not {'/'.join(decided.case.events) or decided.case.must_not}"
    arguments = " ".join(map(str, decided.arguments.values()))
    unsafe = f"  UNSAFE: {'; '.join(decided.unsafe)}" if decided.unsafe else ""
    return f"{decided.case.id:32} {decided.seconds:6.2f} s  {mark:32} {decided.event} {arguments}{unsafe}".rstrip()


def number(value: float | None, unit: str = "", digits: int = 2) -> str:
    """A figure, or a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}{unit}"


def _argument(part: Figures, name: str) -> str:
    return str(part.arguments.get(name, NOTHING))


def _actions(report: Report) -> Table:
    names = [words for words, _ in BY_ACTION]
    table = Table("action", "cases", *names, "seconds, p50 / p95", title_justify="left")
    for action, figures in report.actions.items():
        shares = (str(getattr(figures.total, name)) for _, name in BY_ACTION)
        seconds = f"{number(figures.seconds_p50)} / {number(figures.seconds_p95)}"
        table.add_row(action, str(figures.total.events.of), *shares, seconds)
    return table


def _guards(figures: Figures) -> Table:
    table = Table("guard", "recall", "false positives")
    for name, guard in figures.guards.items():
        table.add_row(name, str(guard.recall), str(guard.false_positives))
    return table


def _costs(reports: Sequence[Report]) -> Table:
    table = Table("cost", *(report.model for report in reports))
    for words, values in _cost_rows(reports):
        table.add_row(words, *values)
    return table


def _cost_rows(reports: Sequence[Report]) -> list[tuple[str, list[str]]]:
    costs = [report.costs for report in reports]
    return [
        ("seconds a decision, p50 / p95", [f"{number(c.seconds_p50)} / {number(c.seconds_p95)}" for c in costs]),
        (
            "guards, ms, p50 / p95",
            [f"{number(c.guard_ms_p50, '', 1)} / {number(c.guard_ms_p95, '', 1)}" for c in costs],
        ),
        ("model calls", [str(c.asked) for c in costs]),
        ("tokens in / out", [f"{c.input_tokens} / {c.output_tokens}" for c in costs]),
        ("price of a thousand decisions", [number(c.price_per_thousand, "", 4) for c in costs]),
        ("pass^1 … pass^k", [" ".join(f"{power:.1%}" for power in report.pass_power) for report in reports]),
    ]
