"""``make bench-peers``: the same job in programs of other frameworks on Temporal, for speed and for safety."""

import argparse
import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import telling
from benchmarks.actions import Sizes, Turns, measure
from benchmarks.parts import parts
from benchmarks.peers.programs import PEERS, left_out, programs, ways
from benchmarks.peers.safety import OURS, Cells, tried
from benchmarks.results import Measured, machine
from benchmarks.ways import Way


async def main(folder: Path, names: Sequence[str], sizes: Sizes, safety: bool) -> Measured:
    """All ways in turns; then safety, which no figure is taken beside."""
    found: dict[str, tuple[Cells, Cells]] = {}
    with tempfile.TemporaryDirectory(prefix="leverframe-bench-") as state:
        async with parts(Path(state)) as running, programs(folder, running) as served:
            async with ways(names, served, running) as (remotes, processes):
                bench = running.bench(processes)
                others: list[Way] = [*running.by_hand(), *remotes]
                measured = await measure(bench, await running.leverframe(), others, sizes, Turns())
            for name in (OURS, *names) if safety else ():
                found[name] = await tried(name, served)
    return Measured(
        machine=machine(),
        in_flight=sizes.in_flight,
        alone=sizes.alone,
        load=sizes.load,
        ways=measured,
        hostile={name: cells for name, (cells, _) in found.items()},
        killed={name: cells for name, (_, cells) in found.items()},
    )


def safety_table(title: str, found: Mapping[str, Cells]) -> Table:
    """A row for each thing that was tried."""
    table = Table("", *found, title=title, show_lines=True)
    for words in next(iter(found.values()), {}):
        table.add_row(words, *(cells[words] for cells in found.values()))
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--programs", type=Path, required=True, help="the folder of the peers' programs")
    parser.add_argument("--alone", type=int, default=20, help="actions measured one after the other")
    parser.add_argument("--load", type=int, default=100, help="actions for the throughput")
    parser.add_argument("--in-flight", type=int, default=Sizes.in_flight, help="of which so many at a time")
    parser.add_argument("--only-speed", action="store_true", help="leave out what a hostile model and kills come to")
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    console, missing = Console(width=160), left_out(options.programs.resolve())
    for name, why in missing.items():
        console.print(f"{name} is left out: {why}", highlight=False, soft_wrap=True)
    if names := [name for name in PEERS if name not in missing]:
        sizes = Sizes(options.alone, options.load, options.in_flight, waiting=50)
        found = asyncio.run(main(options.programs.resolve(), names, sizes, not options.only_speed))
        console.print(telling.table(found))
        if found.hostile:
            console.print(safety_table("A hostile model: what became of the orders", found.hostile))
            console.print(safety_table("kill -9: what became of cancellation and refund", found.killed))
        if options.json:
            options.json.write_text(found.model_dump_json(indent=1) + "\n")
