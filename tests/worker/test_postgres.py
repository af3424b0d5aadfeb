"""The embedded PostgreSQL: shared, restarted, killed, and never left behind."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory
from pydantic import SecretStr

from tools.kernel.chains import KERNEL, Chain, table_chains
from tools.kernel.logins import LOGINS, TOOLS
from tools.kernel.migrate import DatabaseSecrets, migrate
from worker.embedded.postgres import PostgresError, start_postgres
from worker.embedded.reaper import server_pid
from worker.testing.postgres import libpq

HOLD = """
import sys, time
from pathlib import Path
from worker.embedded.postgres import start_postgres
server = start_postgres(Path(sys.argv[1]), durable=False)
print("up", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def state() -> Iterator[Path]:
    """A state folder behind a path with spaces that is longer than a socket's may be."""
    with tempfile.TemporaryDirectory(prefix="leverframe-test-") as folder:
        long = Path(folder) / "a clone with a long name" / ("x" * 100)
        long.mkdir(parents=True)
        with start_postgres(long, durable=False):
            pass
        yield long


def ask(url: str, question: str = "SELECT current_user") -> object:
    with psycopg.connect(libpq(url)) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row and row[0]


def newest(chain: Chain) -> str | None:
    return ScriptDirectory(str(chain.folder.parent), version_locations=[str(chain.folder)]).get_current_head()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 30 s"
        time.sleep(0.01)


def holder(state: Path) -> "subprocess.Popen[str]":
    """Another process that uses the server until its standard input is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(state)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "up\n"
    return process


def end(process: "subprocess.Popen[str]", how: signal.Signals | None = None) -> None:
    if how:
        process.send_signal(how)
    process.communicate()


def test_each_login_is_who_it_says_and_secrets_are_private(state: Path) -> None:
    with start_postgres(state, durable=False) as server:
        assert ask(server.owner_url) == "postgres"
        assert ask(server.tools_url) == "leverframe_tools"
        assert ask(server.approvals_url) == "leverframe_approvals"
        assert ask(server.auditor_url) == "leverframe_auditor"
        assert ask(server.keys_url) == "leverframe_keys"
        assert ask(server.owner_url, "SHOW listen_addresses") == ""
        for chain in (KERNEL, *table_chains()):
            version = f"SELECT version_num FROM leverframe.{chain.version_table}"
            assert ask(server.owner_url, version) == newest(chain)
    assert (state / "postgres.json").stat().st_mode & 0o777 == 0o600
    assert (state / "postgres").stat().st_mode & 0o777 == 0o700


def test_a_second_start_finds_the_data_and_has_the_same_urls(state: Path) -> None:
    with start_postgres(state, durable=False) as first, psycopg.connect(libpq(first.owner_url)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    assert server_pid(state / "postgres") is None
    with start_postgres(state, durable=False) as second:
        assert ask(second.owner_url, "SELECT n FROM kept") == 7
        assert (second.owner_url, second.tools_url, second.scope_key) == (
            first.owner_url, first.tools_url, first.scope_key,
        )  # fmt: skip


def test_a_folder_of_an_earlier_version_gets_the_secrets_that_it_lacks(state: Path) -> None:
    file = state / "postgres.json"
    known = json.loads(file.read_text())
    file.write_text(json.dumps({name: value for name, value in known.items() if name != "approvals_password"}))
    with start_postgres(state, durable=False) as server:
        assert ask(server.approvals_url) == "leverframe_approvals"
    kept = json.loads(file.read_text())
    assert {name for name in known if kept[name] != known[name]} == {"approvals_password"}
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_server_runs_until_its_last_user_stops(state: Path) -> None:
    other = holder(state)
    with start_postgres(state, durable=False) as server:
        pid = server_pid(state / "postgres")
    assert server_pid(state / "postgres") == pid
    server.stop()
    with start_postgres(state, durable=False) as server:
        end(other)
        assert server_pid(state / "postgres") == pid
        assert ask(server.tools_url) == "leverframe_tools"
    assert server_pid(state / "postgres") is None


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_running_however_the_user_ends(state: Path, how: signal.Signals) -> None:
    other = holder(state)
    assert server_pid(state / "postgres")
    end(other, how)
    wait_for(lambda: server_pid(state / "postgres") is None)
    with start_postgres(state, durable=False) as server:
        assert ask(server.tools_url) == "leverframe_tools"


def test_a_killed_server_is_started_anew_even_if_its_number_is_taken(state: Path) -> None:
    with start_postgres(state, durable=False):
        pid = server_pid(state / "postgres")
        assert pid
        left = (state / "postgres" / "postmaster.pid").read_text()
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: server_pid(state / "postgres") is None)
    (state / "postgres" / "postmaster.pid").write_text(left.replace(str(pid), str(os.getpid()), 1))
    with start_postgres(state, durable=False) as server:
        assert ask(server.tools_url) == "leverframe_tools"


def test_an_interrupted_first_start_does_not_stop_the_next() -> None:
    with tempfile.TemporaryDirectory(prefix="leverframe-test-") as folder:
        half = Path(folder) / "postgres.new"
        half.mkdir()
        (half / "PG_VERSION").write_text("18\n")
        with start_postgres(Path(folder), durable=False) as server:
            assert ask(server.auditor_url) == "leverframe_auditor"


def test_a_server_that_cannot_start_says_why() -> None:
    with tempfile.TemporaryDirectory(prefix="leverframe-test-") as folder:
        state = Path(folder)
        (state / "postgres").mkdir(mode=0o700)
        (state / "postgres" / "PG_VERSION").write_text("9.6\n")
        with pytest.raises(PostgresError, match=r"did not start from .*\n.*(incompatible|postgresql.conf)"):
            start_postgres(state)


def test_a_folder_of_an_incompatible_version_says_what_to_do(state: Path) -> None:
    with start_postgres(state, durable=False) as server, psycopg.connect(libpq(server.owner_url)) as connection:
        connection.execute("CREATE TABLE leverframe.migrations (version_num text)")
        connection.commit()
        with pytest.raises(PostgresError, match=r"earlier version of Leverframe.* remove that folder"):
            start_postgres(state, durable=False)
        connection.execute("DROP TABLE leverframe.migrations")


def test_an_owner_who_is_no_superuser_migrates_too() -> None:
    """As where somebody else runs the server: it makes roles and owns its database, and nothing more."""
    secret = "x" * 20
    with (
        tempfile.TemporaryDirectory(prefix="leverframe-test-") as folder,
        start_postgres(Path(folder), durable=False) as server,
    ):
        with psycopg.connect(libpq(server.owner_url).replace("/leverframe?", "/postgres?"), autocommit=True) as admin:
            admin.execute("DROP DATABASE leverframe")
            for role in (*LOGINS, "leverframe_owner"):
                admin.execute(f"DROP OWNED BY {role}".encode())
                admin.execute(f"DROP ROLE {role}".encode())
            admin.execute(f"CREATE ROLE managed LOGIN CREATEROLE PASSWORD '{secret}'".encode())
            admin.execute("CREATE DATABASE leverframe OWNER managed")
        managed = server.owner_url.replace("//postgres@", f"//managed:{secret}@")
        passwords = {f"{login.removeprefix('leverframe_')}_password": SecretStr(secret) for login in LOGINS}
        for _ in range(2):
            migrate(managed, DatabaseSecrets(**passwords, scope_key=SecretStr("ab" * 32)))
        url = server.owner_url.replace("//postgres@", f"//{TOOLS}:{secret}@")
        assert ask(url) == TOOLS
        assert ask(url, "SHOW lock_timeout") == "15s"
        with psycopg.connect(libpq(managed), autocommit=True) as connection:
            connection.execute("CREATE TABLE public.notes (id integer PRIMARY KEY, holder text, said text)")
            for _ in range(2):
                connection.execute("SELECT leverframe.protect('public.notes', 'holder', changes => '{said}')")
        assert ask(url, "SELECT count(*) FROM public.notes") == 0
