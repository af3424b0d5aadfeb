"""``make bench``: what orchestration costs on this machine."""

import argparse
import asyncio
from pathlib import Path

from rich.console import Console

from benchmarks import verification
from benchmarks.overhead import main

parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
parser.add_argument("--alone", type=int, default=40, help="actions measured one after the other")
parser.add_argument("--load", type=int, default=200, help="actions for the throughput")
parser.add_argument("--in-flight", type=int, default=50, help="of which so many at a time")
parser.add_argument("--json", type=Path, help="write the figures here")
options = parser.parse_args()
asyncio.run(main(options.alone, options.load, options.in_flight, options.json))
Console().print(verification.measure())
