"""The tables and the picture of docs/performance.md, from what was measured: ``python -m benchmarks.page``."""

from collections.abc import Iterable, Mapping, Sequence

from benchmarks import goals, telling
from benchmarks.picture import picture
from benchmarks.results import MEASURED, ROOT, Growth, Machine, Measured

GOALS = ("figure", "before", "now", "goal", "")
PAGE, PICTURE = ROOT / "docs" / "performance.md", ROOT / "docs" / "performance.svg"


def main() -> None:
    """Write what is between the marks anew, and the picture."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    PICTURE.write_text(drawn(), encoding="utf-8")


def filled(page: str) -> str:
    """The page with its tables."""
    for name, lines in tables().items():
        before, mark, rest = page.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- end of {name} -->")
        if not (mark and end):
            raise ValueError(f"{PAGE} has no place for {name}: expected {mark or f'<!-- {name} -->'} and its end")
        page = "\n".join([before + mark, *lines, "", end + after])
    return page


def tables() -> Mapping[str, list[str]]:
    """Each as lines of Markdown."""
    before, now, beside, growth = read()
    waits = [(one.words, *(f"{value:.0f}" for value in _figures(one))) for one in growth.rows]
    grown = ("", "start to waiting, ms", "approval to done, ms", "CPU-ms", "of PostgreSQL", "desk's page, ms")
    return {
        "ways": [*ways(now), "", _told(now)],
        "goals": [
            *table(GOALS, [*goals.rows(before, now), *goals.beside(beside)]),
            "",
            _told(before, "Before"),
        ],
        "peers": [*ways(beside), "", _told(beside)],
        "hostile": table(("the model ...", *beside.hostile), _safety(beside.hostile)),
        "killed": table(("`kill -9` ...", *beside.killed), _safety(beside.killed)),
        "growth": [*table(grown, waits), "", _line("Measured", growth.machine, "")],
    }


def read() -> tuple[Measured, Measured, Measured, Growth]:
    """What lies in ``benchmarks/measured``: before, now, beside the peers, and the growth."""
    before, now, beside = (
        Measured.model_validate_json((MEASURED / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("before", "now", "peers")
    )
    return before, now, beside, Growth.model_validate_json((MEASURED / "growth.json").read_text(encoding="utf-8"))


def ways(found: Measured) -> list[str]:
    """Every figure of every way."""
    return table(("", *found.ways), [(words, *values) for words, values in telling.rows(found)])


def drawn() -> str:
    """The picture."""
    before, now, beside, _ = read()
    bars = {"Leverframe before": before.ways[goals.OURS].cpu_loaded}
    bars |= {name: one.cpu_loaded for name, one in now.ways.items()}
    bars |= {name: one.cpu_loaded for name, one in beside.ways.items() if name not in bars}
    return picture("CPU milliseconds of one action, many in flight", bars)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """In Markdown."""
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def _safety(found: Mapping[str, Mapping[str, str]]) -> list[tuple[str, ...]]:
    tried = next(iter(found.values()), {})
    return [(words, *(cells[words] for cells in found.values())) for words in tried]


def _figures(one: object) -> tuple[float, ...]:
    return tuple(getattr(one, name) for name in ("to_waiting", "to_done", "cpu", "cpu_postgres", "page"))


def _told(found: Measured, when: str = "Measured") -> str:
    return _line(
        when, found.machine, f" {found.alone} actions one at a time, {found.load} with {found.in_flight} in flight."
    )


def _line(when: str, machine: Machine, more: str) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    return f"{when}: {machine.told}; {versions}.{more}"


if __name__ == "__main__":
    main()
