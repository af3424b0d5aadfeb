"""The reference shop: its migrations, its generator, and the retail data that must fit into it."""

import asyncio
from collections import Counter

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.support.two_customers import ANN, CARD_ORDER, Everything, Sql
from tools.kernel.migrate import migrate
from tools.scope import create_engine
from tools.shop.generator import generate
from tools.shop.models import ShopTable
from tools.shop.store import store
from worker.testing.postgres import Database, secrets_of


def test_the_same_seed_is_the_same_shop() -> None:
    def rows(seed: int) -> list[dict[str, object]]:
        return [row.model_dump() for table in generate(seed, 30).tables for row in table]

    assert rows(1) == rows(1)
    assert rows(1) != rows(2)


async def test_a_generated_shop_goes_in_twice_and_its_books_balance(
    owner: AsyncEngine, sql: Sql, everything: Everything
) -> None:
    shop = generate(seed=7, customers=60)
    await store(owner, shop)
    before = await everything()
    await store(owner, shop)
    assert await everything() == before
    assert Counter(order.status for order in shop.orders).keys() == {"pending", "processed", "delivered", "cancelled"}
    assert await sql(
        """SELECT count(*) FROM shop.orders o WHERE
           (SELECT sum(price * quantity) FROM shop.order_items i WHERE i.order_id = o.order_id)
           <> (SELECT sum(amount) FROM shop.order_payments p
               WHERE p.order_id = o.order_id AND transaction_type = 'payment')"""
    ) == [(0,)]


async def test_the_retail_domain_fits(shop: None, sql: Sql) -> None:
    """Each status, an exchange, a return, a modified payment and a parcel, in the form of the retail data."""
    template = f"""INSERT INTO shop.orders (order_id, customer_id, status, placed_at, address1, address2, city, state,
        country, zip, cancel_reason, exchange_items, exchange_new_items, exchange_payment_method_id,
        exchange_price_difference, return_items, return_payment_method_id) VALUES ('{{}}', '{ANN}', '{{}}', now(),
        '986 Sunset Drive', 'Suite 259', 'Denver', 'CO', 'USA', '80279', {{}})"""
    nothing = "NULL, NULL, NULL, NULL, NULL, NULL"
    kinds = {
        "pending": f"NULL, {nothing}",
        "pending (item modified)": f"NULL, {nothing}",
        "processed": f"NULL, {nothing}",
        "delivered": f"NULL, {nothing}",
        "cancelled": f"'ordered by mistake', {nothing}",
        "exchange requested": "NULL, '{6469567736}', '{8426249116}', 'paypal_5727330', -12.50, NULL, NULL",
        "return requested": "NULL, NULL, NULL, NULL, NULL, '{6469567736}', 'credit_card_7815826'",
    }
    for number, (status, rest) in enumerate(kinds.items()):
        await sql(template.format(f"#W261134{number}", status, rest))
    await sql(f"INSERT INTO shop.payment_methods VALUES ('paypal_5727330', '{ANN}', 'paypal', NULL, NULL, NULL, false)")
    await sql(f"INSERT INTO shop.fulfilments VALUES ('#W2611342', 1, '{ANN}', '{{357962501027}}', '{{6469567736}}')")
    moved = f"""INSERT INTO shop.order_payments SELECT gen_random_uuid(), order_id, {{}}, customer_id, {{}}
        FROM shop.order_payments WHERE order_id = '{CARD_ORDER}' AND position = 1"""
    await sql(moved.format(2, "'payment', amount, 'paypal_5727330'"))
    await sql(moved.format(3, "'refund', amount, payment_method_id, payment_id"))
    assert await sql("SELECT count(DISTINCT status) FROM shop.orders") == [(7,)]


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE shop.orders SET status = 'lost' WHERE order_id = '{CARD_ORDER}'",
        f"UPDATE shop.orders SET cancel_reason = 'bored', status = 'cancelled' WHERE order_id = '{CARD_ORDER}'",
        f"UPDATE shop.orders SET cancel_reason = 'no longer needed' WHERE order_id = '{CARD_ORDER}'",
        "UPDATE shop.payment_methods SET balance = -1 WHERE source = 'gift_card'",
        "UPDATE shop.payment_methods SET balance = 1 WHERE source = 'credit_card'",
        "UPDATE shop.order_payments SET amount = 0",
        f"UPDATE shop.order_items SET customer_id = 'bob_ray_1002' WHERE order_id = '{CARD_ORDER}'",
    ],
)
async def test_the_database_refuses_what_the_shop_cannot_mean(statement: str, shop: None, sql: Sql) -> None:
    with pytest.raises(DBAPIError):
        await sql(statement)


async def test_the_models_are_what_the_migrations_build(owner: AsyncEngine) -> None:
    def difference(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, _: kind != "schema" or name == "shop",
                "compare_type": True,
            },
        )
        return list(compare_metadata(context, ShopTable.metadata))

    async with owner.connect() as connection:
        assert await connection.run_sync(difference) == []


async def test_migrating_again_changes_the_secrets_and_nothing_else(
    database: Database, shop: None, everything: Everything
) -> None:
    before = await everything()
    fresh = secrets_of(database).model_copy(update={"scope_key": SecretStr("ab" * 32)})
    await asyncio.gather(*(asyncio.to_thread(migrate, database.owner_url, fresh) for _ in range(2)))
    after = await everything()
    assert before.pop("leverframe.scope_key") != after.pop("leverframe.scope_key")
    assert after == before


async def test_every_business_table_is_under_row_level_security(sql: Sql) -> None:
    rows = await sql(
        """SELECT relname, relrowsecurity AND relforcerowsecurity,
           EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'customer_id')
           FROM pg_class c WHERE relnamespace = 'shop'::regnamespace AND relkind = 'r' ORDER BY 1"""
    )
    assert len(rows) == 8
    assert {name for name, protected, personal in rows if protected != personal} == set()
    assert {name for name, protected, _ in rows if not protected} == {"products", "variants"}


async def test_logins_own_nothing_and_pass_no_policy(sql: Sql) -> None:
    assert await sql(
        """SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcanlogin FROM pg_roles
           WHERE rolname LIKE 'leverframe%' ORDER BY 1"""
    ) == [
        ("leverframe_approvals", False, False, False, True),
        ("leverframe_auditor", False, False, False, True),
        ("leverframe_keys", False, False, False, True),
        ("leverframe_owner", False, False, False, False),
        ("leverframe_sealer", False, False, False, True),
        ("leverframe_tools", False, False, False, True),
    ]
    logins = ", ".join(f"'leverframe_{name}'::regrole" for name in ("tools", "approvals", "auditor", "keys"))
    assert await sql(f"SELECT count(*) FROM pg_auth_members WHERE member IN ({logins})") == [(0,)]


async def test_the_auditor_reads_no_customer(shop: None, auditor: AsyncEngine) -> None:
    for statement in ("SELECT * FROM shop.customers", "SELECT * FROM shop.orders", "SELECT status FROM shop.orders"):
        async with auditor.connect() as connection:
            with pytest.raises(DBAPIError, match="permission denied"):
                await connection.execute(text(statement))


async def test_a_wrong_password_does_not_log_in(database: Database) -> None:
    engine = create_engine(make_url(database.tools_url).set(password="wrong").render_as_string(hide_password=False))
    with pytest.raises(DBAPIError, match="password authentication failed"):
        await engine.connect()
    await engine.dispose()
