"""What the outbox adds to a call that asks something of a system outside: ``python -m benchmarks.outbox``.

The system answers at once, so that what is measured is the database's part. Without the outbox the same call sends its
request and keeps nothing of it.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from unittest.mock import patch

from rich.console import Console
from rich.table import Table
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.auditing import machine
from leverframe.contracts.plan import PlannedCall, Row, RowChange
from leverframe.subject_keys import SubjectKeys
from tests.support.two_customers import Action
from tools import execute, outbox
from tools.base import Arguments, CallContext, Result, Toolbox, tool
from tools.outbox import Outbox, Sent
from tools.outside import Answer, ExternalRequest, Perform, Sending
from tools.scope import ScopedSessions, create_engine
from worker.embedded.postgres import start_postgres
from worker.keys.store import KeyStore
from worker.testing.keys import PAYLOADS


class Letter(Arguments):
    to: str


class Written(Result):
    to: str


@tool("letters.write", effect="destructive")
async def write(call: CallContext, arguments: Letter) -> Written:
    async def look() -> ExternalRequest:
        key: Row = {"to": arguments.to}
        after: Row = {"text": "Your contract has ended."}
        return ExternalRequest("post.letters", key, after, credential="service", safeguard="its key")

    async def perform(sending: Sending) -> Answer:
        return Answer({"id": sending.key})

    await call.ask(look, perform)
    return Written(to=arguments.to)


class Without(Outbox):
    """Sends, and keeps nothing of it."""

    async def send(self, requests: Sequence[tuple[RowChange, Perform]], standing: dict[int, Sent]) -> list[Answer]:
        now = datetime.now(UTC)
        return [await perform(Sending("key", asked, 1, now, now)) for asked, perform in requests]


async def nothing_sent(*_: object) -> dict[int, Sent]:
    return {}


@dataclass(frozen=True)
class Cost:
    """One call."""

    statements: int
    """Statements and commits: each is a way to the database and back."""
    milliseconds: float


async def measure(calls: int) -> tuple[list[Cost], list[Cost]]:
    """Calls without the outbox and with it, taking turns."""
    async with AsyncExitStack() as stack:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leverframe-bench-")))
        postgres = stack.enter_context(start_postgres(state, durable=True))
        tools, keys = create_engine(postgres.tools_url), create_engine(postgres.keys_url)
        for engine in (tools, keys):
            stack.push_async_callback(engine.dispose)
        store = KeyStore(keys, PAYLOADS)
        await store.ensure("0" * 16)
        action = Action(
            ScopedSessions(tools, postgres.scope_key, SubjectKeys(store)),
            id=f"order_cancellation-{'0' * 16}-000000000000",
            tools=Toolbox().add(write),
        )
        kinds: tuple[type[Outbox], ...] = (Without, Outbox)
        found = [[await _run(tools, action, kind, number) for kind in kinds] for number in range(calls + 3)][3:]
        return [first for first, _ in found], [second for _, second in found]


async def _run(engine: AsyncEngine, action: Action, kind: type[Outbox], number: int) -> Cost:
    action = replace(action, id=f"{action.id[:-12]}{number:06d}{kind.__name__.lower():x>6.6}")
    planned = PlannedCall(call="writing", key="writing#1", tool="letters.write", arguments={"to": "Ida Holm"})
    plan = await action.preview(planned)
    statements = 0

    def counted(*_: object) -> None:
        nonlocal statements
        statements += 1

    seen = [(engine.sync_engine, "before_cursor_execute"), (engine.sync_engine, "commit")]
    for where, what in seen:
        event.listen(where, what, counted)
    reading = nothing_sent if kind is Without else outbox.sent
    with patch.object(execute, "Outbox", kind), patch.object(execute, "sent", reading):
        started = time.perf_counter()
        result = await action.run(planned, plan)
        took = time.perf_counter() - started
    for where, what in seen:
        event.remove(where, what, counted)
    if result.status != "succeeded":
        raise RuntimeError(f"the call ended {result.status}: {result.message}")
    return Cost(statements, took * 1000)


def told(without: Sequence[Cost], with_it: Sequence[Cost]) -> Table:
    """Both in the median, and what is added."""
    table = Table(title="A call with one request to a system outside, in the median", caption=machine())
    for column in ("", "ms", "statements and commits"):
        table.add_column(column, justify="right")
    ms = [median(cost.milliseconds for cost in costs) for costs in (without, with_it)]
    count = [median(cost.statements for cost in costs) for costs in (without, with_it)]
    for name, place in (("without outbox", 0), ("with it", 1)):
        table.add_row(name, f"{ms[place]:.1f}", f"{count[place]:.0f}")
    table.add_row("added", f"{ms[1] - ms[0]:.1f}", f"{count[1] - count[0]:.0f}")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.outbox", description=__doc__)
    parser.add_argument("--calls", type=int, default=200)
    Console(width=100).print(told(*asyncio.run(measure(parser.parse_args().calls))))


if __name__ == "__main__":
    main()
