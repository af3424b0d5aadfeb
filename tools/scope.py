"""Database sessions that see one subject's rows, by proof and not by promise."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from leverframe.subject_keys import SubjectKeys
from tools.body_encryption import Bodies
from tools.revocations import is_revoked, refuse

SEPARATOR = "\x1f"
BODIES = "bodies"
LOCKED = "locked"
SET_KEY = text("SELECT set_config('leverframe.key', :key, true)")
LOCK_ACTION = text("SELECT leverframe.lock_action()")


@dataclass(frozen=True)
class Scope:
    """Whose rows, in which action. An empty subject sees no business rows: enough to record."""

    subject: str
    action_id: str

    def proof(self, key: bytes) -> str:
        """HMAC-SHA256 in hex, which the database recomputes: a subject set without it sees nothing."""
        if SEPARATOR in self.subject or SEPARATOR in self.action_id:
            raise ValueError("a subject or an action id must not hold the control character U+001F")
        return hmac.new(key, f"{self.subject}{SEPARATOR}{self.action_id}".encode(), hashlib.sha256).hexdigest()


def create_engine(url: str, *, pool_size: int = 10, ping: bool = True) -> AsyncEngine:
    """An engine for a SQLAlchemy URL (``postgresql+psycopg://``); connections that died are replaced.

    ``ping``: found by a question of its own before each transaction; :class:`ScopedSessions` needs none.
    Its errors do not quote parameters: they may be a customer's, or the proof of a scope.
    """
    return create_async_engine(url, pool_size=pool_size, max_overflow=0, pool_pre_ping=ping, hide_parameters=True)


class ScopedSessions:
    """Gives out one transaction at a time, each in the scope of one action."""

    def __init__(self, engine: AsyncEngine, scope_key: str, people: SubjectKeys | None = None) -> None:
        """``engine`` logs in as the tools' role; ``scope_key`` is 32 bytes in hex.

        ``people`` are the keys under which the ledger's bodies are sealed; without, they are plain text.
        """
        self._engine = engine
        self._info = {BODIES: Bodies(people)}
        self._key = bytes.fromhex(scope_key)

    def keyed(self, subject: str) -> str:
        """A name for a user that only this database's key makes, and that does not tell who it is."""
        return hmac.new(self._key, f"admitted{SEPARATOR}{subject}".encode(), hashlib.sha256).hexdigest()

    @asynccontextmanager
    async def begin(
        self,
        scope: Scope,
        *,
        revocation_ids: Iterable[str] = (),
        read_only: bool = False,
        lasts: timedelta | None = None,
    ) -> AsyncIterator[AsyncSession]:
        """A transaction that commits on leaving and rolls back on any exception.

        Its first statement raises CapabilityRefused when one of ``revocation_ids`` (of the capability that the scope
        comes from) is revoked; without any, only a record is kept, which a revocation does not end.
        With ``lasts`` the database gives up a statement that takes longer, also when the worker was killed meanwhile.
        READ COMMITTED on purpose: after the wait for :func:`lock_action` the next statement sees what the
        holder of the lock has committed. Tools lock the rows that they decide on.
        """
        async with AsyncSession(self._engine, expire_on_commit=False, info=self._info) as session:
            first = _set_scope(scope, scope.proof(self._key), revocation_ids, lasts)
            try:
                revoked = await _first(session, first, read_only)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                # The server has gone since the last transaction, and nothing was done in this one.
                await session.rollback()
                revoked = await _first(session, first, read_only)
            refuse(revoked)
            yield session
            await session.commit()


async def _first(session: AsyncSession, statement: Select[tuple[str, str, str, bool, str]], read_only: bool) -> bool:
    await session.connection(execution_options={"postgresql_readonly": read_only})
    revoked: bool = (await session.execute(statement)).one().revoked
    return revoked


def _set_scope(
    scope: Scope, proof: str, revocation_ids: Iterable[str], lasts: timedelta | None
) -> Select[tuple[str, str, str, bool, str]]:
    limit = str(round(lasts.total_seconds() * 1000)) if lasts else func.current_setting("statement_timeout")
    return select(
        func.set_config("leverframe.subject", scope.subject, True),
        func.set_config("leverframe.action", scope.action_id, True),
        func.set_config("leverframe.proof", proof, True),
        is_revoked(revocation_ids),
        func.set_config("statement_timeout", limit, True),
    )


def bodies(session: AsyncSession) -> Bodies:
    """What seals and opens the ledger's bodies in this session."""
    found: Bodies = session.info[BODIES]
    return found


async def lock_action(session: AsyncSession) -> None:
    """Keep other writers of the action in scope out until the transaction ends."""
    if LOCKED not in session.info:
        await session.execute(LOCK_ACTION)
        if not session.in_nested_transaction():  # With that, the lock would go before the transaction's end.
            session.info[LOCKED] = True


async def set_key(session: AsyncSession, key: str) -> None:
    """Name the call whose changes follow; they can be committed only with the ledger entry of that key."""
    await session.execute(SET_KEY, {"key": key})
