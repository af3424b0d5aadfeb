"""The ledger takes each entry once, in order, and is never changed afterwards."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from leverframe.contracts.ledger import LedgerEntry
from tests.support.two_customers import Sql
from tools import ledger
from tools.chain import Head, link, storable_body
from tools.errors import LedgerConflict
from tools.scope import Scope, ScopedSessions, create_engine
from worker.testing.postgres import Database

ACTION = "order_cancellation-ledger"


def entry(key: str, **body: JsonValue) -> LedgerEntry:
    return LedgerEntry(key=key, kind="transition", role="workflows", at="2026-05-04T12:00:00+00:00", body=body)


async def append(sessions: ScopedSessions, *entries: LedgerEntry, action_id: str = ACTION) -> int:
    async with sessions.begin(Scope("", action_id)) as session:
        return await ledger.append(session, action_id, entries, "0af7651916cd43dd8448eb211c80319c")


async def keys(sql: Sql) -> list[object]:
    return [row[0] for row in await sql(f"SELECT key FROM leverframe.ledger WHERE action_id = '{ACTION}' ORDER BY seq")]


async def test_entries_are_appended_in_order_and_once(sessions: ScopedSessions, sql: Sql) -> None:
    assert await append(sessions, entry("a"), entry("b")) == 2
    assert await append(sessions, entry("b"), entry("c"), entry("c")) == 1
    assert await append(sessions) == 0
    assert await keys(sql) == ["a", "b", "c"]
    assert await sql("SELECT seq FROM leverframe.ledger_heads") == [(3,)]


async def test_the_same_key_with_other_contents_is_an_error_and_writes_nothing(
    sessions: ScopedSessions, sql: Sql
) -> None:
    await append(sessions, entry("a", to="deciding"))
    for clash in ([entry("new"), entry("a", to="done")], [entry("b", n=1), entry("b", n=2)]):
        with pytest.raises(LedgerConflict, match="something else"):
            await append(sessions, *clash)
    assert await keys(sql) == ["a"]


async def test_many_at_once_make_one_chain(sessions: ScopedSessions, sql: Sql) -> None:
    await asyncio.gather(*(append(sessions, entry(f"k{n}"), entry("shared")) for n in range(8)))
    assert sorted(map(str, await keys(sql))) == sorted([*(f"k{n}" for n in range(8)), "shared"])


async def test_whatever_a_model_wrote_can_be_recorded(sessions: ScopedSessions, sql: Sql) -> None:
    body: dict[str, JsonValue] = {
        "nul\0": "a\0b", "half": "\ud800", "big": 10**20, "huge": 1e300, "nan": float("nan"), "deep": [{"x": [2**53]}],
        "emoji": "\U0001f600", "control": "\x01\x7f", "half.5": 0.5, "none": None, "yes": True,
    }  # fmt: skip
    assert await append(sessions, entry("odd", **body)) == 1
    assert await append(sessions, entry("odd", **body)) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE leverframe.ledger SET body = '{}'",
        "DELETE FROM leverframe.ledger",
        "TRUNCATE leverframe.ledger",
        "UPDATE leverframe.ledger_heads SET seq = 0",
        "DELETE FROM leverframe.ledger_heads",
        "ALTER TABLE leverframe.ledger DISABLE TRIGGER link_entry",
        "DROP TABLE leverframe.ledger",
    ],
)
async def test_nobody_but_the_owner_changes_what_is_recorded(
    statement: str, sessions: ScopedSessions, auditor: AsyncEngine, sql: Sql
) -> None:
    await append(sessions, entry("a"))
    before = await sql("SELECT l::text, h::text FROM leverframe.ledger l, leverframe.ledger_heads h")
    async with sessions.begin(Scope("", ACTION)) as session:
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
            await session.execute(text(statement))
        await session.rollback()
    async with auditor.connect() as connection:
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
            await connection.execute(text(statement))
    assert await sql("SELECT l::text, h::text FROM leverframe.ledger l, leverframe.ledger_heads h") == before


@pytest.mark.parametrize(
    ("seq", "prev", "action_id"),
    [(1, "0" * 64, ACTION), (3, "1" * 64, ACTION), (2, "0" * 64, ACTION), (1, "0" * 64, "another_action")],
)
async def test_the_database_refuses_an_entry_that_does_not_follow(
    seq: int, prev: str, action_id: str, sessions: ScopedSessions, sql: Sql
) -> None:
    await append(sessions, entry("a"))
    async with sessions.begin(Scope("", ACTION)) as session:
        with pytest.raises(DBAPIError, match=r"does not follow|must belong to the action"):
            await session.execute(
                text(
                    "INSERT INTO leverframe.ledger (action_id, seq, key, kind, role, at, body, trace_id, prev_hash,"
                    " hash) VALUES (:action_id, :seq, 'x', 'started', 'workflows', '', '{}', '', :prev, :hash)"
                ),
                {"action_id": action_id, "seq": seq, "prev": prev, "hash": "2" * 64},
            )
        await session.rollback()
    assert await keys(sql) == ["a"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values, max_size=4))
def test_a_stored_body_hashes_the_same_after_a_round_trip(body: dict[str, JsonValue]) -> None:
    stored = storable_body(body)
    assert storable_body(stored) == stored
    [row] = link(Head(), ACTION, [entry("a", **{"body": body})], "")
    again = json.loads(json.dumps(stored))
    assert [link(Head(), ACTION, [entry("a", **{"body": again})], "")[0].hash] == [row.hash]


async def test_however_many_entries_there_are_they_are_appended_in_one_statement(database: Database, sql: Sql) -> None:
    engine = create_engine(database.tools_url, ping=False)
    asked: list[str] = []
    event.listen(engine.sync_engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    try:
        await append(ScopedSessions(engine, database.scope_key), *(entry(f"k{n}") for n in range(40)))
    finally:
        await engine.dispose()
    assert [statement.split()[0] for statement in asked] == ["SELECT", "SELECT", "SELECT", "INSERT"], asked
    assert await keys(sql) == [f"k{n}" for n in range(40)]
