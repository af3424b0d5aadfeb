"""What auditing 10,000 completed actions takes: ``python -m benchmarks.auditing``.

A fresh embedded PostgreSQL is filled with real entries, chained and sealed by the product's own functions, of people
who each have a key, as in a shop where most buy once; then the auditor's commands run as they would anywhere, against
that database and a key service, each in a process of its own. Exits with 1 when the audit and the report together take
longer than they may, or one of them more memory.
"""

import argparse
import asyncio
import os
import platform
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from rich.console import Console
from rich.table import Table

from benchmarks.commands import Figures, measured
from benchmarks.completed import DAYS, FIRST
from benchmarks.filling import fill
from tools.scope import create_engine
from worker.codec.server import serving
from worker.embedded.postgres import start_postgres
from worker.keys.service import KeyServer
from worker.keys.store import KeyStore
from worker.roles.own_secrets import without_secrets
from worker.testing.keys import PAYLOADS, SEALS, SEALS_RING

ACTIONS, PEOPLE = 10_000, 8_000
SECONDS, MEGABYTES = 30.0, 500.0
"""What the audit of all and the period's report may take: together, from start to end; and each, at its peak."""


@dataclass(frozen=True)
class Measured:
    """What was measured."""

    entries: int
    filled: float
    """Seconds that filling took."""
    seal: Figures
    audit: Figures
    report: Figures

    @property
    def together(self) -> float:
        """Seconds of the audit and the report."""
        return self.audit.seconds + self.report.seconds

    @property
    def peak(self) -> float:
        """Megabytes of the larger of the two."""
        return max(self.audit.megabytes, self.report.megabytes)


async def measure(actions: int, people: int) -> Measured:
    """Fill a database of its own, and run the commands on it."""
    token = secrets.token_hex(16)
    async with AsyncExitStack() as stack:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leverframe-bench-")))
        postgres = stack.enter_context(start_postgres(state, durable=False))
        started = time.perf_counter()
        entries = await asyncio.to_thread(fill, postgres.owner_url, postgres.keys_url, actions, people)
        filled = time.perf_counter() - started
        engine = create_engine(postgres.keys_url)
        stack.push_async_callback(engine.dispose)
        app = KeyServer(KeyStore(engine, PAYLOADS), token).app()
        auditor = without_secrets(os.environ) | {
            "LEVERFRAME_STATE_DIR": str(state / "auditor"),
            "LEVERFRAME_AUDITOR_DATABASE_URL": postgres.auditor_url,
            "LEVERFRAME_KEY_SERVICE_URL": await stack.enter_async_context(serving(app, "127.0.0.1", 0)),
            "LEVERFRAME_KEY_SERVICE_TOKEN": token,
            "LEVERFRAME_SEAL_PUBLIC_KEYS": str(SEALS.public),
        }
        sealer = without_secrets(os.environ) | {
            "LEVERFRAME_SEALER_DATABASE_URL": postgres.sealer_url,
            "LEVERFRAME_SEAL_KEYS": SEALS_RING,
        }
        period = ["--from", str(FIRST.date()), "--to", str(FIRST.date().replace(day=DAYS))]
        return Measured(
            entries,
            filled,
            await asyncio.to_thread(measured, ["seal"], sealer),
            await asyncio.to_thread(measured, ["audit", "--all", "--seals"], auditor),
            await asyncio.to_thread(measured, ["report", *period, "--out", str(state / "period.html")], auditor),
        )


def beyond(found: Measured, seconds: float, megabytes: float) -> Sequence[str]:
    """Each limit that was not kept, in words."""
    missed = []
    if found.together > seconds:
        missed.append(f"the audit and the report took {found.together:.1f} s together, and may take {seconds:g} s")
    if found.peak > megabytes:
        missed.append(f"one of them had {found.peak:.0f} MB, and may have {megabytes:g} MB")
    return missed


def told(found: Measured, actions: int, people: int) -> Table:
    """All figures."""
    table = Table(
        title=f"{actions:,} actions of {people:,} people, {found.entries:,} entries, filled in {found.filled:.0f} s",
        caption=machine(),
    )
    for column in ("command", "seconds", "CPU seconds", "peak MB", "load"):
        table.add_column(column, justify="left" if column == "command" else "right")
    for one in (found.seal, found.audit, found.report):
        figures = (f"{one.seconds:.1f}", f"{one.cpu:.1f}", f"{one.megabytes:.0f}", f"{one.load:.1f}")
        table.add_row(one.command, *figures)
    cpu = found.audit.cpu + found.report.cpu
    table.add_row("audit and report", f"{found.together:.1f}", f"{cpu:.1f}", f"{found.peak:.0f}", "", style="bold")
    return table


def machine() -> str:
    """What it was measured on."""
    memory = psutil.virtual_memory().total / 2**30
    return f"{platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.auditing", description=__doc__)
    parser.add_argument("--actions", type=int, default=ACTIONS)
    parser.add_argument("--people", type=int, default=PEOPLE, help="whom the actions are about, each with a key")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="that audit and report may take together")
    parser.add_argument("--megabytes", type=float, default=MEGABYTES, help="that each of them may have")
    options = parser.parse_args()
    found = asyncio.run(measure(options.actions, options.people))
    console = Console(width=120)
    console.print(told(found, options.actions, options.people))
    for one in (found.seal, found.audit, found.report):
        console.print(one.said, highlight=False, soft_wrap=True)
    if missed := beyond(found, options.seconds, options.megabytes):
        sys.exit(f"Too much: {'; '.join(missed)}.")
    console.print(f"Within {options.seconds:g} s together and {options.megabytes:g} MB each.", highlight=False)


if __name__ == "__main__":
    main()
