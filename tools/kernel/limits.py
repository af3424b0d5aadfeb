"""What a login may take of the database server, so that one of them, whoever has it, leaves the others theirs."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import psycopg
from psycopg import sql

from leverframe.call_timeouts import MARGIN, attempt
from leverframe.plan_size import MOST_CHANGES

LOCK_WAIT = timedelta(seconds=15)
LONGEST_CALL = attempt(MOST_CHANGES) + MARGIN
"""What the largest plan takes in one statement, and what is waited within it for a system outside."""
LONGEST_TRANSACTION = timedelta(minutes=5)
"""Waiting for the action's lock, then the largest plan; ``leverframe.end_overdue`` ends what takes longer."""

OWNERS = (
    """GRANT EXECUTE ON FUNCTION pg_advisory_lock(bigint), pg_advisory_xact_lock(bigint),
    pg_terminate_backend(integer, bigint) TO leverframe_owner""",
    "GRANT pg_signal_backend, pg_read_all_stats TO leverframe_owner WITH INHERIT TRUE",
)
"""What the kernel's functions need, whoever else may have it."""
EVERYBODYS = """SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', oid::regprocedure) FROM pg_proc
    WHERE pronamespace = 'pg_catalog'::regnamespace
      AND proname ~ '^(lo_|loread$|lowrite$|pg_(try_)?advisory_|pg_(cancel|terminate)_backend$)'
    UNION ALL SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', datname) FROM pg_database
    WHERE datname IN ('postgres', 'template1', current_database())"""
"""Whoever may call these keeps others waiting for ever, fills the disk, or ends the sessions of honest workers. The
databases are those that every server has, and this one; what else a server holds is for whoever runs it."""


@dataclass(frozen=True)
class Limits:
    """Of one login. The times are what its sessions begin with; the connections cannot be exceeded."""

    connections: int
    """Percent of those that the server has for all; together less than 100, so that its owner gets in."""
    statement: timedelta
    idle: timedelta
    """How long a transaction may wait for its client."""
    transaction: timedelta = timedelta()
    """Zero: as long as its statements take."""

    def settings(self) -> dict[str, timedelta]:
        """By the server's names."""
        return {
            "statement_timeout": self.statement,
            "lock_timeout": LOCK_WAIT,
            "idle_in_transaction_session_timeout": self.idle,
            "transaction_timeout": self.transaction,
        }


def limit(connection: psycopg.Connection, login: str, limits: Limits) -> None:
    """Set a login's limits for the sessions that begin from now on; anew each time, since it can change its own."""
    role = sql.Identifier(login)
    connection.execute(sql.SQL("ALTER ROLE {role} RESET ALL").format(role=role))
    for name, time in limits.settings().items():
        value = sql.Literal(round(time.total_seconds() * 1000))
        statement = sql.SQL("ALTER ROLE {role} SET {name} = {value}")
        connection.execute(statement.format(role=role, name=sql.Identifier(name), value=value))
    most = sql.Literal(max(1, connections(connection) * limits.connections // 100))
    connection.execute(sql.SQL("ALTER ROLE {role} CONNECTION LIMIT {most}").format(role=role, most=most))


def connections(connection: psycopg.Connection) -> int:
    """How many connections the server has for those who are not its superuser."""
    found = connection.execute(
        "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
    ).fetchone()
    return int(found[0]) if found else 0


def empower(connection: psycopg.Connection) -> None:
    """Give the kernel's functions what they need of the server, where ``connection`` may."""
    _as_far_as_allowed(connection, OWNERS)


def reserve(connection: psycopg.Connection) -> None:
    """Take from everybody what no login of ours needs: other databases, large objects, locks, others' sessions.

    For a server that holds nothing else: any other application's logins lose it too. Where ``connection`` is not a
    superuser's, what is not its own stays as it was.
    """
    _as_far_as_allowed(connection, [statement for (statement,) in connection.execute(EVERYBODYS.encode()).fetchall()])


def _as_far_as_allowed(connection: psycopg.Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        with suppress(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())
