"""A database login is stolen, and used to keep the honest workers waiting: for an action, for a row, or for ever.

Lost: while it keeps at it, the connections and the time of that login. A lock of an action needs the scope key, and is
ended with whatever transaction takes longer than an honest one may, also when the session has lifted its own limits.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import psycopg
import pytest

from leverframe.contracts.ledger import LedgerEntry
from tests.support.two_customers import ANN, Sql, decision
from tools import ledger
from tools.approvals import ApprovalRecord
from tools.scope import Scope, ScopedSessions
from worker.testing.postgres import Database, libpq

ID, PLAN = "order_cancellation-0123456789abcdef-000000000001", "a" * 64
SCOPE = Scope(ANN, ID)
UNLIMITED = """SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0;
    SET transaction_timeout = 0"""
ROW = f"""INSERT INTO leverframe.approvals
    (action_id, run_id, event_id, choice, digest, person, identity, trust, role, quorum)
    VALUES ('{ID}', 'run', 99, 'approve', '{PLAN}', 'olga', 'olga', 'signed', 'support', 1)"""
PATIENCE = "interval '5 minutes'"


@pytest.mark.parametrize(
    "lock",
    [
        f"SELECT pg_advisory_lock(hashtextextended('{ID}', 0))",
        f"SELECT pg_advisory_xact_lock(hashtextextended('{ID}', 1))",
        "SELECT pg_try_advisory_lock_shared(n) FROM generate_series(1, 100000) n",
        "SELECT leverframe.lock_action()",
        "LOCK TABLE shop.orders IN SHARE MODE",
        "LOCK TABLE leverframe.ledger IN SHARE MODE",
        "SELECT 1 FROM shop.variants FOR SHARE",
    ],
)
def test_the_tools_login_alone_locks_nothing(lock: str, shop: None, database: Database) -> None:
    with (
        psycopg.connect(libpq(database.tools_url)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(lock.encode())


@pytest.mark.parametrize(
    ("login", "held"),
    [
        ("tools", "SELECT leverframe.lock_action()"),
        ("tools", "SELECT 1 FROM shop.orders FOR UPDATE"),
        ("approvals", f"SELECT leverframe.take_turns('{ID}')"),
        ("approvals", ROW),
    ],
)
async def test_what_is_held_too_long_is_ended_by_the_next_who_works(
    login: str, held: str, shop: None, database: Database, sql: Sql, sessions: ScopedSessions, approvals: ApprovalRecord
) -> None:
    await less_patient(sql)

    async def record() -> None:
        note = LedgerEntry(key="x", kind="started", role="workflows", at="", body={})
        async with sessions.begin(SCOPE) as session:
            await ledger.append(session, ID, [note], "")

    async def judge() -> None:
        await approvals.record(decision(ID, PLAN), ())

    work: dict[str, Callable[[], Awaitable[None]]] = {"tools": record, "approvals": judge}
    async with holding(database, login, held) as thief:
        await work[login]()
        with pytest.raises(psycopg.OperationalError):
            await thief.execute("SELECT 1")


async def test_no_login_ends_another_ones_sessions(shop: None, database: Database, sql: Sql) -> None:
    await less_patient(sql)
    async with (
        holding(database, "tools", "SELECT leverframe.lock_action()") as tools,
        holding(database, "approvals", f"SELECT leverframe.take_turns('{ID}')"),
    ):
        await tools.execute("SELECT 1")


async def less_patient(sql: Sql) -> None:
    """In this database a second is too long."""
    ((body,),) = await sql("SELECT pg_get_functiondef('leverframe.end_overdue()'::regprocedure)")
    assert PATIENCE in str(body)
    await sql(str(body).replace(PATIENCE, "interval '1 second'").replace(":", "\\:"))


@asynccontextmanager
async def holding(
    database: Database, login: str, statement: str
) -> AsyncIterator[psycopg.AsyncConnection[tuple[object, ...]]]:
    """A session of a thief, with the tools worker's scope key too, whose transaction stays open."""
    url = libpq(getattr(database, f"{login}_url"))
    thief: psycopg.AsyncConnection[tuple[object, ...]] = await psycopg.AsyncConnection.connect(url)
    proof = SCOPE.proof(bytes.fromhex(database.scope_key))
    try:
        await thief.execute(UNLIMITED.encode())
        for name, value in (("subject", ANN), ("action", ID), ("proof", proof)):
            await thief.execute("SELECT set_config(%s, %s, true)", (f"leverframe.{name}", value))
        await thief.execute(statement.encode())
        await thief.execute("SELECT pg_sleep(1.1)")
        yield thief
    finally:
        await thief.close()
