"""The database itself notices what changed, whatever statement changed it."""

import pytest
from sqlalchemy import text

from leverframe.contracts.plan import RowChange
from tests.support.two_customers import ANN, CARD_ORDER, GIFT_ORDER, SHIPPED, Action, Sql
from tools.changes import ChangeReader
from tools.scope import Scope, ScopedSessions

HIDING = "UPDATE shop.payment_methods SET closed = closed RETURNING set_config('leverframe.subject', '', true)"


async def changed_by(sessions: ScopedSessions, *statements: str) -> list[tuple[RowChange, ...]]:
    """What each statement changed, in one transaction that is rolled back."""
    async with sessions.begin(Scope(ANN, "some_action")) as session:
        reader = ChangeReader(session)
        taken = []
        for statement in statements:
            await session.execute(text(statement))
            taken.append(await reader.take())
        await session.rollback()
        return taken


@pytest.fixture
async def free(action: Action, sql: Sql) -> ScopedSessions:
    """Sessions that may change anything of their customer."""
    await sql("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA shop TO leverframe_tools")
    return action.sessions


async def test_every_row_of_one_statement_is_noticed(free: ScopedSessions) -> None:
    [changes] = await changed_by(free, "UPDATE shop.orders SET city = 'Austin'")
    assert {change.key["order_id"] for change in changes} == {CARD_ORDER, GIFT_ORDER, SHIPPED}
    assert all(change.table == "orders" for change in changes)
    assert [change.before["city"] for change in changes if change.before] == ["Denver"] * 3
    assert [change.after["city"] for change in changes if change.after] == ["Austin"] * 3


async def test_what_a_delete_and_an_insert_did_is_noticed_without_clock_and_customer(free: ScopedSessions) -> None:
    deleted, inserted = await changed_by(
        free,
        f"DELETE FROM shop.order_items WHERE order_id = '{CARD_ORDER}' AND position = 2",
        f"""INSERT INTO shop.order_payments (payment_id, order_id, position, customer_id, transaction_type, amount,
            payment_method_id) SELECT gen_random_uuid(), order_id, 7, customer_id, 'payment', 12.30, payment_method_id
            FROM shop.order_payments WHERE order_id = '{CARD_ORDER}'""",
    )
    gone, touched = deleted
    assert (gone.table, gone.key, gone.after) == ("order_items", {"order_id": CARD_ORDER, "position": 2}, None)
    assert gone.before is not None
    assert (gone.before["price"], gone.before["quantity"], gone.before["name"]) == ("7.05", 2, "Water Bottle")
    assert (touched.table, touched.before, touched.after) == ("orders", {"version": 3}, {"version": 4})
    [payment] = inserted
    assert payment.before is None
    assert payment.after is not None
    assert payment.key.keys() == {"payment_id", "order_id"}
    assert payment.after["amount"] == "12.30"
    assert payment.after.keys() == {"position", "transaction_type", "amount", "payment_method_id"}


async def test_changes_come_in_the_order_in_which_they_happened_and_each_once(free: ScopedSessions) -> None:
    update = "UPDATE shop.payment_methods SET balance = {} WHERE source = 'gift_card'"
    first, second = await changed_by(free, update.format(1), update.format("2.5"))
    assert [change.after for change in (*first, *second)] == [{"balance": "1.00"}, {"balance": "2.50"}]


async def test_a_statement_cannot_hide_its_changes(free: ScopedSessions) -> None:
    async with free.begin(Scope(ANN, "some_action")) as session:
        reader = ChangeReader(session)
        await session.execute(text(HIDING))
        assert len(await reader.take()) == 2
        await session.rollback()


async def test_what_others_change_is_not_noticed(free: ScopedSessions, sql: Sql) -> None:
    await sql("UPDATE shop.orders SET city = 'Austin'")
    assert await sql("SELECT count(*) FROM leverframe.changes") == [(0,)]
    assert await changed_by(free, "SELECT 1") == [()]
