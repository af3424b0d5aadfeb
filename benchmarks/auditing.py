"""What auditing 10,000 completed actions takes: ``python -m benchmarks.auditing``.

A fresh embedded PostgreSQL is filled with real entries, chained and sealed by the product's own functions; then the
auditor's commands run as they would anywhere, each in a process of its own, whose time and memory are printed.
"""

import argparse
import asyncio
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, fields
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table
from sqlalchemy import make_url

from benchmarks.completed import DAYS, FIRST, Completed, completed
from leverframe.pseudonym import Pseudonyms
from leverframe.subject_keys import SubjectKeys
from tests.keys import PAYLOADS, SEALS, SEALS_RING
from tools.approvals import RecordedDecision
from tools.chain import Head, LedgerRow, link
from tools.scope import create_engine
from tools.sealing import Bodies
from worker.codec_server import serving
from worker.embedded.postgres import start_postgres
from worker.key_service import KeyServer
from worker.key_store import KeyStore
from worker.own_secrets import without_secrets

PSEUDONYMS = Pseudonyms(b"a benchmark's key, 16 bytes")
CHUNK = 500
"""Actions that are written at a time."""
LEDGER = ("action_id", "seq", "key", "kind", "role", "at", "body", "trace_id", "prev_hash", "hash")
APPROVALS = tuple(field.name for field in fields(RecordedDecision))


@dataclass(frozen=True)
class Figures:
    """What one command took."""

    command: str
    seconds: float
    cpu: float
    """Of these, seconds in which its process computed; the rest it waited, also for others on a busy machine."""
    megabytes: float
    """Most memory that its process had at a time (``ru_maxrss``)."""
    said: str
    """Its last line."""


def fill_part(owner_url: str, keys_url: str, numbers: range, people: int) -> int:
    """Write these actions; returns how many entries they have. In a process of its own, for the sake of speed."""
    return asyncio.run(_fill(owner_url, keys_url, numbers, people))


async def _fill(owner_url: str, keys_url: str, numbers: range, people: int) -> int:
    engine = create_engine(keys_url)
    bodies, entries = Bodies(SubjectKeys(KeyStore(engine, PAYLOADS))), 0
    url = make_url(owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        # The triggers ask for a scope that only a running action has; what they would check is made by hand below.
        connection.execute("SET session_replication_role = replica")
        for start in range(0, len(numbers), CHUNK):
            actions = [
                completed(
                    PSEUDONYMS.action_id("order_cancellation", f"customer {number % people}", str(number)), number
                )
                for number in numbers[start : start + CHUNK]
            ]
            rows = [await _chained(bodies, action) for action in actions]
            _copy(connection, actions, rows)
            connection.commit()
            entries += sum(map(len, rows))
    await engine.dispose()
    return entries


async def _chained(bodies: Bodies, action: Completed) -> list[LedgerRow]:
    stored = [
        entry.model_copy(update={"body": (await bodies.seal(action.action_id, entry.key, entry.kind, entry.body)).body})
        for entry in action.entries
    ]
    return link(Head(), action.action_id, stored, secrets.token_hex(16))


def _copy(connection: psycopg.Connection, actions: list[Completed], rows: list[list[LedgerRow]]) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY leverframe.ledger ({', '.join(LEDGER)}) FROM STDIN") as copy,
    ):
        for row in (row for chain in rows for row in chain):
            values = {name: getattr(row, name) for name in LEDGER} | {"body": json.dumps(row.body)}
            copy.write_row([values[name] for name in LEDGER])
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY leverframe.ledger_heads (action_id, seq, hash) FROM STDIN") as copy,
    ):
        for chain in rows:
            copy.write_row([chain[-1].action_id, chain[-1].seq, chain[-1].hash])
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY leverframe.approvals ({', '.join(APPROVALS)}) FROM STDIN") as copy,
    ):
        for action in actions:
            copy.write_row([getattr(action.decision, name) for name in APPROVALS])


def measured(arguments: list[str], environment: dict[str, str]) -> Figures:
    """Run a command of ``python -m worker`` to its end."""
    with tempfile.TemporaryFile("w+") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "worker", *arguments], env=environment, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().strip().splitlines() or [""]
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {process.returncode}: {said[-1]}")
    return Figures(
        " ".join(arguments).partition(" --out")[0],
        seconds,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
        said[-1],
    )


async def measure(actions: int, people: int) -> tuple[float, int, list[Figures]]:
    """Seconds that filling took, the number of entries, and what each command took."""
    token = secrets.token_hex(16)
    async with AsyncExitStack() as stack:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leverframe-bench-")))
        postgres = stack.enter_context(start_postgres(state, durable=False))
        started = time.perf_counter()
        entries = await asyncio.to_thread(_fill_all, postgres.owner_url, postgres.keys_url, actions, people)
        filled = time.perf_counter() - started
        engine = create_engine(postgres.keys_url)
        stack.push_async_callback(engine.dispose)
        app = KeyServer(KeyStore(engine, PAYLOADS), token).app()
        address = await stack.enter_async_context(serving(app, "127.0.0.1", 0))
        environment = os.environ | {
            "LEVERFRAME_STATE_DIR": str(state / "auditor"),
            "LEVERFRAME_AUDITOR_DATABASE_URL": postgres.auditor_url,
            "LEVERFRAME_KEY_SERVICE_URL": address,
            "LEVERFRAME_KEY_SERVICE_TOKEN": token,
            "LEVERFRAME_SEAL_PUBLIC_KEYS": str(SEALS.public),
        }
        sealer = without_secrets(os.environ) | {
            "LEVERFRAME_SEALER_DATABASE_URL": postgres.sealer_url,
            "LEVERFRAME_SEAL_KEYS": SEALS_RING,
        }
        last = FIRST.date().replace(day=DAYS)
        period = ["report", "--from", str(FIRST.date()), "--to", str(last), "--out", str(state / "period.html")]
        audit = ["audit", "--all", "--seals"]
        figures = [
            await asyncio.to_thread(measured, arguments, given)
            for arguments, given in ((["seal"], sealer), (period, environment), (audit, environment))
        ]
    return filled, entries, figures


def _fill_all(owner_url: str, keys_url: str, actions: int, people: int) -> int:
    cores = min(os.cpu_count() or 1, 4)
    with ProcessPoolExecutor(cores) as pool:
        parts = [pool.submit(fill_part, owner_url, keys_url, range(n, actions, cores), people) for n in range(cores)]
        total = sum(part.result() for part in parts)
    url = make_url(owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return total


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.auditing", description=__doc__)
    parser.add_argument("--actions", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=2_500, help="whom the actions are about, each with a key")
    options = parser.parse_args()
    filled, entries, figures = asyncio.run(measure(options.actions, options.people))
    table = Table(
        title=f"{options.actions:,} actions of {options.people:,} people, {entries:,} entries, "
        f"filled in {filled:.0f} s ({os.cpu_count()} cores)"
    )
    for column in ("command", "seconds", "CPU seconds", "peak MB"):
        table.add_column(column, justify="left" if column == "command" else "right")
    for one in figures:
        table.add_row(one.command, f"{one.seconds:.1f}", f"{one.cpu:.1f}", f"{one.megabytes:.0f}")
    Console(width=120).print(table)
    for one in figures:
        Console().print(one.said, highlight=False)


if __name__ == "__main__":
    main()
