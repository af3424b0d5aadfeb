"""Erasing a customer: what goes, what stays, what holds it back, and that nobody else is touched."""

import asyncio
import json
import re

import psycopg
import pytest
from psycopg import AsyncConnection
from pydantic import JsonValue
from sqlalchemy.exc import SQLAlchemyError

from leverframe.contracts.plan import PlannedCall
from tests.support.two_customers import ANN, BOB, CARD_ORDER, Action, Everything, Snapshot, Sql
from tools.errors import BadArguments, ToolRefused
from tools.scope import Scope, ScopedSessions
from worker.testing.postgres import Database, libpq

PSEUDONYM = "0123456789abcdef"
ACTION = f"customer_erasure-{PSEUDONYM}-000000000001"
NOBODY = "erased-" + "5f" * 16
STRINGS = (ANN, "Annika", "Leehaus", "annika.lee@example.com", "77 Quarry Bank", "Salem", "97301", "4417", "1ZANN999")
"""What there is about Ann in the shop, and nowhere else."""
SHOP = ("customers", "fulfilments", "order_items", "order_payments", "orders", "payment_methods")


def erasing(replacement: str = NOBODY, key: str = "erasing#1") -> PlannedCall:
    return PlannedCall(call="erasing", key=key, tool="customers.erase", arguments={"replacement": replacement})


CHECKING = PlannedCall(call="checking", key="checking#1", tool="customers.erasure_check", arguments={})


@pytest.fixture
async def erasure(shop: None, sessions: ScopedSessions, sql: Sql) -> Action:
    """Ann's erasure, with nothing that holds it."""
    await sql(
        f"""UPDATE shop.customers SET first_name = 'Annika', last_name = 'Leehaus', email = 'annika.lee@example.com',
            address1 = '77 Quarry Bank', city = 'Salem', zip = '97301' WHERE customer_id = '{ANN}'"""
    )
    await sql(
        f"""UPDATE shop.orders SET status = 'delivered', address1 = '77 Quarry Bank', city = 'Salem', zip = '97301'
            WHERE customer_id = '{ANN}'"""
    )
    await sql(
        f"UPDATE shop.payment_methods SET last_four = '4417' WHERE customer_id = '{ANN}' AND source = 'credit_card'"
    )
    await sql(
        "INSERT INTO shop.fulfilments SELECT order_id, 1, customer_id, ARRAY['1ZANN999'], ARRAY['1', '2']"
        f" FROM shop.orders WHERE customer_id = '{ANN}' LIMIT 1"
    )
    await sql(
        f"INSERT INTO leverframe.subject_keys (pseudonym, wrapped, ring_number) VALUES ('{PSEUDONYM}', '\\x00', 1)"
    )
    return Action(sessions, id=ACTION)


def in_shop(rows: Snapshot) -> dict[str, list[str]]:
    return {table: lines for table, lines in rows.items() if table.startswith("shop.")}


def found(rows: Snapshot) -> list[str]:
    """Which of Ann's strings stand in the shop."""
    told = json.dumps(in_shop(rows), ensure_ascii=False)
    return [string for string in STRINGS if string in told]


async def test_the_check_tells_what_would_be_touched_and_nothing_personal(
    erasure: Action, everything: Everything
) -> None:
    before = await everything()
    assert found(before) == list(STRINGS)
    facts = (await erasure.run(CHECKING)).output
    assert facts["holds"] == []
    assert facts["rows"] == {
        "customers": 1, "orders": 3, "order_items": 4, "fulfilments": 1, "payment_methods": 2, "order_payments": 3,
    }  # fmt: skip
    assert re.fullmatch(r"erased-[0-9a-f]{32}", str(facts["replacement"]))
    assert (await erasure.run(CHECKING)).output["replacement"] != facts["replacement"]
    told = json.dumps(facts)
    assert [string for string in STRINGS if string in told] == []
    assert await everything() == before


async def test_the_plan_lists_every_row_and_changes_none(erasure: Action, everything: Everything) -> None:
    before = await everything()
    facts = (await erasure.run(CHECKING)).output
    plan = await erasure.preview(erasing())
    assert (await erasure.preview(erasing())).digest == plan.digest
    changes = plan.calls[0].changes
    tables = [change.table for change in changes]
    rows = facts["rows"]
    assert isinstance(rows, dict)
    assert {name: tables.count(name) for name in SHOP} == {**rows, "customers": 2}
    assert tables.count("subject_keys") == 1
    assert len(tables) == sum(tables.count(name) for name in (*SHOP, "subject_keys"))
    (gone,) = [change for change in changes if change.after is None]
    assert (gone.key, gone.before and gone.before["email"]) == ({"customer_id": ANN}, "annika.lee@example.com")
    passed_on = [change for change in changes if change.table == "order_items"]
    assert all((c.before, c.after) == ({"customer_id": ANN}, {"customer_id": NOBODY}) for c in passed_on)
    (doomed,) = [change for change in changes if change.table == "subject_keys"]
    assert doomed.after == {"doomed_by": ACTION}
    assert await everything() == before


async def test_what_names_the_customer_goes_and_the_books_stay(
    erasure: Action, sql: Sql, everything: Everything
) -> None:
    before = await everything()
    books = """SELECT o.order_id, o.status, o.placed_at, i.name, i.price, i.quantity, p.amount, p.transaction_type
        FROM shop.orders o JOIN shop.order_items i USING (order_id) JOIN shop.order_payments p USING (order_id)
        ORDER BY 1, 4, 7"""
    kept = await sql(books)
    plan = await erasure.preview(erasing())
    result = await erasure.run(erasing(), plan)
    assert (result.status, result.output["rows"]) == ("succeeded", (await sql_rows(sql)))
    after = await everything()
    assert found(after) == []
    assert await sql(books) == kept
    # Every row that is not Ann's is as it was.
    assert not [
        line
        for table, lines in in_shop(before).items()
        for line in lines
        if ANN not in line and line not in after[table]
    ]
    (nobody,) = [line for line in after["shop.customers"] if NOBODY in line]
    assert nobody.count("erased") == 10
    cards = f"SELECT brand, last_four, closed FROM shop.payment_methods WHERE customer_id = '{NOBODY}' ORDER BY source"
    assert await sql(cards) == [(None, "0000", True), (None, None, True)]
    assert (await sql("SELECT doomed_by, doomed_at IS NOT NULL FROM leverframe.subject_keys")) == [(ACTION, True)]


async def sql_rows(sql: Sql) -> dict[str, object]:
    """Rows of each table that are nobody's now."""
    return {
        table: (await sql(f"SELECT count(*) FROM shop.{table} WHERE customer_id = '{NOBODY}'"))[0][0] for table in SHOP
    }


UNPAID = f"UPDATE shop.order_payments SET amount = amount - 0.01 WHERE order_id = '{CARD_ORDER}'"


@pytest.mark.parametrize(
    ("meanwhile", "rule"),
    [
        *(
            (f"UPDATE shop.orders SET status = '{status}' WHERE order_id = '{CARD_ORDER}'", "ERASE-HOLD-OPEN-ORDER")
            for status in (
                "pending", "pending (item modified)", "processed", "return requested", "exchange requested",
            )
        ),
        (UNPAID, "ERASE-HOLD-UNPAID"),
        (f"DELETE FROM shop.order_payments WHERE order_id = '{CARD_ORDER}'", "ERASE-HOLD-UNPAID"),
    ],
)  # fmt: skip
async def test_a_hold_blocks_with_its_clause_before_and_after_approval(
    meanwhile: str, rule: str, erasure: Action, sql: Sql, everything: Everything
) -> None:
    plan = await erasure.preview(erasing())
    await sql(meanwhile)
    before = await everything()
    (hold,) = [hold for hold in await holds(erasure) if hold["clause"] == rule]
    assert hold["order_id"] == CARD_ORDER
    with pytest.raises(ToolRefused, match=re.escape(f"({rule})")) as refused:
        await erasure.preview(erasing())
    assert refused.value.rule == rule
    assert (await erasure.run(erasing(), plan)).status == "failed"
    assert await everything() == before


async def holds(erasure: Action) -> list[dict[str, JsonValue]]:
    told = (await erasure.run(CHECKING)).output["holds"]
    assert isinstance(told, list)
    return [hold for hold in told if isinstance(hold, dict)]


async def test_a_cancelled_order_and_money_given_back_hold_nothing(erasure: Action, sql: Sql) -> None:
    await sql(f"UPDATE shop.orders SET status = 'cancelled' WHERE order_id = '{CARD_ORDER}'")
    await sql(
        f"""INSERT INTO shop.order_payments (payment_id, order_id, position, customer_id, transaction_type, amount,
            payment_method_id, refunds_payment)
        SELECT gen_random_uuid(), order_id, position + 1, customer_id, 'refund', amount, payment_method_id, payment_id
        FROM shop.order_payments WHERE customer_id = '{ANN}'"""
    )
    assert await holds(erasure) == []
    assert (await erasure.run(erasing(), await erasure.preview(erasing()))).status == "succeeded"


NEW_ORDER = f"""INSERT INTO shop.orders (
        order_id, customer_id, status, placed_at, address1, address2, city, state, country, zip)
    VALUES ('#W1000009', '{ANN}', '{{status}}', now(), '77 Quarry Bank', '', '', '', '', '')"""


@pytest.mark.parametrize(
    "meanwhile",
    [
        f"UPDATE shop.customers SET email = 'new@example.com' WHERE customer_id = '{ANN}'",
        f"UPDATE shop.orders SET city = 'Eugene' WHERE order_id = '{CARD_ORDER}'",
        NEW_ORDER.format(status="delivered"),
        f"DELETE FROM shop.fulfilments WHERE customer_id = '{ANN}'",
    ],
)
async def test_what_moved_since_is_confirmed_anew(
    meanwhile: str, erasure: Action, sql: Sql, everything: Everything
) -> None:
    plan = await erasure.preview(erasing())
    await sql(meanwhile)
    before = await everything()
    assert (await erasure.run(erasing(), plan)).status == "stale"
    assert await everything() == before
    assert (await erasure.run(erasing(), await erasure.preview(erasing()))).status == "succeeded"


async def test_without_a_key_to_destroy_nothing_is_erased(erasure: Action, sql: Sql, everything: Everything) -> None:
    for fate in (
        "UPDATE leverframe.subject_keys SET doomed_by = 'customer_erasure-0123456789abcdef-000000000002'",
        "DELETE FROM leverframe.subject_keys",
    ):
        await sql(fate)
        before = await everything()
        with pytest.raises(ToolRefused, match="no key of this customer") as refused:
            await erasure.preview(erasing())
        assert refused.value.rule == "ERASE-KEY"
        assert await everything() == before


async def test_all_of_it_or_nothing(erasure: Action, sql: Sql, everything: Everything) -> None:
    """The last table that is touched refuses: nothing of the others is written."""
    plan = await erasure.preview(erasing())
    await sql("CREATE FUNCTION shop.no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$")
    await sql("CREATE TRIGGER no BEFORE DELETE ON shop.customers FOR EACH ROW EXECUTE FUNCTION shop.no()")
    before = await everything()
    with pytest.raises(SQLAlchemyError):
        await erasure.run(erasing(), plan)
    assert await everything() == before


async def test_it_happens_once_and_a_second_erasure_finds_nobody(erasure: Action, everything: Everything) -> None:
    plan = await erasure.preview(erasing())
    first = await erasure.run(erasing(), plan)
    after = await everything()
    assert await erasure.run(erasing(), plan) == first
    assert await everything() == after
    with pytest.raises(ToolRefused, match="no such customer"):
        await erasure.preview(erasing(key="erasing#2"))
    assert (await erasure.run(CHECKING)).status == "failed"


@pytest.mark.parametrize(
    "replacement", ["", BOB, "erased-", "erased-" + "G" * 32, NOBODY + "0", f"{NOBODY}\n", None, 5]
)
async def test_nobody_has_a_name(replacement: object, erasure: Action) -> None:
    call = erasing().model_copy(update={"arguments": {"replacement": replacement}})
    with pytest.raises(BadArguments, match="replacement"):
        await erasure.preview(call)


async def test_no_order_comes_in_between(erasure: Action, sessions: ScopedSessions, database: Database) -> None:
    """Whoever adds an order locks the customer, whom the erasure has locked until it commits."""
    shop: AsyncConnection[tuple[object, ...]] = await AsyncConnection.connect(
        libpq(database.owner_url), autocommit=True
    )
    plan = await erasure.preview(erasing())
    async with shop:
        await shop.execute("BEGIN")
        await shop.execute(NEW_ORDER.format(status="pending").encode())
        running = asyncio.create_task(erasure.run(erasing(), plan))
        while not (await (await shop.execute("SELECT 1 FROM pg_locks WHERE NOT granted")).fetchone()):
            assert not running.done()
        await shop.execute("COMMIT")
        assert (await running).message.endswith("(ERASE-HOLD-OPEN-ORDER)")


ERASE = f"SELECT shop.erase_customer('{NOBODY}')"


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (ERASE, "is not in the ledger"),
        (f"SELECT shop.erase_customer('{BOB}')", "row-level security"),
        ("SELECT shop.erase_customer('erased-1')", "row-level security"),
        ("SELECT shop.erase_customer(NULL)", "in their own scope only"),
        (f"SET leverframe.subject = '{BOB}'; {ERASE}", "in their own scope only"),
        (f"SET leverframe.proof = ''; {ERASE}", "in their own scope only"),
        (f"UPDATE shop.customers SET customer_id = '{NOBODY}'", "permission denied"),
        ("UPDATE shop.customers SET email = 'erased'", "permission denied"),
        (f"DELETE FROM shop.customers WHERE customer_id = '{ANN}'", "permission denied"),
        ("SET ROLE leverframe_owner; DELETE FROM shop.customers", "permission denied"),
        ("SET CONSTRAINTS ALL DEFERRED; DELETE FROM shop.orders", "permission denied"),
    ],
)
async def test_the_tools_login_erases_only_with_the_ledger(
    statement: str, says: str, erasure: Action, database: Database, everything: Everything
) -> None:
    before = await everything()
    scope = Scope(ANN, ACTION)
    connection: AsyncConnection[tuple[object, ...]] = await AsyncConnection.connect(libpq(database.tools_url))
    async with connection:
        await connection.execute(
            "SELECT set_config('leverframe.subject', %s, true), set_config('leverframe.action', %s, true),"
            " set_config('leverframe.proof', %s, true)",
            (scope.subject, scope.action_id, scope.proof(bytes.fromhex(database.scope_key))),
        )
        with pytest.raises(psycopg.Error, match=says):
            await connection.execute(f"{statement}; COMMIT".encode())
        await connection.rollback()
    assert await everything() == before


async def test_whoever_else_logs_in_cannot_call_it(erasure: Action, database: Database) -> None:
    for url in (database.auditor_url, database.approvals_url):
        connection: AsyncConnection[tuple[object, ...]] = await AsyncConnection.connect(libpq(url))
        async with connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await connection.execute(ERASE.encode())
            await connection.rollback()


async def test_every_table_with_a_customers_rows_is_covered(erasure: Action, sql: Sql) -> None:
    """A table that is added later must be erased too."""
    tables = await sql(
        """SELECT table_schema || '.' || table_name FROM information_schema.columns
        WHERE column_name = 'customer_id' AND table_schema IN ('shop', 'leverframe') ORDER BY 1"""
    )
    assert [table for (table,) in tables] == [f"shop.{table}" for table in SHOP]
