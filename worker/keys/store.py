"""The people's keys in the database, each sealed under the payload ring; the login of the key service alone."""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from leverframe.encryption import seal, unseal
from leverframe.errors import KeyUnknown, Undecryptable
from leverframe.keys import PAYLOAD_KEY_LENGTH, PayloadKeys
from leverframe.subject_keys import SubjectKey
from tools.subject_keys import SUBJECT_KEYS

KEY = SUBJECT_KEYS.c


@dataclass(frozen=True)
class Doomed:
    """A key that waits for its end."""

    pseudonym: str
    doomed_by: str
    """The action that erases the person."""


class KeyStore:
    """Where the people's keys are (:class:`~leverframe.subject_keys.KeySource`)."""

    def __init__(self, engine: AsyncEngine, ring: PayloadKeys) -> None:
        """``engine`` logs in as the key service's role; ``ring`` seals the keys as they lie in the database."""
        self._engine = engine
        # One statement is a transaction of its own, and needs no other.
        self._looking = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._ring = ring

    async def find(self, pseudonym: str) -> SubjectKey:
        """The person's key as it stands; raises KeyUnknown when the ring no longer opens it."""
        async with self._looking.connect() as connection:
            return await self._find(connection, pseudonym)

    async def _find(self, connection: AsyncConnection, pseudonym: str) -> SubjectKey:
        row = (await connection.execute(select(SUBJECT_KEYS).where(KEY.pseudonym == pseudonym))).one_or_none()
        return SubjectKey("none") if row is None else self._read(row)

    async def find_many(self, pseudonyms: Sequence[str]) -> Mapping[str, SubjectKey]:
        """Several people's keys as they stand; one that does not open is left out, and :meth:`find` says why."""
        async with self._looking.connect() as connection:
            rows = (await connection.execute(select(SUBJECT_KEYS).where(KEY.pseudonym.in_(pseudonyms)))).all()
        found = {name: SubjectKey("none") for name in pseudonyms}
        for row in rows:
            del found[row.pseudonym]
            with suppress(Undecryptable):
                found[row.pseudonym] = self._read(row)
        return found

    async def ensure(self, pseudonym: str) -> SubjectKey:
        """The person's key, made now if there was none; of several that make it at once, one does."""
        async with self._looking.connect() as connection:
            found = await self._find(connection, pseudonym)
            if found.state != "none":
                return found
            fresh = self._wrapped(pseudonym, secrets.token_bytes(PAYLOAD_KEY_LENGTH))
            made = insert(SUBJECT_KEYS).values(pseudonym=pseudonym, **fresh).on_conflict_do_nothing()
            await connection.execute(made)
            return await self._find(connection, pseudonym)

    async def doomed(self) -> list[Doomed]:
        """The keys that are to be destroyed, oldest first."""
        waiting = (
            select(KEY.pseudonym, KEY.doomed_by)
            .where(KEY.doomed_by.is_not(None), KEY.destroyed_at.is_(None))
            .order_by(KEY.doomed_at)
        )
        async with self._engine.connect() as connection:
            return [Doomed(row.pseudonym, row.doomed_by) for row in await connection.execute(waiting)]

    async def destroy(self, pseudonym: str) -> None:
        """Destroy a doomed key for ever; raises ``ValueError`` for one that is not doomed."""
        gone = (
            update(SUBJECT_KEYS)
            .where(KEY.pseudonym == pseudonym, KEY.doomed_by.is_not(None))
            .values(wrapped=None, ring_number=None)
            .returning(KEY.pseudonym)
        )
        async with self._engine.begin() as connection:
            if (await connection.execute(gone.where(KEY.destroyed_at.is_(None)))).one_or_none():
                return
        if (await self.find(pseudonym)).state != "destroyed":
            raise ValueError(f"the key of {pseudonym} is not doomed: no action that erases this person has said so")

    async def rewrap(self) -> int:
        """Seal every key under the ring's newest key that is not yet; returns how many were sealed anew.

        Afterwards the older keys of the ring are not needed for these any more.
        """
        older = select(KEY.pseudonym, KEY.ring_number, KEY.wrapped).where(KEY.ring_number != self._ring.newest)
        async with self._engine.begin() as connection:
            rows = (await connection.execute(older.with_for_update())).all()
            for row in rows:
                key = self._unwrap(row.pseudonym, row.ring_number, row.wrapped)
                sealed = update(SUBJECT_KEYS).where(KEY.pseudonym == row.pseudonym, KEY.wrapped.is_not(None))
                await connection.execute(sealed.values(**self._wrapped(row.pseudonym, key)))
        return len(rows)

    async def check(self) -> None:
        """Raise the database's own error when it does not answer."""
        async with self._engine.connect() as connection:
            await connection.execute(select(func.now()))

    def _read(self, row: Row[Any]) -> SubjectKey:
        if row.wrapped is None:
            return SubjectKey("destroyed")
        key = self._unwrap(row.pseudonym, row.ring_number, row.wrapped)
        return SubjectKey("doomed" if row.doomed_by else "active", key)

    def _wrapped(self, pseudonym: str, key: bytes) -> dict[str, object]:
        number = self._ring.newest
        return {"wrapped": seal(self._ring_key(number), key, _place(pseudonym)), "ring_number": number}

    def _unwrap(self, pseudonym: str, number: int, wrapped: bytes) -> bytes:
        return unseal(self._ring_key(number), wrapped, _place(pseudonym), f"the key of {pseudonym}")

    def _ring_key(self, number: int) -> bytes:
        key = self._ring.get(number)
        if key is None:
            raise KeyUnknown(
                f"a person's key is sealed under payload key {number}, which the ring has not (LEVERFRAME_PAYLOAD_KEYS)"
            )
        return key


def _place(pseudonym: str) -> bytes:
    """Whose key it is: put into another person's row, it does not open."""
    return b"person's key\x1f" + pseudonym.encode()
