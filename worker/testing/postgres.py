"""Fixtures on a real PostgreSQL: one server for the run, and for each test a fresh copy of the migrated database.

PYTEST_DONT_REWRITE: it asserts nothing, and may be imported before pytest loads it.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from tools.approvals import ApprovalRecord
from tools.kernel.libpq import libpq as libpq  # Also for the tests of businesses.
from tools.kernel.logins import LOGINS
from tools.kernel.migrate import DatabaseSecrets
from tools.scope import ScopedSessions, create_engine
from worker.embedded.postgres import EmbeddedPostgres, start_postgres

JOINED = "LEVERFRAME_TEST_STATE"

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own in it
ROOM = 2 << 30
"""Bytes."""


@dataclass(frozen=True)
class Database:
    """One test's database, as :class:`~worker.embedded.postgres.EmbeddedPostgres` names it."""

    owner_url: str
    tools_url: str
    approvals_url: str
    auditor_url: str
    keys_url: str
    sealer_url: str
    scope_key: str


def run_sql(database: Database, *files: Path) -> None:
    """Run files of SQL as the database's owner: a table that a company has, and what puts it under the law."""
    with psycopg.connect(libpq(database.owner_url), autocommit=True) as connection:
        for file in files:
            connection.execute(file.read_text(encoding="utf-8").encode())


def secrets_of(database: Database) -> DatabaseSecrets:
    """What a migration of this database is given, so that its logins keep their passwords."""
    urls = (database.tools_url, database.approvals_url, database.auditor_url, database.keys_url, database.sealer_url)
    tools, approvals, auditor, keys, sealer = (SecretStr(make_url(url).password or "") for url in urls)
    return DatabaseSecrets(
        tools_password=tools,
        approvals_password=approvals,
        auditor_password=auditor,
        keys_password=keys,
        sealer_password=sealer,
        scope_key=SecretStr(database.scope_key),
    )


def _named(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def in_memory() -> Path | None:
    """Where files lie in memory, if there is room: on a disk, each test waits for 300 files of its database.

    A container has 64 MB there by default.
    """
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM else None


@pytest.fixture(scope="session")
def postgres_state() -> Iterator[Path]:
    """Where the server's state lies; tests that are run by a test are handed its folder, and join its server."""
    if joined := os.environ.get(JOINED):
        yield Path(joined)
        return
    # Not pytest's own folder: for root the server runs as another user, and pytest closes that folder to others.
    with tempfile.TemporaryDirectory(prefix="leverframe-test-", dir=in_memory()) as state:
        yield Path(state)


@pytest.fixture(scope="session")
def postgres(postgres_state: Path) -> Iterator[EmbeddedPostgres]:
    with start_postgres(postgres_state, durable=False) as server:
        yield server


@pytest.fixture
def database(postgres: EmbeddedPostgres) -> Iterator[Database]:
    with fresh_database(postgres) as fresh:
        yield fresh


@contextmanager
def fresh_database(postgres: EmbeddedPostgres) -> Iterator[Database]:
    """A copy of the migrated database for as long as the block lasts."""
    with _database(postgres, "leverframe") as fresh:
        with psycopg.connect(libpq(fresh.owner_url), autocommit=True) as connection:
            # A copy of a database has the default grants again.
            name = connection.info.dbname
            connection.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC'.encode())
            connection.execute(f'GRANT CONNECT ON DATABASE "{name}" TO {", ".join(LOGINS)}'.encode())
        yield fresh


@contextmanager
def empty_database(postgres: EmbeddedPostgres) -> Iterator[Database]:
    """A database as PostgreSQL makes it, on the same server and so with the same logins."""
    with _database(postgres, "template0") as empty:
        yield empty


@contextmanager
def _database(postgres: EmbeddedPostgres, template: str) -> Iterator[Database]:
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(libpq(_named(postgres.owner_url, "postgres")), autocommit=True) as connection:
        # As files: written into the log row by row, as is the default, a copy takes twice as long.
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {template} STRATEGY file_copy'.encode())
        yield Database(
            owner_url=_named(postgres.owner_url, name),
            tools_url=_named(postgres.tools_url, name),
            approvals_url=_named(postgres.approvals_url, name),
            auditor_url=_named(postgres.auditor_url, name),
            keys_url=_named(postgres.keys_url, name),
            sealer_url=_named(postgres.sealer_url, name),
            scope_key=postgres.scope_key,
        )
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture
async def owner(database: Database) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database.owner_url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def auditor(database: Database) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database.auditor_url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def sessions(database: Database) -> AsyncIterator[ScopedSessions]:
    engine = create_engine(database.tools_url, ping=False)
    yield ScopedSessions(engine, database.scope_key)
    await engine.dispose()


@pytest.fixture
async def approvals(database: Database) -> AsyncIterator[ApprovalRecord]:
    engine = create_engine(database.approvals_url)
    yield ApprovalRecord(engine)
    await engine.dispose()
