"""What there is to audit, wherever it lies: all tables that tell of actions, the long one read row by row."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields

from pydantic import JsonValue
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from audit.bodies import KeyFate, read_fates
from audit.checks import Mark
from audit.requests import Request, read_requests
from audit.seals.table import read_heads, read_records
from tools.approvals import RecordedDecision, oldest_first, read_decision
from tools.chain import Head, LedgerRow
from tools.ledger import HEADS, LEDGER

ROWS = 2000
"""Rows that the database sends at once."""
MARKS = text("SELECT action_id, table_name, key FROM leverframe.marks(:action)")
COLUMNS = [LEDGER.c[column.name] for column in fields(LedgerRow)]


@dataclass(frozen=True)
class Found:
    """What there is of one action."""

    action_id: str
    entries: Sequence[LedgerRow]
    head: Head | None
    marks: Sequence[Mark]
    decisions: Sequence[RecordedDecision]
    requests: Sequence[Request]


@dataclass(frozen=True)
class Recorded:
    """What there is of one action, or of all."""

    entries: AsyncIterator[LedgerRow]
    """In order, each action's together; read once."""
    heads: Mapping[str, Head]
    marks: Mapping[str, Sequence[Mark]]
    decisions: Mapping[str, Sequence[RecordedDecision]]
    """Oldest first."""
    fates: Mapping[str, KeyFate]
    """By pseudonym."""
    seals: Sequence[JsonValue] = ()
    """Records of seals, in order; not verified."""
    requests: Mapping[str, Sequence[Request]] = field(default_factory=dict)
    """What was asked of systems outside, oldest first."""

    async def actions(self) -> AsyncIterator[Found]:
        """Every action that anything names, once; those without entries come last."""
        left = {*self.heads, *self.marks, *self.requests}
        entries: list[LedgerRow] = []
        async for entry in self.entries:
            if entries and entries[0].action_id != entry.action_id:
                yield self._found(entries[0].action_id, entries)
                entries = []
            left.discard(entry.action_id)
            entries.append(entry)
        if entries:
            yield self._found(entries[0].action_id, entries)
        for action_id in sorted(left):
            yield self._found(action_id, ())

    def _found(self, action_id: str, entries: Sequence[LedgerRow]) -> Found:
        marks, decisions = self.marks.get(action_id, ()), self.decisions.get(action_id, ())
        requests = self.requests.get(action_id, ())
        return Found(action_id, entries, self.heads.get(action_id), marks, decisions, requests)


@asynccontextmanager
async def database(auditor: AsyncEngine, action_id: str | None = None) -> AsyncIterator[Recorded]:
    """What the database holds, of an action or of all; ``auditor`` logs in as the auditor."""
    # One snapshot, so that an action that goes on meanwhile does not look broken.
    async with auditor.connect() as plain:
        connection = await plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        yield Recorded(
            _entries(connection, action_id),
            await _heads(connection, action_id),
            await _marks(connection, action_id),
            await _decisions(connection, action_id),
            await read_fates(connection),
            await read_records(connection) if action_id is None else (),
            await read_requests(connection, action_id),
        )


async def _entries(connection: AsyncConnection, action_id: str | None) -> AsyncIterator[LedgerRow]:
    rows = select(*COLUMNS).order_by(LEDGER.c.action_id, LEDGER.c.seq).execution_options(yield_per=ROWS)
    if action_id is not None:
        rows = rows.where(LEDGER.c.action_id == action_id)
    async with connection.stream(rows) as stream:
        async for part in stream.partitions():
            for row in part:
                yield LedgerRow(*row)


async def _heads(connection: AsyncConnection, action_id: str | None) -> Mapping[str, Head]:
    if action_id is None:
        return await read_heads(connection)
    rows = select(HEADS).where(HEADS.c.action_id == action_id)
    return {row.action_id: Head(row.seq, row.hash) for row in await connection.execute(rows)}


async def _decisions(connection: AsyncConnection, action_id: str | None) -> Mapping[str, Sequence[RecordedDecision]]:
    found: dict[str, list[RecordedDecision]] = defaultdict(list)
    for row in await connection.execute(oldest_first(action_id)):
        found[row.action_id].append(read_decision(row))
    return found


async def _marks(connection: AsyncConnection, action_id: str | None) -> Mapping[str, Sequence[Mark]]:
    marks: dict[str, list[Mark]] = defaultdict(list)
    for action, table, key in await connection.execute(MARKS, {"action": action_id}):
        marks[action].append(Mark(table, key))
    return marks
