"""A company's own database: its application goes on as before, and one table of it is put under the law."""

import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from audit.recorded import database as recorded_in
from leverframe.business import CHOICE
from leverframe.capability import Approval, approve
from leverframe.contracts.calling import CallRequest, CallResult, PreviewRequest
from leverframe.contracts.plan import Plan, PlannedCall, RowChange
from leverframe.digest import is_genuine
from tests.support.command import completed
from tests.support.keys import capability
from tools.arguments import OneLine
from tools.base import Arguments, CallContext, Result, Toolbox, tool
from tools.errors import ToolRefused
from tools.execute import execute
from tools.kernel.chains import Chain
from tools.kernel.logins import LOGINS, OWNER
from tools.kernel.migrate import OtherVersion, migrate
from tools.preview import preview
from tools.scope import Scope, ScopedSessions, create_engine
from worker.embedded.postgres import EmbeddedPostgres
from worker.testing.keys import APPROVALS, ISSUER, VERIFIER
from worker.testing.postgres import Database, empty_database, libpq, secrets_of

PAGE = (Path(__file__).parents[2] / "docs" / "database.md").read_text(encoding="utf-8")
[COMMAND] = re.findall(r"```sh\npython -m worker protect (.*?)\n```", PAGE)
[SQL] = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
ACTION = "contract_change-0123456789abcdef-000000000001"
PASSWORD = "had-before"
APPLICATION = """
    CREATE SCHEMA crm;
    CREATE TABLE crm.contracts (
        contract_id text PRIMARY KEY, holder text NOT NULL, tariff text NOT NULL, fee numeric(10, 2) NOT NULL,
        note text, ends_on date, updated_at timestamp NOT NULL DEFAULT now());
    CREATE TABLE crm.cards (card_id bigint GENERATED ALWAYS AS IDENTITY, contract_id text REFERENCES crm.contracts);
    CREATE TABLE public.invoices (number text PRIMARY KEY, holder text, total numeric(10, 2));
    CREATE FUNCTION crm.touch() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN NEW.updated_at := clock_timestamp(); RETURN NEW; END $$;
    CREATE TRIGGER touch BEFORE UPDATE ON crm.contracts FOR EACH ROW EXECUTE FUNCTION crm.touch();
    INSERT INTO crm.contracts (contract_id, holder, tariff, fee, note) VALUES
        ('A-1', 'ann', 'small', 19.90, 'called twice'), ('A-2', 'ann', 'large', 49.00, NULL),
        ('B-1', 'bob', 'small', 19.90, 'about-bob')
"""
GRANTS = """GRANT USAGE ON SCHEMA crm TO {0}; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA crm TO {0};
    GRANT SELECT, INSERT ON public.invoices TO {0}"""
WORK = (
    "SELECT contract_id, holder, tariff, fee, note FROM crm.contracts ORDER BY 1",
    "INSERT INTO crm.contracts (contract_id, holder, tariff, fee) VALUES ('C-1', 'cem', 'small', 9) RETURNING holder",
    "UPDATE crm.contracts SET note = 'seen', holder = 'dan' WHERE contract_id = 'C-1' RETURNING note, holder",
    "INSERT INTO crm.cards (contract_id) VALUES ('C-1') RETURNING contract_id",
    "DELETE FROM crm.cards RETURNING contract_id",
    "DELETE FROM crm.contracts WHERE contract_id = 'C-1' RETURNING contract_id",
    "SELECT count(*) FROM public.invoices",
    "CREATE TEMP TABLE scratch AS SELECT 1 AS one",
    "SELECT pg_advisory_lock(7), pg_advisory_unlock(7)",
    "SELECT lo_unlink(lo_create(0))",
    "SELECT count(*) FROM pg_stat_activity WHERE pg_cancel_backend(pid) AND false",
)
"""What the application does all day, each statement committed."""


@dataclass(frozen=True)
class Company:
    database: Database
    application: str
    """How its application logs in."""

    def works(self) -> list[object]:
        """What each of the application's statements returns, or the error."""
        done: list[object] = []
        with psycopg.connect(self.application, autocommit=True) as connection:
            for statement in WORK:
                try:
                    cursor = connection.execute(statement.encode())
                    done.append(cursor.fetchall() if cursor.description else cursor.statusmessage)
                except psycopg.Error as error:
                    done.append(error)
        return done

    def administer(self, *statements: str) -> list[tuple[object, ...]]:
        """As the company's DBA."""
        with psycopg.connect(libpq(self.database.owner_url)) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def protect(self, *arguments: str) -> tuple[int, str]:
        """What ``python -m worker protect`` says, and its exit code."""
        own = {"LEVERFRAME_OWNER_DATABASE_URL": self.database.owner_url}
        done = completed("protect", *arguments, environment=os.environ | own)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def company(postgres: EmbeddedPostgres) -> Iterator[Company]:
    login = f"crm_{secrets.token_hex(4)}"
    with empty_database(postgres) as database:
        url = make_url(database.owner_url).set(username=login, password=PASSWORD)
        company = Company(database, libpq(url.render_as_string(hide_password=False)))
        company.administer(APPLICATION, f"CREATE ROLE {login} LOGIN PASSWORD '{PASSWORD}'", GRANTS.format(login))
        yield company
        company.administer(f"DROP OWNED BY {login}", f"DROP ROLE {login}")


class ChangeTariff(Arguments):
    contract_id: OneLine
    tariff: OneLine
    fee: OneLine


class Contracts(Result):
    contracts: list[str]


@tool("contracts.list", effect="read")
async def list_contracts(call: CallContext, arguments: Arguments) -> Contracts:
    """All that the database shows."""
    rows = await call.session.execute(text("SELECT contract_id FROM crm.contracts ORDER BY 1"))
    return Contracts(contracts=list(rows.scalars()))


@tool("contracts.change_tariff", effect="destructive")
async def change_tariff(call: CallContext, arguments: ChangeTariff) -> Contracts:
    """Does not ask whose the contract is: that is for the database."""
    changed = await call.session.execute(
        text("UPDATE crm.contracts SET tariff = :tariff, fee = :fee WHERE contract_id = :id RETURNING contract_id"),
        {"tariff": arguments.tariff, "fee": Decimal(arguments.fee), "id": arguments.contract_id},
    )
    found = list(changed.scalars())
    if not found:
        raise ToolRefused(f"There is no contract {arguments.contract_id}.", "OWN-CONTRACTS")
    return Contracts(contracts=found)


TOOLBOX = Toolbox().add(list_contracts).add(change_tariff)


def changing(contract: str) -> PlannedCall:
    arguments = {"contract_id": contract, "tariff": "medium", "fee": "29.50"}
    return PlannedCall(call="changing", key="changing#1", tool="contracts.change_tariff", arguments=arguments)


@dataclass(frozen=True)
class Ann:
    """An action of hers."""

    sessions: ScopedSessions

    async def plan(self, call: PlannedCall) -> Plan:
        request = PreviewRequest(action_id=ACTION, capability=capability("ann", action_id=ACTION), calls=(call,))
        return await preview(self.sessions, TOOLBOX, VERIFIER, request)

    async def run(self, call: PlannedCall, plan: Plan | None = None) -> CallResult:
        token = capability("ann", action_id=ACTION)
        if plan:
            until = datetime.now(UTC) + timedelta(hours=1)
            token = approve(token, ISSUER.public, APPROVALS.newest[1], plan.digest, [Approval("olga", "signed")], until)
        request = CallRequest(action_id=ACTION, capability=token, planned=call, approved=plan)
        return await execute(self.sessions, TOOLBOX, VERIFIER, request, "")


async def refusal(sessions: ScopedSessions, statement: str) -> str:
    """What the database says to a statement in Ann's name when it is committed; empty when it is."""
    try:
        async with sessions.begin(Scope("ann", ACTION)) as session:
            await session.execute(text(statement))
    except DBAPIError as error:
        return str(error.orig)
    return ""


async def test_an_action_works_on_a_table_that_was_there_before(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = company.works()
    assert not [done for done in before if isinstance(done, Exception)]
    everybodys = "SELECT datname, datacl::text FROM pg_database UNION SELECT proname, proacl::text FROM pg_proc"
    rights = company.administer(f"SELECT * FROM ({everybodys}) AS r WHERE datacl IS NOT NULL ORDER BY 1, 2")

    monkeypatch.setenv(CHOICE, "")
    migrate(company.database.owner_url, secrets_of(company.database))
    assert company.works() == before
    schemas = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$' ORDER BY 1"
    assert company.administer(schemas) == [("crm",), ("leverframe",), ("public",)]
    assert not [name for (name,) in company.administer("SELECT relname FROM pg_class") if "shop" in str(name)]
    kept = company.administer(f"SELECT * FROM ({everybodys}) AS r WHERE datacl IS NOT NULL ORDER BY 1, 2")
    assert [right for right in rights if right not in kept and "test_" not in str(right[0])] == []

    engine = create_engine(company.database.tools_url)
    sessions = ScopedSessions(engine, company.database.scope_key)
    assert "permission denied" in await refusal(sessions, "SELECT * FROM crm.contracts")

    law = COMMAND.split()
    code, told = company.protect(*law, "--check")
    assert code == 1
    assert "crm.contracts: row-level security is off" in told
    assert "crm.contracts: changes are not captured as said" in told
    assert company.protect(*law) == (0, SQL)
    assert company.works() == before, "printing changes nothing"
    company.administer(SQL)
    assert company.protect(*law, "--check") == (0, "-- crm.contracts: nothing is missing.\n")
    assert company.works() == before

    ann = Ann(sessions)
    reading = PlannedCall(call="reading", key="reading#1", tool="contracts.list", arguments={})
    assert (await ann.run(reading)).output == {"contracts": ["A-1", "A-2"]}
    with pytest.raises(ToolRefused, match="no contract B-1"):
        await ann.plan(changing("B-1"))
    plan = await ann.plan(changing("A-1"))
    assert is_genuine(ACTION, plan)
    assert plan.calls[0].changes == (
        RowChange(
            table="crm.contracts",
            key={"contract_id": "A-1"},
            before={"tariff": "small", "fee": "19.90"},
            after={"tariff": "medium", "fee": "29.50"},
        ),
    )
    for _ in range(2):
        result = await ann.run(changing("A-1"), plan)
        assert (result.status, result.output) == ("succeeded", {"contracts": ["A-1"]})
    assert company.administer("SELECT contract_id, holder, tariff, fee FROM crm.contracts ORDER BY 1") == [
        ("A-1", "ann", "medium", Decimal("29.50")),
        ("A-2", "ann", "large", Decimal("49.00")),
        ("B-1", "bob", "small", Decimal("19.90")),
    ]
    recorded = company.administer("SELECT body -> 'changes' FROM leverframe.ledger WHERE kind = 'effect'")
    assert recorded == [([plan.calls[0].changes[0].model_dump(mode="json")],)]

    for statement, why in {
        "UPDATE crm.contracts SET fee = 1": "not in the ledger",
        "UPDATE crm.contracts SET note = 'x'": "permission denied",
        "UPDATE crm.contracts SET holder = 'bob'": "permission denied",
        "UPDATE crm.contracts SET contract_id = 'x'": "permission denied",
        "SELECT note FROM crm.contracts": "permission denied",
        "DELETE FROM crm.contracts": "permission denied",
        "INSERT INTO crm.contracts (contract_id, holder, tariff, fee) VALUES ('X', 'ann', '', 0)": "permission denied",
        "SELECT * FROM crm.cards": "permission denied",
        "SELECT * FROM public.invoices": "permission denied",
    }.items():
        assert why in await refusal(sessions, statement), statement
    await engine.dispose()
    auditor = create_engine(company.database.auditor_url)
    async with recorded_in(auditor) as found:
        assert [action.action_id async for action in found.actions()] == [ACTION]
    await auditor.dispose()


def test_a_database_of_an_earlier_version_is_left_alone(company: Company) -> None:
    company.administer("CREATE SCHEMA leverframe; CREATE TABLE leverframe.migrations (version_num text)")
    with pytest.raises(OtherVersion, match="made by an earlier version of Leverframe"):
        migrate(company.database.owner_url, secrets_of(company.database), ())
    assert company.administer("SELECT count(*) FROM pg_class WHERE relnamespace = 'leverframe'::regnamespace") == [(1,)]


def test_a_business_brings_its_own_chain_and_a_broken_one_leaves_nothing(company: Company, tmp_path: Path) -> None:
    url, given = company.database.owner_url, secrets_of(company.database)
    revision = """from alembic import op
revision, down_revision = "{0}", {1}
def upgrade():
    op.execute({2!r})
"""
    chain = Chain("acme", tmp_path, "migrations_acme")
    (tmp_path / "a.py").write_text(
        revision.format("a", None, "CREATE SCHEMA acme CREATE TABLE things (id int PRIMARY KEY)")
    )
    (tmp_path / "b.py").write_text(revision.format("b", "'a'", "CREATE TABLE nowhere.things ()"))
    with pytest.raises(DBAPIError, match="nowhere"):
        migrate(url, given, (chain,))
    left = "SELECT relname FROM pg_class WHERE relname IN ('things', 'ledger')"
    assert company.administer(left) == []

    (tmp_path / "b.py").write_text(revision.format("b", "'a'", "SELECT leverframe.protect('acme.things', NULL)"))
    for _ in range(2):
        migrate(url, given, (chain,))
    assert company.administer("SELECT version_num FROM leverframe.migrations_acme") == [("b",)]
    assert company.administer("SELECT name FROM leverframe.protected() ORDER BY 1") == [
        ("acme.things",),
        ("subject_keys",),
    ]
    (tmp_path / "b.py").unlink()
    with pytest.raises(OtherVersion, match="the tables of acme are of a version that is not known here"):
        migrate(url, given, (chain,))


def test_the_page_names_every_role_that_there_is() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (yes|no) \|", PAGE, re.MULTILINE)
    assert rows == [(OWNER, "no"), *((login, "yes") for login in LOGINS)]
    kept_out = re.findall(r"^host \w+ +(\S+) all (?:scram-sha-256|reject)$", PAGE, re.MULTILINE)
    assert [one.split(",") for one in kept_out] == [list(LOGINS)] * 2
