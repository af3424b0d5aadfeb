"""Bring a database to the current schema: roles, tables, policies, and the secrets given from outside."""

import hashlib
from collections.abc import Sequence

import psycopg
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from psycopg import sql
from pydantic import BaseModel, Field, SecretStr
from sqlalchemy import Connection, NullPool, create_engine, text

from tools.kernel.chains import KERNEL, Chain, table_chains
from tools.kernel.libpq import libpq
from tools.kernel.limits import empower, limit, reserve
from tools.kernel.logins import APPROVALS, AUDITOR, KEYS, LIMITS, LOGINS, OWNER, ROLES, SEALER, TOOLS

BLOCK = 64
"""Block size of SHA-256 in bytes, to which HMAC pads its key (RFC 2104)."""
LOCK = 4_817_001
"""Advisory lock that keeps two migrations of one database apart."""


class OtherVersion(RuntimeError):
    """The database was made by a version of Leverframe that this one cannot go on from; nothing was changed."""


class DatabaseSecrets(BaseModel):
    """What the operator of the database gives; nothing of it is written into a migration."""

    tools_password: SecretStr = Field(min_length=16)
    approvals_password: SecretStr = Field(min_length=16)
    auditor_password: SecretStr = Field(min_length=16)
    keys_password: SecretStr = Field(min_length=16)
    sealer_password: SecretStr = Field(min_length=16)
    scope_key: SecretStr = Field(min_length=64, max_length=64)
    """32 random bytes in hex, with which the tools worker proves whose rows a transaction may touch."""


def migrate(
    owner_url: str, secrets: DatabaseSecrets, chains: Sequence[Chain] | None = None, *, dedicated: bool = False
) -> None:
    """Create or update the kernel and the businesses' tables; safe to repeat, and to run from two processes at once.

    ``owner_url`` is a SQLAlchemy URL (``postgresql+psycopg://``) of a login that may create roles. ``chains`` are those
    of the businesses, which are :func:`~tools.kernel.chains.table_chains` where they are left out. What others have in
    the database, and what they may do there, stays; but with ``dedicated``, which says that the server is for
    Leverframe alone, everybody loses what no login of ours needs. Raises :class:`OtherVersion`.
    """
    with psycopg.connect(libpq(owner_url), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        _require_ours(connection)
        _prepare(connection)
        _upgrade(owner_url, (KERNEL, *(table_chains() if chains is None else chains)))
        _apply(connection, secrets)
        if dedicated:
            reserve(connection)


def add_tables(owner_url: str, chain: Chain) -> None:
    """Create or update tables that not every database has; the kernel's are there. Raises :class:`OtherVersion`."""
    with psycopg.connect(libpq(owner_url), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        _upgrade(owner_url, (chain,))


def _require_ours(connection: psycopg.Connection) -> None:
    """Before there were chains, the kernel's tables came with a business's."""
    found = connection.execute("SELECT to_regclass('leverframe.migrations')").fetchone()
    if found and found[0]:
        raise OtherVersion(
            "this database was made by an earlier version of Leverframe, which this one cannot go on from; "
            "give it another one, or drop its schema leverframe and those of its businesses if nothing there is needed"
        )


def _prepare(connection: psycopg.Connection) -> None:
    for role in ROLES:
        connection.execute(role)
    database = sql.Identifier(connection.info.dbname)
    for statement in (
        "GRANT leverframe_owner TO CURRENT_USER",
        "GRANT CREATE ON DATABASE {database} TO leverframe_owner",
        f"GRANT CONNECT ON DATABASE {{database}} TO {', '.join(LOGINS)}",
        "CREATE SCHEMA IF NOT EXISTS leverframe AUTHORIZATION leverframe_owner",
    ):
        connection.execute(sql.SQL(statement).format(database=database))
    empower(connection)
    for login, limits in LIMITS.items():
        limit(connection, login, limits)


def _upgrade(owner_url: str, chains: Sequence[Chain]) -> None:
    """All or nothing: a business's migration that fails leaves the kernel as it was, too."""
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        for chain in chains:
            connection.execute(text(f"SET LOCAL ROLE {OWNER}"))
            _go_on(connection, chain)


def _go_on(connection: Connection, chain: Chain) -> None:
    config = Config()
    folders = {"script_location": KERNEL.folder.parent, "version_locations": chain.folder}
    for name, folder in folders.items():
        config.set_main_option(name, str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes.update(connection=connection, version_table=chain.version_table)
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise OtherVersion(f"the tables of {chain.name} are of a version that is not known here: {error}") from error


def _apply(connection: psycopg.Connection, secrets: DatabaseSecrets) -> None:
    passwords = {
        TOOLS: secrets.tools_password,
        APPROVALS: secrets.approvals_password,
        AUDITOR: secrets.auditor_password,
        KEYS: secrets.keys_password,
        SEALER: secrets.sealer_password,
    }
    for role, password in passwords.items():
        # Hashed here, so that the password itself never stands in a statement or a log of the server.
        verifier = connection.pgconn.encrypt_password(
            password.get_secret_value().encode(), role.encode(), b"scram-sha-256"
        ).decode()
        statement = sql.SQL("ALTER ROLE {role} PASSWORD {verifier}")
        connection.execute(statement.format(role=sql.Identifier(role), verifier=sql.Literal(verifier)))
    inner, outer = _pads(bytes.fromhex(secrets.scope_key.get_secret_value()))
    connection.execute(
        """INSERT INTO leverframe.scope_key (inner_pad, outer_pad) VALUES (%s, %s)
        ON CONFLICT (one) DO UPDATE SET inner_pad = excluded.inner_pad, outer_pad = excluded.outer_pad""",
        (inner, outer),
    )


def _pads(key: bytes) -> tuple[bytes, bytes]:
    padded = (hashlib.sha256(key).digest() if len(key) > BLOCK else key).ljust(BLOCK, b"\0")
    return bytes(byte ^ 0x36 for byte in padded), bytes(byte ^ 0x5C for byte in padded)
