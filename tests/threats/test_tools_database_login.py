"""The tools' database login is stolen, without the scope key that belongs to it.

Lost: the catalogue (products, variants), which is nobody's, and which capabilities are revoked. No customer's row is
seen or changed: :mod:`tests.tools.test_scope` tries it with more than a hundred statements. Here is what came with the
tables of approvals and revocations.
"""

import psycopg
import pytest

from tests.support.two_customers import ANN, Everything, Sql
from tools.scope import Scope
from worker.testing.postgres import Database, libpq

ID = "order_cancellation-0123456789abcdef-000000000001"
COLUMNS = "action_id, run_id, event_id, choice, digest, person, identity, trust, role, quorum"
APPROVAL = f"('{ID}', 'run', 9, 'approve', repeat('a', 64), 'rita', 'rita', 'principal', 'support', 1)"

DENIED = {
    "read approvals": "SELECT * FROM leverframe.approvals",
    "count approvals": "SELECT count(*) FROM leverframe.approvals",
    "copy approvals": "COPY leverframe.approvals TO STDOUT",
    "approve": f"INSERT INTO leverframe.approvals ({COLUMNS}) VALUES {APPROVAL}",
    "approve for good": f"INSERT INTO leverframe.approvals ({COLUMNS}) VALUES {APPROVAL} ON CONFLICT DO NOTHING",
    "turn a rejection": "UPDATE leverframe.approvals SET choice = 'approve'",
    "lower a quorum": "UPDATE leverframe.approvals SET quorum = 1",
    "forget decisions": "DELETE FROM leverframe.approvals",
    "forget them all": "TRUNCATE leverframe.approvals",
    "revoke": "INSERT INTO leverframe.revocations (token_id, reason) VALUES ('aa', 'x')",
    "take a revocation back": "DELETE FROM leverframe.revocations",
    "change a revocation": "UPDATE leverframe.revocations SET token_id = 'aa'",
    "forget revocations": "TRUNCATE leverframe.revocations",
    "drop the table": "DROP TABLE leverframe.revocations",
    "shadow the table": "CREATE TABLE leverframe.revocations_2 (token_id text)",
    "become the approvals role": "SET ROLE leverframe_approvals",
    "become the auditor": "SET ROLE leverframe_auditor",
    "grant": "GRANT INSERT ON leverframe.approvals TO leverframe_tools",
    "call a scope into being": "SELECT leverframe.scope_holds()",
}


@pytest.fixture
async def decided(shop: None, sql: Sql) -> None:
    """A rejection, and a revocation."""
    rejection = APPROVAL.replace("'approve'", "'reject'").replace("'rita'", "'olga'").replace("9", "5")
    await sql(f"INSERT INTO leverframe.approvals ({COLUMNS}) VALUES {rejection}")
    await sql("INSERT INTO leverframe.revocations (token_id, reason) VALUES ('bb', 'stolen')")


@pytest.mark.parametrize("attempt", DENIED)
async def test_the_login_alone_neither_reads_nor_writes_decisions(
    attempt: str, decided: None, database: Database, everything: Everything
) -> None:
    before = await everything()
    with (
        psycopg.connect(libpq(database.tools_url), autocommit=True) as connection,
        pytest.raises(psycopg.Error, match=r"permission denied|must be owner|must be able"),
    ):
        connection.execute(DENIED[attempt].encode())
    assert await everything() == before


@pytest.mark.parametrize("proof", ["", "0" * 64, Scope(ANN, ID).proof(b"a guess")])
async def test_a_guessed_proof_shows_no_row(proof: str, decided: None, database: Database) -> None:
    with psycopg.connect(libpq(database.tools_url)) as connection:
        for name, value in (("subject", ANN), ("action", ID), ("proof", proof)):
            connection.execute("SELECT set_config(%s, %s, true)", (f"leverframe.{name}", value))
        for rows in ("order_id FROM shop.orders", "* FROM shop.order_payments", "* FROM shop.payment_methods"):
            assert connection.execute(f"SELECT {rows}".encode()).fetchall() == []
        assert connection.execute("SELECT token_id FROM leverframe.revocations").fetchall() == [("bb",)]
