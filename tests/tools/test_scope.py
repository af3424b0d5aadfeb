"""Whatever SQL runs with one customer's scope, another customer's rows are neither seen nor changed."""

from uuid import uuid4

import psycopg
import pytest
from psycopg import AsyncConnection
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from leverframe.contracts.ledger import LedgerEntry
from tests.support.two_customers import ANN, BOB, BOBS, CARD_ORDER, Everything, Sql
from tools import ledger
from tools.scope import Scope, ScopedSessions, create_engine
from worker.testing.postgres import Database, libpq

ANNS_ACTION, BOBS_ACTION = "order_cancellation-ann", "order_cancellation-bob"
TABLES = ("customers", "payment_methods", "orders", "order_items", "order_payments", "fulfilments")
BOBS_PROOF = Scope(BOB, ANNS_ACTION).proof(b"not the key")

READS = (
    *(f"SELECT * FROM shop.{table}" for table in TABLES),
    *(f"SELECT t::text FROM shop.{table} t" for table in TABLES),
    f"SELECT * FROM shop.orders WHERE order_id = '{BOBS}'",
    f"SELECT order_id, status FROM shop.orders WHERE customer_id = '{BOB}' FOR UPDATE",
    "SELECT order_id FROM shop.orders WHERE customer_id <> 'x' OR true",
    "SELECT i.*, p.* FROM shop.order_items i JOIN shop.order_payments p USING (order_id)",
    "SELECT (SELECT string_agg(order_id, ',') FROM shop.orders)",
    "SELECT o.order_id FROM shop.products pr, LATERAL (SELECT order_id FROM shop.orders) o",
    "WITH all_orders AS MATERIALIZED (SELECT order_id FROM shop.orders) TABLE all_orders",
    "SELECT order_id FROM shop.orders UNION ALL SELECT payment_id::text FROM shop.order_payments",
    "SELECT status FROM shop.orders WHERE 1 / (length(order_id) - 9) > 0",
    f"SELECT CASE WHEN order_id = '{BOBS}' THEN 1 / 0 END FROM shop.orders",
    f"SELECT cast(payment_method_id AS integer) FROM shop.payment_methods WHERE customer_id = '{BOB}'",
    "SELECT table_to_xml('shop.payment_methods', true, false, '')",
    "SELECT query_to_xml('SELECT order_id, customer_id FROM shop.orders', true, false, '')",
    "SELECT schema_to_xml('shop', true, false, '')",
    "SELECT database_to_xml(true, false, '')",
    "COPY shop.orders (order_id, customer_id) TO STDOUT",
    "COPY (SELECT order_id FROM shop.orders) TO STDOUT",
    "COPY shop.payment_methods TO '/tmp/leverframe-leak'",
    "COPY shop.payment_methods TO PROGRAM 'cat'",
    "DECLARE everyone SCROLL CURSOR FOR SELECT order_id FROM shop.orders; FETCH ALL FROM everyone",
    "DECLARE kept CURSOR WITH HOLD FOR SELECT order_id FROM shop.orders; COMMIT; FETCH ALL FROM kept",
    "PREPARE p AS SELECT order_id FROM shop.orders; COMMIT; EXECUTE p",
    "CREATE VIEW shop.peek AS SELECT * FROM shop.orders",
    "CREATE TEMP VIEW peek AS SELECT order_id FROM shop.orders; SELECT * FROM peek",
    "CREATE TEMP TABLE stolen AS SELECT order_id FROM shop.orders; SELECT * FROM stolen",
    "CREATE MATERIALIZED VIEW shop.peek AS SELECT * FROM shop.orders",
    "SELECT * FROM pg_stats WHERE schemaname = 'shop'",
    "SELECT * FROM pg_statistic",
    "SELECT most_common_vals::text FROM pg_stats_ext",
    "SELECT query FROM pg_stat_activity",
    "SELECT pg_read_file('postgresql.conf')",
    "SELECT pg_ls_dir('.')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT rolpassword FROM pg_authid",
    "SELECT * FROM leverframe.scope_key",
    "SELECT * FROM leverframe.ledger",
    f"SELECT body FROM leverframe.ledger WHERE action_id = '{BOBS_ACTION}'",
    "SELECT * FROM leverframe.ledger_heads",
    "SELECT id, before, after FROM leverframe.changes",
    "SELECT leverframe.scope_holds()",
    "EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM shop.payment_methods",
)
SCOPES = (
    f"SELECT set_config('leverframe.subject', '{BOB}', true); SELECT order_id FROM shop.orders",
    f"SELECT set_config('leverframe.subject', '{BOB}', false); COMMIT; SELECT order_id FROM shop.orders",
    f"SET LOCAL leverframe.subject = '{BOB}'; SELECT order_id FROM shop.orders",
    f"SET leverframe.subject = '{BOB}'; SET leverframe.proof = '{BOBS_PROOF}'; SELECT order_id FROM shop.orders",
    f"SET leverframe.subject = '{BOB}'; SET leverframe.proof = ''; SELECT order_id FROM shop.orders",
    f"SELECT order_id FROM shop.orders, set_config('leverframe.subject', '{BOB}', true)",
    f"SELECT order_id FROM shop.orders WHERE set_config('leverframe.subject', '{BOB}', true) IS NOT NULL",
    f"SET LOCAL leverframe.action = '{BOBS_ACTION}'; SELECT body FROM leverframe.ledger",
    "RESET leverframe.subject; SELECT order_id FROM shop.orders",
    "RESET ALL; SELECT order_id FROM shop.orders",
    "DISCARD ALL; SELECT order_id FROM shop.orders",
    "SET LOCAL leverframe.proof = ''; SELECT order_id FROM shop.orders",
    "SET row_security = off; SELECT order_id FROM shop.orders",
    "SET session_replication_role = replica; SELECT order_id FROM shop.orders",
    "SET ROLE leverframe_owner; SELECT order_id FROM shop.orders",
    "SET ROLE postgres; SELECT order_id FROM shop.orders",
    "SET ROLE leverframe_auditor; SELECT * FROM leverframe.ledger",
    "SET SESSION AUTHORIZATION postgres; SELECT order_id FROM shop.orders",
    "RESET SESSION AUTHORIZATION; SELECT order_id FROM shop.orders",
    "SET search_path = pg_temp, shop; SELECT order_id FROM orders",
    "CREATE FUNCTION leverframe.subject() RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$",
    f"""CREATE OR REPLACE FUNCTION leverframe.subject() RETURNS text LANGUAGE sql
        AS $$ SELECT '{BOB}' $$; SELECT order_id FROM shop.orders""",
    f"""CREATE FUNCTION pg_temp.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT ''::bytea $$;
        SET search_path = pg_temp, pg_catalog; SET leverframe.subject = '{BOB}'; SELECT order_id FROM shop.orders""",
    """CREATE FUNCTION pg_temp.peek() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER
        AS $$ SELECT order_id FROM shop.orders $$; SELECT pg_temp.peek()""",
    f"""DO $$ BEGIN PERFORM set_config('leverframe.subject', '{BOB}', true);
        UPDATE shop.orders SET status = 'cancelled'; END $$""",
    "GRANT leverframe_owner TO leverframe_tools",
    "ALTER ROLE leverframe_tools BYPASSRLS",
    "ALTER ROLE leverframe_tools SUPERUSER",
    "CREATE ROLE helper BYPASSRLS LOGIN",
    "ALTER DATABASE leverframe OWNER TO leverframe_tools",
    "CREATE EXTENSION dblink",
    "LOAD 'auto_explain'",
    "COMMIT; SELECT order_id FROM shop.orders",
    "ROLLBACK; BEGIN; SELECT order_id FROM shop.orders",
)
WRITES = (
    "UPDATE shop.orders SET status = 'cancelled', cancel_reason = 'no longer needed'",
    f"UPDATE shop.orders SET status = 'cancelled' WHERE order_id = '{BOBS}' RETURNING order_id",
    "UPDATE shop.payment_methods SET balance = 0 WHERE source = 'gift_card'",
    "UPDATE shop.payment_methods m SET balance = 0 FROM shop.orders o WHERE true",
    "UPDATE shop.order_payments SET amount = 0.01",
    "UPDATE shop.customers SET email = 'x@example.com'",
    "UPDATE shop.customers SET address1 = 'x', city = 'x' RETURNING customer_id, address1",
    f"UPDATE shop.customers SET zip = 'x' WHERE customer_id = '{BOB}'",
    "UPDATE shop.orders SET city = 'x', return_items = '{x}', exchange_price_difference = 1 RETURNING order_id, city",
    "UPDATE shop.order_items SET price = 0, options = '{}' RETURNING order_id, item_id",
    "UPDATE shop.orders o SET city = c.city FROM shop.customers c RETURNING o.order_id, c.customer_id",
    "UPDATE shop.orders SET version = 100 RETURNING order_id",
    f"UPDATE shop.orders SET customer_id = '{BOB}' WHERE order_id = '{CARD_ORDER}'",
    f"UPDATE shop.payment_methods SET customer_id = '{BOB}'",
    "UPDATE shop.variants SET price = 0",
    *(f"DELETE FROM shop.{table}" for table in TABLES),
    *(f"TRUNCATE shop.{table} CASCADE" for table in TABLES),
    "WITH gone AS (DELETE FROM shop.order_items RETURNING *) SELECT * FROM gone",
    "WITH c AS (UPDATE shop.orders SET status = 'processed' RETURNING order_id) SELECT * FROM c",
    f"""INSERT INTO shop.order_payments (payment_id, order_id, position, customer_id, transaction_type, amount,
        payment_method_id) SELECT gen_random_uuid(), '{BOBS}', 9, '{BOB}', 'payment', 5, 'credit_card_064298663449'""",
    f"""INSERT INTO shop.order_payments (payment_id, order_id, position, customer_id, transaction_type, amount,
        payment_method_id) SELECT gen_random_uuid(), '{BOBS}', 9, '{ANN}', 'payment', 5, 'gift_card_465672217427'""",
    f"""INSERT INTO shop.orders (order_id, customer_id, status) VALUES ('{BOBS}', '{BOB}', 'pending')
        ON CONFLICT (order_id) DO UPDATE SET status = 'cancelled' RETURNING order_id""",
    f"""INSERT INTO shop.customers VALUES ('{BOB}', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x')
        ON CONFLICT (customer_id) DO UPDATE SET email = 'x' RETURNING email""",
    f"""MERGE INTO shop.orders o USING (SELECT '{BOBS}' AS id) s ON o.order_id = s.id
        WHEN MATCHED THEN UPDATE SET status = 'cancelled'""",
    "MERGE INTO shop.orders o USING shop.products p ON true WHEN MATCHED THEN DELETE",
    "COPY shop.orders (order_id, customer_id) FROM STDIN",
    "ALTER TABLE shop.orders DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE shop.orders NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE shop.orders DISABLE TRIGGER ALL",
    "DROP POLICY own_rows ON shop.orders",
    "CREATE POLICY mine ON shop.orders USING (true)",
    "DROP TABLE shop.orders CASCADE",
    "CREATE RULE r AS ON UPDATE TO shop.orders DO ALSO DELETE FROM shop.order_items",
    "CREATE TRIGGER t AFTER UPDATE ON shop.orders EXECUTE FUNCTION shop.next_version()",
    "LOCK TABLE shop.orders IN ACCESS EXCLUSIVE MODE",
    "SELECT lo_from_bytea(0, 'x'); UPDATE shop.orders SET status = 'processed'",
    "UPDATE shop.orders SET status = 'processed'; COMMIT; UPDATE shop.orders SET status = 'delivered'; COMMIT",
    f"""INSERT INTO leverframe.ledger (action_id, seq, key, kind, role, at, body, trace_id, prev_hash, hash)
        VALUES ('{BOBS_ACTION}', 2, 'x', 'effect', 'tools', '', '{{}}', '', '', repeat('0', 64))""",
    "UPDATE leverframe.ledger SET body = '{}'",
    "DELETE FROM leverframe.ledger",
    "TRUNCATE leverframe.ledger",
    "UPDATE leverframe.ledger_heads SET seq = 0",
    "DELETE FROM leverframe.changes",
    "UPDATE leverframe.scope_key SET inner_pad = ''",
)


async def run(connection: AsyncConnection[tuple[object, ...]], statement: str) -> tuple[str, str]:
    """All that a statement shows, and the error that ended it; then try to commit what it did."""
    shown: list[str] = []
    try:
        cursor = connection.cursor()
        if statement.startswith("COPY") and "STDOUT" in statement:
            async with cursor.copy(statement.encode()) as copy:
                shown += [repr(row) async for row in copy.rows()]
        elif statement.startswith("COPY") and "STDIN" in statement:
            async with cursor.copy(statement.encode()) as copy:
                await copy.write_row((BOBS, BOB))
        else:
            await cursor.execute(statement.encode())
            while True:
                if cursor.description:
                    shown += [repr(row) for row in await cursor.fetchall()]
                if not cursor.nextset():
                    break
        await connection.commit()
    except psycopg.Error as error:
        return "\n".join(shown), str(error)
    return "\n".join(shown), ""


async def attack(database: Database, statement: str, scope: Scope) -> tuple[str, str]:
    """Run a statement as the tools' login, in a transaction scoped as the tools worker does it."""
    connection: AsyncConnection[tuple[object, ...]] = await AsyncConnection.connect(libpq(database.tools_url))
    async with connection:
        await connection.execute("SET lock_timeout = '2s'")
        await connection.execute(
            "SELECT set_config('leverframe.subject', %s, true), set_config('leverframe.action', %s, true),"
            " set_config('leverframe.proof', %s, true)",
            (scope.subject, scope.action_id, scope.proof(bytes.fromhex(database.scope_key))),
        )
        result = await run(connection, statement)
        await connection.rollback()
        return result


@pytest.fixture
async def bobs_secrets(shop: None, sessions: ScopedSessions, sql: Sql) -> list[str]:
    """What nobody may learn with Ann's scope, in the business tables and in the ledger."""
    async with sessions.begin(Scope(BOB, BOBS_ACTION)) as session:
        note = LedgerEntry(key="x", kind="started", role="workflows", at="", body={"note": "about-bob"})
        await ledger.append(session, BOBS_ACTION, [note], "")
    await sql(
        "INSERT INTO shop.fulfilments SELECT order_id, 1, customer_id, ARRAY['TRACK-' || customer_id], '{}'"
        " FROM shop.orders"
    )
    rows = await sql(
        f"""SELECT order_id FROM shop.orders WHERE customer_id = '{BOB}'
        UNION SELECT payment_method_id FROM shop.payment_methods WHERE customer_id = '{BOB}'
        UNION SELECT payment_id::text FROM shop.order_payments WHERE customer_id = '{BOB}'
        UNION SELECT email FROM shop.customers WHERE customer_id = '{BOB}'"""
    )
    return [*(str(row[0]) for row in rows), f"TRACK-{BOB}", "about-bob"]


@pytest.mark.parametrize("granted", ["as migrated", "every privilege", "every privilege, nothing captured"])
async def test_no_statement_reaches_another_customer(
    granted: str, bobs_secrets: list[str], database: Database, everything: Everything, sql: Sql
) -> None:
    """Row-level security holds by itself: also if grants and the demand for a ledger entry were given up."""
    if granted != "as migrated":
        await sql("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA shop TO leverframe_tools")
    if granted.endswith("nothing captured"):
        for table in TABLES:
            await sql(f"ALTER TABLE shop.{table} DISABLE TRIGGER capture")
    before = bobs(await everything())
    statements = (*READS, *SCOPES, *WRITES)
    reached, seen_own = [], 0
    for statement in statements:
        shown, error = await attack(database, statement, Scope(ANN, ANNS_ACTION))
        seen_own += CARD_ORDER in shown
        for secret in bobs_secrets:
            if secret in shown or (secret in error and secret not in statement):
                reached.append((statement, secret))
        if bobs(await everything()) != before:
            reached.append((statement, "changed"))
    assert reached == []
    assert len(statements) >= 100
    assert seen_own >= 15, "the statements must be able to show rows at all"


def bobs(rows: dict[str, list[str]]) -> dict[str, list[str]]:
    """Every row of the other customer, byte for byte, and the secrets of the schema."""
    return {
        table: [row for row in rows[table] if "ann" not in row]
        for table in (*(f"shop.{table}" for table in TABLES), "leverframe.ledger", "leverframe.ledger_heads",
                      "leverframe.scope_key")
    }  # fmt: skip


async def test_the_attack_would_be_noticed(bobs_secrets: list[str], database: Database) -> None:
    shown, _ = await attack(database, "SELECT * FROM shop.order_payments", Scope(BOB, ANNS_ACTION))
    assert any(secret in shown for secret in bobs_secrets)


@pytest.mark.parametrize("guessed", ["order_id", "payment_id", "refunds_payment"])
async def test_a_refusal_does_not_tell_a_strangers_row_from_none(
    guessed: str, shop: None, database: Database, sql: Sql
) -> None:
    """Ids are guessed: an order's is a number, and a payment's may be made out of it."""
    ((bobs_payment,),) = await sql(f"SELECT payment_id FROM shop.order_payments WHERE order_id = '{BOBS}'")
    ((own,),) = await sql(f"SELECT payment_id FROM shop.order_payments WHERE order_id = '{CARD_ORDER}'")
    row = {"payment_id": str(uuid4()), "order_id": CARD_ORDER, "refunds_payment": str(own)}
    answers = set()
    for value in (BOBS, "#W9999999") if guessed == "order_id" else (str(bobs_payment), str(uuid4())):
        tried = row | {guessed: value}
        statement = f"""INSERT INTO shop.order_payments (payment_id, order_id, position, customer_id, transaction_type,
            amount, payment_method_id, refunds_payment) SELECT '{tried["payment_id"]}', '{tried["order_id"]}', position,
            customer_id, 'refund', 0.01, payment_method_id, '{tried["refunds_payment"]}'
            FROM shop.order_payments WHERE order_id = '{CARD_ORDER}'"""
        statement = statement if guessed == "order_id" else statement.replace(" position,\n", " 9,\n")
        _, error = await attack(database, statement, Scope(ANN, ANNS_ACTION))
        assert error
        for name in (*row.values(), *tried.values()):
            error = error.replace(name, "")
        answers.add(error)
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("subject", "action_id", "proof"),
    [
        ("", "", ""),
        (BOB, ANNS_ACTION, ""),
        (BOB, ANNS_ACTION, "anns"),
        (BOB, "", "anns"),
        (ANN, BOBS_ACTION, "anns"),
        (ANN, ANNS_ACTION, BOBS_PROOF),
        (ANN, ANNS_ACTION, Scope(ANN, ANNS_ACTION).proof(b"not the key")),
    ],
)
async def test_a_scope_without_its_proof_sees_nothing(
    shop: None, database: Database, subject: str, action_id: str, proof: str
) -> None:
    anns = Scope(ANN, ANNS_ACTION).proof(bytes.fromhex(database.scope_key))
    connection: AsyncConnection[tuple[object, ...]] = await AsyncConnection.connect(libpq(database.tools_url))
    async with connection:
        settings = {"subject": subject, "action": action_id, "proof": anns if proof == "anns" else proof}
        for name, value in settings.items():
            await connection.execute("SELECT set_config(%s, %s, true)", (f"leverframe.{name}", value))
        for table in ("payment_methods", "orders", "order_items", "order_payments"):
            shown = await connection.execute(f"SELECT count(*) FROM shop.{table}".encode())
            assert await shown.fetchone() == (0,)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE shop.orders SET status = 'processed'",
        # Hides the scope between the row being found and the change being captured.
        """UPDATE shop.orders SET status = 'processed'
           RETURNING set_config('leverframe.subject', '', true), set_config('leverframe.action', '', true)""",
        "UPDATE shop.orders SET status = 'processed'; SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED",
        "UPDATE shop.orders SET status = 'processed'; DELETE FROM leverframe.changes",
        f"""UPDATE shop.orders SET status = 'processed';
            INSERT INTO leverframe.ledger (action_id, seq, key, kind, role, at, body, trace_id, prev_hash, hash)
            VALUES ('{ANNS_ACTION}', 1, 'effect:x', 'effect', 'tools', '', '{{"changes": []}}', '', repeat('0', 64),
                    repeat('1', 64))""",
    ],
)
async def test_no_change_is_committed_without_its_ledger_entry(
    shop: None, database: Database, everything: Everything, statement: str
) -> None:
    before = await everything()
    _, error = await attack(database, statement, Scope(ANN, ANNS_ACTION))
    assert error
    assert await everything() == before


async def test_a_read_only_transaction_cannot_write(shop: None, sessions: ScopedSessions) -> None:
    async with sessions.begin(Scope(ANN, ANNS_ACTION), read_only=True) as session:
        with pytest.raises(SQLAlchemyError, match="read-only"):
            await session.execute(text("UPDATE shop.orders SET status = 'processed'"))
        await session.rollback()


async def test_the_next_user_of_a_connection_has_no_scope(shop: None, database: Database) -> None:
    engine = create_engine(database.tools_url, pool_size=1)
    try:
        async with ScopedSessions(engine, database.scope_key).begin(Scope(ANN, ANNS_ACTION)) as session:
            assert await session.scalar(text("SELECT count(*) FROM shop.orders")) == 3
        async with engine.connect() as connection:
            assert await connection.scalar(text("SELECT count(*) FROM shop.orders")) == 0
    finally:
        await engine.dispose()


def test_a_subject_cannot_imitate_another_scope() -> None:
    with pytest.raises(ValueError, match=r"U\+001F"):
        Scope("a\x1fb", "c").proof(b"k")


async def test_a_server_that_was_started_anew_is_not_noticed(shop: None, sessions: ScopedSessions, sql: Sql) -> None:
    scope = Scope(ANN, ANNS_ACTION)
    async with sessions.begin(scope) as session, sessions.begin(scope) as other:
        before = [(await one.execute(text("SELECT pg_backend_pid()"))).scalar_one() for one in (session, other)]
    assert await sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'leverframe_tools'")
    async with sessions.begin(scope) as session, sessions.begin(scope) as other:
        after = [(await one.execute(text("SELECT pg_backend_pid()"))).scalar_one() for one in (session, other)]
        orders = (await session.execute(text("SELECT order_id FROM shop.orders"))).all()
    assert not {*before} & {*after}
    assert (CARD_ORDER,) in orders
