"""Append to the ledger, within a transaction in the action's scope.

Bodies go in and come out in plain text; what is stored is sealed where the session has the people's keys.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import Column, Integer, MetaData, Table, Text, bindparam, case, column, func, insert, or_, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from leverframe.contracts.entries import Effected, Started
from leverframe.contracts.ledger import LedgerEntry
from tools.chain import Head, link, storable_body
from tools.errors import LedgerConflict
from tools.scope import bodies, lock_action

METADATA = MetaData(schema="leverframe")
LEDGER = Table(
    "ledger",
    METADATA,
    *(Column(name, Text) for name in ("action_id", "key", "kind", "role", "at", "trace_id", "prev_hash", "hash")),
    Column("seq", Integer),
    Column("body", JSONB),
)
ROWS = (
    func.jsonb_to_recordset(bindparam("rows", type_=JSONB))
    .table_valued(*(column(each.name, each.type) for each in LEDGER.c), name="entry")
    .render_derived(with_types=True)
)
APPEND = insert(LEDGER).from_select([each.name for each in LEDGER.c], select(*ROWS.c).order_by(ROWS.c.seq))
"""One statement, however many entries there are; the database links each to the one before."""
SET_SALT = text("SELECT set_config('leverframe.salt', :salt, true)")
HEADS = Table("ledger_heads", METADATA, Column("action_id", Text), Column("seq", Integer), Column("hash", Text))


def effect_key(key: str) -> str:
    """The key under which a call's effect is recorded; the database demands it of whatever a call commits."""
    return f"effect:{key}"


async def effects_of(session: AsyncSession, action_id: str, keys: Sequence[str]) -> dict[str, Effected]:
    """What those of the calls have done that have been run, by their keys; raises Malformed and Undecryptable."""
    entry, names = LEDGER.c, {effect_key(key): key for key in keys}
    found = select(entry.key, entry.body).where(entry.action_id == action_id, entry.key.in_(names))
    return {
        names[row.key]: await _effected(session, action_id, row.key, row.body) for row in await session.execute(found)
    }


async def effects(session: AsyncSession, action_id: str) -> list[tuple[datetime, Effected]]:
    """When each call of the action was run, and what it did, oldest first; raises Malformed and Undecryptable."""
    entry = LEDGER.c
    found = select(entry.at, entry.key, entry.body).where(entry.action_id == action_id, entry.kind == Effected.kind)
    return [
        (datetime.fromisoformat(row.at), await _effected(session, action_id, row.key, row.body))
        for row in await session.execute(found.order_by(entry.seq))
    ]


async def started(session: AsyncSession, action_id: str) -> list[Started]:
    """How the action was begun; nothing where that is not recorded yet. Raises Malformed and Undecryptable."""
    entry = LEDGER.c
    found = select(entry.key, entry.body).where(entry.action_id == action_id, entry.kind == Started.kind)
    return [
        Started.read(await bodies(session).unseal(action_id, row.key, Started.kind, row.body))
        for row in await session.execute(found)
    ]


async def _effected(session: AsyncSession, action_id: str, key: str, body: dict[str, JsonValue]) -> Effected:
    return Effected.read(await bodies(session).unseal(action_id, key, Effected.kind, body))


async def append(session: AsyncSession, action_id: str, entries: Sequence[LedgerEntry], trace_id: str) -> int:
    """Append the entries whose key does not stand yet, in order; returns how many.

    Raises :class:`~tools.errors.LedgerConflict` when a key stands with something else, and KeyDestroyed for a person
    who was erased.
    """
    await lock_action(session)
    fresh, head = await _unrecorded(session, action_id, entries)
    if fresh:
        stored = [await _sealed(session, action_id, entry) for entry in fresh]
        rows = link(head, action_id, stored, trace_id)
        await session.execute(APPEND, {"rows": [asdict(row) for row in rows]})
    return len(fresh)


async def _sealed(session: AsyncSession, action_id: str, entry: LedgerEntry) -> LedgerEntry:
    sealed = await bodies(session).seal(action_id, entry.key, entry.kind, storable_body(entry.body))
    if sealed.salt is not None:
        # With it the database seals what it saw change, and compares: the commit stands or falls with that.
        await session.execute(SET_SALT, {"salt": sealed.salt})
    return entry.model_copy(update={"body": sealed.body})


async def _unrecorded(
    session: AsyncSession, action_id: str, entries: Sequence[LedgerEntry]
) -> tuple[list[LedgerEntry], Head]:
    """Those whose key does not stand yet, and what they follow."""
    entry = LEDGER.c
    standing = entry.key.in_([one.key for one in entries])
    newest = select(func.max(entry.seq)).where(entry.action_id == action_id).scalar_subquery()
    body = case((standing, entry.body)).label("body")
    found = select(entry.seq, entry.hash, entry.key, entry.kind, entry.role, body).where(
        entry.action_id == action_id, or_(entry.seq == newest, standing)
    )
    rows = (await session.execute(found.order_by(entry.seq))).all()
    known: dict[str, tuple[str, str, JsonValue]] = {
        row.key: (row.kind, row.role, await bodies(session).unseal(action_id, row.key, row.kind, row.body))
        for row in rows
        if row.body is not None
    }
    fresh: list[LedgerEntry] = []
    for one in entries:
        content = (one.kind, one.role, storable_body(one.body))
        if known.setdefault(one.key, content) != content:
            raise LedgerConflict(f"{action_id} has recorded something else under the key {one.key!r} already")
        if known[one.key] is content:
            fresh.append(one)
    return fresh, Head(rows[-1].seq, rows[-1].hash) if rows else Head()
