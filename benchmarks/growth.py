"""Whether an action, or the desk's page, takes longer the more there is: ``python -m benchmarks.growth``.

The ledger's rows are an action's own, copied under other ids by SQL: their chains would not stand an audit, and an
action that runs reads none of them but its own. What waits has the search attributes of actions, and nobody serves
it, but for the actions on the desk's first page: those say what they would do.
The operators are entries of the directory.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from uuid import uuid4

import httpx2
import psycopg
from rich.console import Console
from rich.table import Table
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from benchmarks.actions import Bench, Block, Turns, block, left_waiting, seed
from benchmarks.parts import Parts, parts
from benchmarks.patience import Patience
from benchmarks.results import Grown, Growth, machine
from benchmarks.ways import ACTION, Played
from desk.inbox.desk import Desk
from desk.web.app import WebDesk
from desk.web.invitations import Invitations
from desk.web.listing import PAGE
from desk.web.serving import serving
from desk.web.sessions import SignedIn
from leverframe.contracts import names
from leverframe.operators import Operators
from tools.approvals import RecordedDecision
from tools.chain import Head, LedgerRow
from worker.keys.first_operator import entry
from worker.keys.rings import new_signing_key

ROLE, READER = "support", "olga"
COPIED = {
    "ledger": tuple(field.name for field in fields(LedgerRow)),
    "ledger_heads": ("action_id", *(field.name for field in fields(Head) if field.name in ("seq", "hash"))),
    "approvals": tuple(field.name for field in fields(RecordedDecision)),
}
"""What an action leaves, by table."""
WARM = 3


async def measure(
    running: Parts, entries: Sequence[int], waiting: int, operators: int, actions: int, turns: Turns
) -> list[Grown]:
    """First as new, then with ever more."""
    bench, ours = running.bench(), await running.leverframe()
    customers = await seed(bench, WARM + PAGE + actions * (len(entries) + 3))
    patience, last = Patience(), Block()
    with directory(running).open("a") as file:
        file.write(entry(READER, [ROLE], new_signing_key()[1]) + f'accounts = ["{READER}"]\n')
    await block(bench, ours, customers, WARM, 1, patience, last)
    await left_waiting(ours, [customers.pop() for _ in range(PAGE)])

    async def looked(words: str) -> Grown:
        found = Block()
        async with turns.one():
            await block(bench, ours, customers, actions, 1, patience, found)
            return _row(words, found, await page(running, ours))

    rows = [await looked("as new")]
    for number in entries:
        there = await asyncio.to_thread(copy_entries, bench, last.runs[-1].id, number)
        rows.append(await looked(f"{there:,} entries in the ledger"))
    await leave_waiting(running.stack.client, waiting)
    rows.append(await looked(f"and {waiting:,} actions that wait"))
    with directory(running).open("a") as file:
        file.write(people(operators))
    return [*rows, await looked(f"and {operators:,} operators")]


def _row(words: str, found: Block, seconds: float) -> Grown:
    each = found.each()
    return Grown(
        words=words,
        to_waiting=1000 * median(run.to_waiting for run in found.runs),
        to_done=1000 * median(run.to_done for run in found.runs),
        cpu=sum(each.values()),
        cpu_postgres=each["PostgreSQL"],
        page=1000 * seconds,
    )


def copy_entries(bench: Bench, action_id: str, entries: int) -> int:
    """Copies of an action's rows until the ledger has at least so many; returns how many it has."""
    with psycopg.connect(bench.owner, autocommit=True) as connection:
        # The triggers ask for a scope that only a running action has.
        connection.execute("SET session_replication_role = replica")
        there, own = (
            connection.execute(f"SELECT count(*) FROM leverframe.ledger WHERE {which}").fetchall()[0][0]
            for which in ("true", f"action_id = '{action_id}'")
        )
        copies, mark = -(-max(0, entries - there) // own), uuid4().hex[:8]
        for table, columns in COPIED.items():
            # Nothing of the database's own cleaning is to fall into what is measured next.
            connection.execute(f"ALTER TABLE leverframe.{table} SET (autovacuum_enabled = off)".encode())
            rest = ", ".join(column for column in columns if column != "action_id")
            connection.execute(
                f"INSERT INTO leverframe.{table} (action_id, {rest}) SELECT action_id || '{mark}' || n, {rest}"
                f" FROM leverframe.{table}, generate_series(1, {copies}) AS n WHERE action_id = '{action_id}'".encode()
            )
        connection.execute("VACUUM (FREEZE, ANALYZE)")
        connection.execute("CHECKPOINT")
        return int(there + copies * own)


async def leave_waiting(client: Client, number: int) -> None:
    """They wait for a role, later than what is measured."""
    gate, later = asyncio.Semaphore(64), datetime.now(UTC) + timedelta(days=9)

    async def start(one: int) -> None:
        pairs = [
            SearchAttributePair(names.ACTION, ACTION),
            SearchAttributePair(names.AWAITING, ROLE),
            SearchAttributePair(names.STATE, "confirming"),
        ]
        attributes = TypedSearchAttributes(
            [*pairs, SearchAttributePair(names.DEADLINE, later + timedelta(seconds=one))]
        )
        action_id = f"{ACTION}-{uuid4().hex[:16]}-{one:012}"
        async with gate:
            await client.start_workflow(ACTION, id=action_id, task_queue="nobody", search_attributes=attributes)

    await asyncio.gather(*map(start, range(number)))
    query = f"{names.AWAITING.name} = '{ROLE}' AND TaskQueue = 'nobody'"
    while (await client.count_workflows(query)).count < number:
        await asyncio.sleep(0.5)


def directory(running: Parts) -> Path:
    """The operators' directory of the stack."""
    (found,) = running.stack.state_dir.glob("operators.*.toml")
    return found


def people(number: int) -> str:
    """Entries of a directory, each with a key."""
    return "".join(entry(f"clerk_{one:05}", [ROLE], new_signing_key()[1]) for one in range(number))


async def page(running: Parts, ours: Played) -> float:
    """Seconds in which an operator's page of what waits is there; the median of three."""
    took = []
    async with desk(running, ours.client) as (browser, cookie):
        for _ in range(3):
            started = time.perf_counter()
            (await browser.get(f"/?role={ROLE}", headers=cookie)).raise_for_status()
            took.append(time.perf_counter() - started)
    return median(took)


@asynccontextmanager
async def desk(running: Parts, client: Client) -> AsyncIterator[tuple[httpx2.AsyncClient, dict[str, str]]]:
    """The desk in this process, and somebody who is signed in to it."""
    operators = await asyncio.to_thread(Operators.load, directory(running), "claimed")
    invitations = Invitations(running.stack.state_dir / "invitations")
    web = WebDesk(Desk(client), lambda: operators, invitations, site="http://localhost")
    cookie = {"Cookie": f"desk={web.sessions.begin(SignedIn(READER, READER))}"}
    async with (
        serving(web.app(), "127.0.0.1", 0) as port,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as browser,
    ):
        yield browser, cookie


def table(found: Growth) -> Table:
    """All of them, for the screen."""
    told = Table(title="An action, and the desk's page, by how much there is", caption=found.machine.told)
    for column in ("", "to waiting, ms", "to done, ms", "CPU-ms", "of PostgreSQL", "desk's page, ms"):
        told.add_column(column, justify="right" if column else "left")
    for row in found.rows:
        figures = (row.to_waiting, row.to_done, row.cpu, row.cpu_postgres, row.page)
        told.add_row(row.words, *(f"{one:.0f}" for one in figures))
    return told


async def main(entries: Sequence[int], waiting: int, operators: int, actions: int, turns: Turns) -> Growth:
    """Bring everything up, and measure."""
    with tempfile.TemporaryDirectory(prefix="leverframe-bench-") as folder:
        async with parts(Path(folder)) as running:
            rows = await measure(running, entries, waiting, operators, actions, turns)
    return Growth(machine=machine(), rows=rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--entries", type=int, nargs="+", default=[100_000, 1_000_000], help="in the ledger")
    parser.add_argument("--waiting", type=int, default=10_000, help="actions that wait for a person")
    parser.add_argument("--operators", type=int, default=3_000, help="in the directory")
    parser.add_argument("--actions", type=int, default=20, help="measured at each step")
    parser.add_argument("--turns", type=Path, help="take turns with others that name this file")
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    turns = Turns(options.turns)
    found = asyncio.run(main(options.entries, options.waiting, options.operators, options.actions, turns))
    Console(width=120).print(table(found))
    if options.json:
        options.json.write_text(found.model_dump_json(indent=1) + "\n")
