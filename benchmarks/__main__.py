"""``make bench``: what an action costs on this machine, next to the same written by hand."""

import argparse
import asyncio
import tempfile
from pathlib import Path

from rich.console import Console

from benchmarks import telling, verification
from benchmarks.actions import Sizes, Turns, measure
from benchmarks.parts import parts
from benchmarks.results import Measured, machine
from benchmarks.tokens import measure_tokens, report_tokens


async def main(sizes: Sizes, turns: Turns) -> Measured:
    """Bring everything up, and measure each way in turns."""
    with tempfile.TemporaryDirectory(prefix="leverframe-bench-") as folder:
        async with parts(Path(folder)) as running:
            ways = await measure(running.bench(), await running.leverframe(), running.by_hand(), sizes, turns)
    return Measured(machine=machine(), in_flight=sizes.in_flight, alone=sizes.alone, load=sizes.load, ways=ways)


parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
parser.add_argument("--alone", type=int, default=Sizes.alone, help="actions measured one after the other")
parser.add_argument("--load", type=int, default=Sizes.load, help="actions for the throughput")
parser.add_argument("--in-flight", type=int, default=Sizes.in_flight, help="of which so many at a time")
parser.add_argument("--waiting", type=int, default=Sizes.waiting, help="actions left waiting, for their memory")
parser.add_argument("--turns", type=Path, help="take turns with other runs that name this file")
parser.add_argument("--json", type=Path, help="write the figures here")
options = parser.parse_args()
found = asyncio.run(main(Sizes(options.alone, options.load, options.in_flight, options.waiting), Turns(options.turns)))
Console(width=120).print(telling.table(found), report_tokens(measure_tokens()), verification.measure())
if options.json:
    options.json.write_text(found.model_dump_json(indent=1) + "\n")
