"""Whoever acts as the auditor reads, and can do nothing else: neither with the commands nor with the login."""

import os
import re
import subprocess
from pathlib import Path

import psycopg
import pytest
from psycopg import sql as composed

from tests.support.command import completed
from tests.support.two_customers import Action, Everything, Sql, moved
from worker.roles.own_secrets import ALL, refuse_secrets_beyond, secrets_of, without_secrets
from worker.settings.audit import AuditorSettings
from worker.testing.keys import SEALS
from worker.testing.postgres import Database, libpq

OFFERED = {"audit", "drift", "export", "report", "trace"}
TABLES = """SELECT table_schema, table_name FROM information_schema.tables
    WHERE table_schema IN ('shop', 'leverframe') AND table_type = 'BASE TABLE' ORDER BY 1, 2"""


def worker(folder: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return plain(folder, "--role", "auditor", *arguments, **environment)


def plain(folder: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    given = without_secrets(os.environ) | {"LEVERFRAME_STATE_DIR": str(folder), "COLUMNS": "200"} | environment
    return completed(*arguments, environment=given, folder=folder)


@pytest.fixture
async def told(action: Action) -> Action:
    await action.record(moved("s"))
    return action


async def test_no_command_that_is_offered_writes(
    told: Action, database: Database, everything: Everything, tmp_path: Path
) -> None:
    own = {
        "LEVERFRAME_AUDITOR_DATABASE_URL": database.auditor_url,
        "LEVERFRAME_SEAL_PUBLIC_KEYS": str(SEALS.public),
    }
    before = await everything()
    tried = {
        ("audit", "--all"): 0,
        ("audit", told.id): 0,
        ("audit", "--all", "--seals"): 1,
        ("export", str(tmp_path / "export")): 0,
        ("report", told.id, "--out", str(tmp_path / "action.html")): 0,
        ("report", "--from", "2026-05-01", "--to", "2026-05-31", "--out", str(tmp_path / "period.html")): 0,
        ("drift", "--to", "2026-05-31"): 0,
        ("trace", told.id): 1,
    }
    assert {command for command, *_ in tried} == OFFERED
    for arguments, code in tried.items():
        done = worker(tmp_path, *arguments, **own)
        assert done.returncode == code, (arguments, done.stderr)
    assert await everything() == before


def test_every_other_command_is_unknown(tmp_path: Path) -> None:
    help_text = worker(tmp_path, "--help").stdout
    assert set(re.findall(r"^│ ([a-z][a-z-]+)  ", help_text, re.MULTILINE)) == OFFERED
    for name in ("approve", "migrate", "keys"):
        done = worker(tmp_path, name, "--help")
        assert (done.returncode, f"No such command '{name}'" in done.stderr) == (2, True), name
    by_variable = plain(tmp_path, "revoke", "aa", "--reason", "x", LEVERFRAME_ROLE="auditor")
    assert "No such command 'revoke'" in by_variable.stderr


@pytest.mark.parametrize("name", sorted(secrets_of(ALL) - secrets_of((AuditorSettings,))))
def test_it_does_not_start_with_anybody_elses_secret(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the option calls; a process for each would take minutes.
    monkeypatch.setenv("LEVERFRAME_SECRETS_DIR", str(tmp_path))
    for secret in secrets_of(ALL):
        monkeypatch.delenv(secret, raising=False)
    monkeypatch.setenv(name, "handed-out")
    with pytest.raises(ValueError, match=f"must not hold: {name}"):
        refuse_secrets_beyond(secrets_of((AuditorSettings,)), "the role auditor")


def test_the_command_refuses_and_starts_no_database_of_its_own(tmp_path: Path) -> None:
    done = worker(tmp_path, "audit", "--all", LEVERFRAME_PAYLOAD_KEYS="1:" + "ab" * 32)
    assert (done.returncode, "the role auditor must not hold: LEVERFRAME_PAYLOAD_KEYS" in done.stderr) == (2, True)
    (tmp_path / "postgres.json").write_text("{}")
    done = worker(tmp_path, "audit", "--all")
    assert (done.returncode, "LEVERFRAME_AUDITOR_DATABASE_URL is missing" in done.stderr) == (2, True)
    assert {file.name for file in tmp_path.iterdir()} == {"postgres.json"}


async def test_its_login_changes_no_row_of_any_table(
    told: Action, database: Database, sql: Sql, everything: Everything
) -> None:
    before = await everything()
    tables = await sql(TABLES)
    assert len(tables) > 14
    for schema, table in tables:
        name = composed.Identifier(str(schema), str(table))
        for attempt in (
            "INSERT INTO {name} DEFAULT VALUES",
            "DELETE FROM {name}",
            "TRUNCATE {name}",
            "DROP TABLE {name}",
            "ALTER TABLE {name} DISABLE TRIGGER ALL",
            "LOCK TABLE {name} IN EXCLUSIVE MODE",
        ):
            refused(database, composed.SQL(attempt).format(name=name))
    for schema, table, column in await sql(
        """SELECT table_schema, table_name, column_name FROM information_schema.columns
           WHERE table_schema IN ('shop', 'leverframe')"""
    ):
        name, column_name = composed.Identifier(str(schema), str(table)), composed.Identifier(str(column))
        refused(database, composed.SQL("UPDATE {name} SET {column} = DEFAULT").format(name=name, column=column_name))
    for attempt in (
        "CREATE TABLE leverframe.mine (a int)",
        "CREATE TEMP TABLE mine (a int)",
        "CREATE SCHEMA mine",
        "SET ROLE leverframe_owner",
        "SET ROLE leverframe_sealer",
        "SET session_replication_role = replica",
        "SELECT shop.erase_customer('erased-x')",
    ):
        refused(database, composed.SQL(attempt))
    assert await everything() == before


def refused(database: Database, statement: composed.Composable) -> None:
    with psycopg.connect(libpq(database.auditor_url)) as connection:
        text = statement.as_string(connection)
        try:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(text.encode())
        except BaseException as error:
            error.add_note(text)
            raise
        finally:
            connection.rollback()
