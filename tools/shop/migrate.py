"""Bring a database to the current schema: roles, tables, policies, and the secrets given from outside."""

import hashlib
from datetime import timedelta
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from pydantic import BaseModel, Field, SecretStr
from sqlalchemy import NullPool, create_engine, make_url

from tools.shop.limits import LONGEST_CALL, LONGEST_TRANSACTION, Limits, deny, limit

OWNER = "leverframe_owner"
TOOLS = "leverframe_tools"
APPROVALS = "leverframe_approvals"
AUDITOR = "leverframe_auditor"
KEYS = "leverframe_keys"
SEALER = "leverframe_sealer"
BLOCK = 64
"""Block size of SHA-256 in bytes, to which HMAC pads its key (RFC 2104)."""
LOCK = 4_817_001
"""Advisory lock that keeps two migrations of one database apart."""

MINUTE = timedelta(minutes=1)
LIMITS = {
    TOOLS: Limits(40, statement=LONGEST_CALL, idle=LONGEST_CALL, transaction=LONGEST_TRANSACTION),
    APPROVALS: Limits(20, statement=MINUTE, idle=MINUTE, transaction=2 * MINUTE),
    # Reads whole ledgers, part by part, and locks nothing that others need.
    AUDITOR: Limits(10, statement=15 * MINUTE, idle=15 * MINUTE),
    # May seal everybody's key anew in one transaction.
    KEYS: Limits(15, statement=5 * MINUTE, idle=MINUTE),
    SEALER: Limits(5, statement=5 * MINUTE, idle=5 * MINUTE, transaction=10 * MINUTE),
}
LOGINS = tuple(LIMITS)
ROLES = tuple(
    f"""DO $$ BEGIN CREATE ROLE {role} NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOBYPASSRLS {login};
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"""
    for role, login in ((OWNER, "NOLOGIN"), *((login, "LOGIN") for login in LOGINS))
)


class DatabaseSecrets(BaseModel):
    """What the operator of the database gives; nothing of it is written into a migration."""

    tools_password: SecretStr = Field(min_length=16)
    approvals_password: SecretStr = Field(min_length=16)
    auditor_password: SecretStr = Field(min_length=16)
    keys_password: SecretStr = Field(min_length=16)
    sealer_password: SecretStr = Field(min_length=16)
    scope_key: SecretStr = Field(min_length=64, max_length=64)
    """32 random bytes in hex, with which the tools worker proves whose rows a transaction may touch."""


def migrate(owner_url: str, secrets: DatabaseSecrets) -> None:
    """Create or update everything; safe to repeat, and safe to run from two processes at once.

    ``owner_url`` is a SQLAlchemy URL (``postgresql+psycopg://``) of a login that may create roles.
    """
    dsn = make_url(owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        _prepare(connection)
        _upgrade(owner_url)
        _apply(connection, secrets)


def _prepare(connection: psycopg.Connection) -> None:
    for role in ROLES:
        connection.execute(role)
    database = sql.Identifier(connection.info.dbname)
    for statement in (
        "GRANT leverframe_owner TO CURRENT_USER",
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "GRANT CREATE ON DATABASE {database} TO leverframe_owner",
        f"GRANT CONNECT ON DATABASE {{database}} TO {', '.join(LOGINS)}",
        "CREATE SCHEMA IF NOT EXISTS leverframe AUTHORIZATION leverframe_owner",
    ):
        connection.execute(sql.SQL(statement).format(database=database))
    deny(connection)
    for login, limits in LIMITS.items():
        limit(connection, login, limits)


def _upgrade(owner_url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"SET LOCAL ROLE {OWNER}")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


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
