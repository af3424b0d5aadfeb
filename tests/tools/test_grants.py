"""The tools' login may change the columns that a tool changes, and no other."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from tests.support.two_customers import ANN, Sql
from tools.scope import Scope, ScopedSessions

ADDRESS = {"address1", "address2", "city", "state", "country", "zip"}
CHANGED: dict[str, set[str]] = {
    "customers": ADDRESS,
    "orders": {
        "status",
        "cancel_reason",
        "cancelled_by_action",
        "return_items",
        "return_payment_method_id",
        "exchange_items",
        "exchange_new_items",
        "exchange_payment_method_id",
        "exchange_price_difference",
        "version",
        *ADDRESS,
    },
    "order_items": {"item_id", "price", "options"},
    "payment_methods": {"balance"},
    "order_payments": {"failure", "pending"},
}
"""By table: the columns that some tool sets; the order's version is counted up by a trigger on its items."""
COLUMNS = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'shop' ORDER BY 1, 2"
ANNS = Scope(ANN, "order_return-ann")


async def refusal(sessions: ScopedSessions, statement: str) -> str:
    """What the database says to a statement in Ann's name; empty when it runs it. Nothing is kept of it."""
    async with sessions.begin(ANNS) as session:
        try:
            await session.execute(text(statement))
        except ProgrammingError as error:
            return str(error.orig)
        finally:
            await session.rollback()
    return ""


async def test_a_column_that_no_tool_changes_cannot_be_changed(shop: None, sql: Sql, sessions: ScopedSessions) -> None:
    allowed: dict[str, set[str]] = {}
    for table, column in await sql(COLUMNS):
        refused = await refusal(sessions, f"UPDATE shop.{table} SET {column} = NULL WHERE false")
        if not refused:
            allowed.setdefault(str(table), set()).add(str(column))
        else:
            assert "permission denied" in refused, (table, column)
    assert allowed == CHANGED


@pytest.mark.parametrize("column", ["first_name", "last_name", "email"])
async def test_a_persons_name_and_mail_address_are_not_read(shop: None, sessions: ScopedSessions, column: str) -> None:
    assert "permission denied" in await refusal(sessions, f"SELECT {column} FROM shop.customers")


@pytest.mark.parametrize("table", [*CHANGED, "products", "variants", "fulfilments"])
async def test_rows_are_not_deleted_and_only_payments_are_added(
    shop: None, sessions: ScopedSessions, table: str
) -> None:
    assert "permission denied" in await refusal(sessions, f"DELETE FROM shop.{table}")
    added = await refusal(sessions, f"INSERT INTO shop.{table} SELECT * FROM shop.{table} WHERE false")
    assert "permission denied" in added


async def test_nobody_chooses_an_orders_version(shop: None, sessions: ScopedSessions) -> None:
    versions = text("SELECT version FROM shop.orders ORDER BY order_id")
    async with sessions.begin(ANNS) as session:
        before = (await session.execute(versions)).scalars().all()
        await session.execute(text("UPDATE shop.orders SET version = 100"))
        after = (await session.execute(versions)).scalars().all()
        await session.rollback()
    assert after == [version + 1 for version in before]
