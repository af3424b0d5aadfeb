"""What each database login may do and what it may not, tried as SQL."""

from contextlib import ExitStack
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import make_url

from leverframe.call_timeouts import attempt
from leverframe.plan_size import MOST_CHANGES
from tests.support.two_customers import Sql, decision
from tools.approvals import ApprovalRecord
from tools.kernel.logins import LIMITS
from tools.scope import Scope
from worker.testing.postgres import Database, libpq

ID, PLAN = "order_cancellation-logins", "a" * 64
INSERT = f"""INSERT INTO leverframe.approvals
    (action_id, run_id, event_id, choice, digest, person, identity, trust, role, quorum)
    VALUES ('{ID}', 'run-1', 9, 'approve', '{PLAN}', 'rita', 'rita', 'signed', 'support', 1)"""
MAKE_KEY = """INSERT INTO leverframe.subject_keys (pseudonym, wrapped, ring_number)
    VALUES ('aaaaaaaaaaaaaaaa', '\\x00', 1)"""
LEDGER = "SELECT * FROM leverframe.ledger"
SEALS, HEADS = "SELECT * FROM leverframe.seals", "SELECT action_id, seq, hash FROM leverframe.ledger_heads"
ADD_SEAL = """INSERT INTO leverframe.seals (number, record) VALUES (1, '{"number": 1}')"""
ALLOWED = {
    ("tools", "SELECT * FROM leverframe.revocations"),
    ("tools", "SELECT status FROM shop.orders"),
    ("tools", LEDGER),
    ("approvals", "SELECT * FROM leverframe.approvals"),
    ("approvals", "SELECT * FROM leverframe.revocations"),
    ("approvals", INSERT),
    ("auditor", "SELECT * FROM leverframe.approvals"),
    ("auditor", "SELECT * FROM leverframe.revocations"),
    ("auditor", "SELECT cancelled_by_action FROM shop.orders"),
    ("auditor", LEDGER),
    ("auditor", "SELECT * FROM leverframe.ledger_heads"),
    ("auditor", "SELECT pseudonym, doomed_by, destroyed_at FROM leverframe.subject_keys"),
    ("tools", "SELECT pseudonym, doomed_by, destroyed_at FROM leverframe.subject_keys"),
    ("tools", "UPDATE leverframe.subject_keys SET doomed_by = 'x'"),
    ("keys", "SELECT pseudonym, doomed_by, destroyed_at FROM leverframe.subject_keys"),
    ("keys", "SELECT wrapped FROM leverframe.subject_keys"),
    ("keys", MAKE_KEY),
    ("keys", "UPDATE leverframe.subject_keys SET wrapped = '\\x00'"),
    ("auditor", SEALS),
    ("auditor", HEADS),
    ("sealer", SEALS),
    ("sealer", HEADS),
    ("sealer", ADD_SEAL),
    ("sealer", "SET ROLE leverframe_sealer"),
}
STATEMENTS = (
    "SELECT pseudonym, doomed_by, destroyed_at FROM leverframe.subject_keys",
    "SELECT wrapped FROM leverframe.subject_keys",
    MAKE_KEY,
    "UPDATE leverframe.subject_keys SET wrapped = '\\x00'",
    "UPDATE leverframe.subject_keys SET doomed_by = 'x'",
    "UPDATE leverframe.subject_keys SET destroyed_at = now()",
    "DELETE FROM leverframe.subject_keys",
    "TRUNCATE leverframe.subject_keys",
    "SELECT * FROM leverframe.approvals",
    "SELECT * FROM leverframe.revocations",
    "SELECT * FROM leverframe.scope_key",
    "SELECT * FROM leverframe.ledger_heads",
    LEDGER,
    HEADS,
    SEALS,
    ADD_SEAL,
    "UPDATE leverframe.seals SET record = '{}'",
    "DELETE FROM leverframe.seals",
    "TRUNCATE leverframe.seals",
    "UPDATE leverframe.ledger_heads SET seq = 1",
    "SET ROLE leverframe_sealer",
    "SELECT status FROM shop.orders",
    "SELECT cancelled_by_action FROM shop.orders",
    "SELECT * FROM shop.customers",
    INSERT,
    INSERT.replace("quorum)", "quorum, at)").replace("1)", "1, '2020-01-01')"),
    "UPDATE leverframe.approvals SET choice = 'approve'",
    "UPDATE leverframe.approvals SET quorum = 1",
    "DELETE FROM leverframe.approvals",
    "TRUNCATE leverframe.approvals",
    "ALTER TABLE leverframe.approvals DROP CONSTRAINT approvals_pkey",
    "INSERT INTO leverframe.revocations (token_id, reason) VALUES ('ab', 'x')",
    "UPDATE leverframe.revocations SET token_id = 'ab'",
    "DELETE FROM leverframe.revocations",
    "TRUNCATE leverframe.revocations",
    "UPDATE shop.orders SET status = 'cancelled'",
    "DELETE FROM leverframe.ledger",
    "SELECT leverframe.action()",
    "SET ROLE leverframe_owner",
    "SET ROLE leverframe_tools",
    "SET ROLE leverframe_approvals",
    "SET ROLE leverframe_keys",
    "CREATE TABLE leverframe.mine (a int)",
    "CREATE TEMP TABLE mine (a int)",
    "ALTER ROLE leverframe_owner PASSWORD 'x'",
    "SELECT lo_create(0)",
    "SELECT lo_creat(-1)",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT lo_open(1, 131072)",
    "SELECT lo_unlink(oid) FROM pg_largeobject_metadata UNION SELECT lo_unlink(1) WHERE false",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_advisory_xact_lock_shared(1, 2)",
    "SELECT pg_try_advisory_lock(hashtextextended('order_cancellation-x', 0))",
    "SELECT pg_try_advisory_xact_lock(4817001)",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user",
    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = current_user",
    "SELECT leverframe.end_overdue()",
    "SELECT leverframe.lock_action()",
    "SELECT leverframe.take_turns('order_cancellation-x')",
)
# A login may always be itself; and only the tools ask whose action it is.
ALLOWED |= {("tools", "SET ROLE leverframe_tools"), ("approvals", "SET ROLE leverframe_approvals")}
ALLOWED |= {("keys", "SET ROLE leverframe_keys")}
ALLOWED |= {("approvals", "SELECT leverframe.take_turns('order_cancellation-x')")}
ALLOWED |= {("tools", "SELECT leverframe.action()")}
ALLOWED |= {("tools", "SELECT cancelled_by_action FROM shop.orders")}
ALLOWED |= {("tools", "UPDATE shop.orders SET status = 'cancelled'")}


WHO = ["tools", "approvals", "auditor", "keys", "sealer"]


@pytest.mark.parametrize("login", WHO)
async def test_a_login_may_do_exactly_this(
    login: str, shop: None, database: Database, approvals: ApprovalRecord, sql: Sql
) -> None:
    await approvals.record(decision(ID, PLAN), ())
    await sql("INSERT INTO leverframe.revocations VALUES ('0f', 'lost')")
    url: str = getattr(database, f"{login}_url")
    done = {(login, statement) for statement in STATEMENTS if works(url, statement)}
    assert done == {(who, statement) for who, statement in ALLOWED if who == login}


def works(url: str, statement: str) -> bool:
    """Whether the login has the privilege; what the statement does is undone."""
    with psycopg.connect(libpq(url)) as connection:
        try:
            connection.execute(statement.encode())
        except psycopg.errors.InsufficientPrivilege:
            return False
        finally:
            connection.rollback()
    return True


async def test_a_proof_of_scope_gives_the_approvals_login_nothing(shop: None, database: Database) -> None:
    scope = Scope("ann_lee_1001", ID)
    proof = scope.proof(bytes.fromhex(database.scope_key))
    with psycopg.connect(libpq(database.approvals_url)) as connection:
        for name, value in (("subject", scope.subject), ("action", ID), ("proof", proof)):
            connection.execute("SELECT set_config(%s, %s, true)", (f"leverframe.{name}", value))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM shop.orders")


@pytest.mark.parametrize("login", WHO)
def test_a_login_reaches_no_other_database(login: str, database: Database) -> None:
    for other in ("postgres", "template1"):
        url = make_url(getattr(database, f"{login}_url")).set(database=other)
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(libpq(url.render_as_string(hide_password=False)))


@pytest.mark.parametrize("login", WHO)
def test_a_login_neither_waits_nor_keeps_others_waiting_for_ever(login: str, database: Database) -> None:
    times = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    with psycopg.connect(libpq(getattr(database, f"{login}_url"))) as connection:
        for name in times:
            shown = connection.execute("SELECT current_setting(%s)::interval", (name,)).fetchone()
            assert shown is not None
            assert timedelta(seconds=10) <= shown[0] <= timedelta(minutes=15), name
            if login == "tools" and name != "lock_timeout":
                assert shown[0] > attempt(MOST_CHANGES), f"{name} ends the largest plan"


def test_a_login_with_all_its_connections_leaves_the_others_theirs(database: Database) -> None:
    with ExitStack() as taken:

        def connect(login: str) -> None:
            taken.enter_context(psycopg.connect(libpq(getattr(database, f"{login}_url"))))

        def connect_often() -> None:
            for _ in range(200):
                connect("sealer")

        with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
            connect_often()
        for login in WHO[:-1]:
            connect(login)


def test_all_logins_together_leave_the_owner_connections() -> None:
    assert sum(limits.connections for limits in LIMITS.values()) < 100
