"""The figures as rows: on the screen, and in docs/performance.md."""

from rich.table import Table

from benchmarks.results import Figures, Measured

PART_ORDER = ("client", "workflows", "guards", "llm", "approvals", "tools", "notifications", "key service")
SHARED = ("Temporal", "PostgreSQL", "model")

Row = tuple[str, list[str]]


def rows(measured: Measured) -> list[Row]:
    """Each figure of all ways."""
    ways = list(measured.ways.values())
    many = measured.in_flight
    return [
        ("start to waiting, p50 / p95 ms", [f"{one.to_waiting_p50:.0f} / {one.to_waiting_p95:.0f}" for one in ways]),
        ("approval to done, p50 / p95 ms", [f"{one.to_done_p50:.0f} / {one.to_done_p95:.0f}" for one in ways]),
        (f"actions a second, {many} in flight", [f"{one.per_second:.1f}" for one in ways]),
        ("CPU-ms of an action, one at a time", [f"{sum(one.cpu_alone.values()):.0f}" for one in ways]),
        (f"CPU-ms of an action, {many} in flight", [f"{sum(one.cpu_loaded.values()):.0f}" for one in ways]),
        *((f"· {part}", [_part(one, part) for one in ways]) for part in (*PART_ORDER, *SHARED)),
        ("billable Temporal actions", [f"{one.billable:.0f}" for one in ways]),
        ("activities", [f"{one.activities:.0f}" for one in ways]),
        ("history events", [f"{one.events:.0f}" for one in ways]),
        ("history, kB", [f"{one.kilobytes:.1f}" for one in ways]),
        ("SQL statements", [f"{one.statements:.0f}" for one in ways]),
        ("· without BEGIN, COMMIT and the like", [f"{one.statements_without_frames:.0f}" for one in ways]),
        ("MiB of the workflow worker for a waiting action", [_megabytes(one) for one in ways]),
    ]


def table(measured: Measured) -> Table:
    """All of them, for the screen."""
    found = Table(
        title=f"One cancellation with its refund: {measured.alone} one at a time, {measured.load} in flight",
        caption=measured.machine.told,
    )
    for column in ("", *measured.ways):
        found.add_column(column, justify="right" if column else "left")
    for words, values in rows(measured):
        found.add_row(words, *values)
    return found


def _part(figures: Figures, part: str) -> str:
    """Milliseconds with many in flight; what is written by hand calls its processes by its own names."""
    own = [taken for name, taken in figures.cpu_loaded.items() if name == part or name.endswith(f" {part}")]
    return f"{sum(own):.0f}" if own else "–"


def _megabytes(figures: Figures) -> str:
    return "–" if figures.waiting_megabytes is None else f"{figures.waiting_megabytes:.2f}"
