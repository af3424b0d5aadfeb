"""The company: a database with its application's tables and login, migrated, and put under the law by its DBA."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url
from temporalio.testing import WorkflowEnvironment

from tools.kernel.migrate import migrate
from worker.embedded.postgres import EmbeddedPostgres
from worker.testing.postgres import Database, empty_database, libpq, secrets_of
from worker.testing.rig import Rig, open_rig

HERE = Path(__file__).parents[1]
APPLICATION = (HERE / "application.sql").read_text(encoding="utf-8")
WORK = (
    "SELECT contract_id, holder, plan_code, monthly_fee, ends_on FROM mobile.contracts ORDER BY 1",
    "UPDATE mobile.contracts SET sales_note = 'called', holder = holder WHERE contract_id = 'C-2001' RETURNING holder",
    "INSERT INTO mobile.cards VALUES ('K-9', 'C-2001', 'bob', 'SIM') RETURNING card_id",
    "DELETE FROM mobile.cards WHERE card_id = 'K-9' RETURNING card_id",
)
"""What the application does all day."""


def administer(database: Database, *statements: str) -> None:
    """As the company's DBA."""
    with psycopg.connect(libpq(database.owner_url)) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def works(login: str) -> list[object]:
    """What the application's statements return, with its own login."""
    with psycopg.connect(login) as connection:
        done = [connection.execute(statement.encode()).fetchall() for statement in WORK]
        connection.rollback()
        return list(done)


@pytest.fixture
def company(postgres: EmbeddedPostgres) -> Iterator[tuple[Database, str]]:
    """The database, and how its application logs in; it was there, and worked, before Leverframe came."""
    with empty_database(postgres) as database:
        administer(
            database,
            APPLICATION,
            "CREATE ROLE mobile_app LOGIN PASSWORD 'had-before'",
            "GRANT USAGE ON SCHEMA mobile TO mobile_app",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA mobile TO mobile_app",
        )
        login = libpq(
            make_url(database.owner_url)
            .set(username="mobile_app", password="had-before")
            .render_as_string(hide_password=False)
        )
        before = works(login)
        migrate(database.owner_url, secrets_of(database))
        environment = {**os.environ, "LEVERFRAME_OWNER_DATABASE_URL": database.owner_url, "PYTHON": sys.executable}
        printed = subprocess.run(
            ["sh", HERE / "protect.sh"], env=environment, capture_output=True, text=True, check=True
        ).stdout
        administer(database, printed.replace("BEGIN;", "").replace("COMMIT;", ""))
        assert works(login) == before
        yield database, login
        administer(database, "DROP OWNED BY mobile_app", "DROP ROLE mobile_app")


@pytest.fixture
async def rig(temporal: WorkflowEnvironment, company: tuple[Database, str]) -> AsyncIterator[Rig]:
    """A whole Leverframe on the company's database."""
    async with open_rig(Rig, temporal, company[0]) as opened:
        yield opened
