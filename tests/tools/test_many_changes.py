"""The check at the commit: as strict as ever, and its cost grows with the number of changes, not its square."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from leverframe.contracts.ledger import LedgerEntry
from leverframe.contracts.plan import PlannedCall, RowChange
from leverframe.subject_keys import SubjectKeys
from tests.support.many_orders import ROWS_PER_ORDER, store_orders
from tests.support.two_customers import ANN, Action, Everything, Sql
from tools import ledger
from tools.changes import ChangeReader
from tools.scope import Scope, ScopedSessions, create_engine, set_key
from worker.testing.postgres import Database
from worker.testing.serving import key_service

ACTION = "order_cancellation-0123456789abcdef-000000000001"
SCOPE = Scope(ANN, ACTION)
UPDATE = "UPDATE shop.orders SET status = 'processed'"
CHECK = "SET CONSTRAINTS leverframe.require_entry IMMEDIATE"
WAIT = "SET CONSTRAINTS leverframe.require_entry DEFERRED"
ANOTHER = "UPDATE shop.payment_methods SET balance = 1 WHERE source = 'gift_card'"
UNRECORDED = "is not in the ledger: changes are committed only together with their effect entry"
FEW, MANY = 10, 80
"""Orders."""
NOISE = 1.15
"""How much more a row may cost among many than among few."""


@pytest.fixture(params=["plain", "sealed"])
async def counting(request: pytest.FixtureRequest, database: Database, sql: Sql) -> AsyncIterator[ScopedSessions]:
    """Sessions on one connection, of which the database counts what is called; a key of Ida's stands."""
    ((name,),) = await sql("SELECT current_database()")
    await sql(f"ALTER DATABASE \"{name}\" SET track_functions = 'all'")
    engine = create_engine(database.tools_url, pool_size=1)
    async with key_service(database) as (store, asking):
        for orders in (FEW, MANY):
            await store.ensure(f"{orders:016x}")
        yield ScopedSessions(engine, database.scope_key, SubjectKeys(asking) if request.param == "sealed" else None)
    await engine.dispose()


async def visits(sessions: ScopedSessions, sql: Sql) -> tuple[int, int]:
    """How often functions were called, and how many rows were read, until now."""
    # Else what a connection did is told a second later.
    flush = "SELECT pg_stat_force_next_flush()"
    async with sessions.begin(Scope("", "looking")) as session:
        await session.execute(text(flush))
    await sql(flush)
    ((calls, rows),) = await sql(
        "SELECT (SELECT coalesce(sum(calls), 0) FROM pg_stat_user_functions)::bigint,"
        " (SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables)::bigint"
    )
    return int(str(calls)), int(str(rows))


async def erasure(sessions: ScopedSessions, owner: AsyncEngine, sql: Sql, orders: int) -> tuple[float, float]:
    """Function calls and rows read for each changed row, by the erasure of a customer with so many orders."""
    customer = f"ida_holm_{orders}"
    await store_orders(owner, customer, orders, first=1_000_000 + orders * 10_000)
    action = Action(sessions, id=f"customer_erasure-{orders:016x}-000000000001", subject=customer)
    arguments = {"replacement": f"erased-{orders:032x}"}
    erasing = PlannedCall(call="erasing", key="erasing#1", tool="customers.erase", arguments={**arguments})
    before = await visits(sessions, sql)
    plan = await action.preview(erasing)
    assert (await action.run(erasing, plan)).status == "succeeded"
    after = await visits(sessions, sql)
    changes = len(plan.calls[0].changes)
    assert changes == orders * ROWS_PER_ORDER + 4
    return (after[0] - before[0]) / changes, (after[1] - before[1]) / changes


async def test_a_row_costs_as_much_among_many_as_among_few(
    counting: ScopedSessions, owner: AsyncEngine, sql: Sql
) -> None:
    few_calls, few_rows = await erasure(counting, owner, sql, FEW)
    many_calls, many_rows = await erasure(counting, owner, sql, MANY)
    assert few_calls > 1
    assert many_calls < few_calls * NOISE
    assert many_rows < few_rows * NOISE


async def committed(action: Action, story: Callable[[AsyncSession], Awaitable[None]]) -> None:
    """Do what the story says, and commit it."""
    async with action.sessions.begin(SCOPE) as session:
        await story(session)


async def recorded(session: AsyncSession, key: str, changes: Sequence[RowChange]) -> None:
    """The entry of a call's effect, in the session's transaction."""
    body = {"changes": [change.model_dump(mode="json") for change in changes]}
    entry = LedgerEntry(key=ledger.effect_key(key), kind="effect", role="tools", at="", body={**body})
    await ledger.append(session, ACTION, [entry], "")


async def changed(session: AsyncSession, key: str, *statements: str) -> tuple[RowChange, ...]:
    """What the statements change as that call."""
    reader = ChangeReader(session)
    await reader.take()
    await set_key(session, key)
    for statement in statements:
        await session.execute(text(statement))
    return await reader.take()


@pytest.mark.parametrize("missing", [0, 1, 2])
async def test_one_change_that_is_missing_in_the_entry_stops_all(
    missing: int, action: Action, everything: Everything
) -> None:
    before = await everything()

    async def story(session: AsyncSession) -> None:
        changes = await changed(session, "a#1", UPDATE)
        assert len(changes) == 3
        await recorded(session, "a#1", [one for place, one in enumerate(changes) if place != missing])

    with pytest.raises(IntegrityError, match=UNRECORDED):
        await committed(action, story)
    assert await everything() == before


async def test_another_call_s_entry_is_not_enough(action: Action, everything: Everything) -> None:
    before = await everything()

    async def story(session: AsyncSession) -> None:
        await recorded(session, "b#1", await changed(session, "a#1", UPDATE))

    with pytest.raises(IntegrityError, match=UNRECORDED):
        await committed(action, story)
    assert await everything() == before


async def test_between_calls_it_is_asked_for_by_name(action: Action, sql: Sql) -> None:
    async with action.sessions.begin(SCOPE) as session:
        await recorded(session, "a#1", await changed(session, "a#1", UPDATE))
        await session.execute(text(CHECK))
        await session.execute(text(WAIT))
        await recorded(session, "b#1", await changed(session, "b#1", ANOTHER))
    ((left, entries),) = await sql(
        "SELECT (SELECT count(*) FROM leverframe.changes), (SELECT count(*) FROM leverframe.ledger)"
    )
    assert (left, entries) == (0, 2)


@pytest.mark.parametrize("later", ["a#1", "b#1"])
async def test_what_changes_after_it_was_asked_for_is_looked_at_too(
    later: str, action: Action, everything: Everything
) -> None:
    before = await everything()

    async def story(session: AsyncSession) -> None:
        await recorded(session, "a#1", await changed(session, "a#1", UPDATE))
        await session.execute(text(CHECK))
        await session.execute(text(WAIT))
        await changed(session, later, ANOTHER)

    with pytest.raises(IntegrityError, match=UNRECORDED):
        await committed(action, story)
    assert await everything() == before


async def test_what_was_looked_at_in_a_savepoint_that_is_undone_is_looked_at_again(
    action: Action, everything: Everything
) -> None:
    before = await everything()

    async def story(session: AsyncSession) -> None:
        changes = await changed(session, "a#1", UPDATE)
        inner = await session.begin_nested()
        await recorded(session, "a#1", changes)
        await session.execute(text(CHECK))
        await inner.rollback()

    with pytest.raises(IntegrityError, match=UNRECORDED):
        await committed(action, story)
    assert await everything() == before


async def test_calls_that_take_turns_are_each_looked_at(action: Action, everything: Everything) -> None:
    before = await everything()

    async def story(session: AsyncSession) -> None:
        first = await changed(session, "a#1", UPDATE)
        await changed(session, "b#1", ANOTHER)
        await recorded(session, "a#1", [*first, *await changed(session, "a#1", UPDATE)])

    with pytest.raises(IntegrityError, match=UNRECORDED):
        await committed(action, story)
    assert await everything() == before
