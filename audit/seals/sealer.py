"""Adds seals: reads where the chains end, signs, stores, publishes. It never forgets a head that it has sealed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from audit.checks import Problem
from audit.seals.history import read_history
from audit.seals.publishing import NotPublished, Publisher
from audit.seals.seal import Seal, SealRefused, make_seal
from audit.seals.table import append_seal, read_heads, read_records
from leverframe.keys import SigningKeys
from tools.chain import Head

MOST = 10_000
"""How many heads one seal takes; whatever is left goes into the next, at once."""


@dataclass(frozen=True)
class Round:
    """What came of one round."""

    seals: tuple[Seal, ...]
    fallen: tuple[Problem, ...]
    """Chains that are shorter than they were sealed, or gone: the audit names them from now on, whatever is sealed."""
    unpublished: str = ""
    """Why something is still to be published."""


def now() -> datetime:
    return datetime.now(UTC)


class Sealer:
    """One of these at a time seals a database."""

    def __init__(
        self,
        engine: AsyncEngine,
        keys: SigningKeys,
        place: Publisher | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        """``engine`` logs in as the sealer."""
        self._engine = engine
        self._keys = keys
        self._place = place
        self._clock = clock
        self._newest: Seal | None = None
        self._heads: dict[str, Head] = {}
        self._waiting: list[Seal] = []
        self._started = False

    async def seal(self) -> Round:
        """Seal where all chains end now.

        Raises :class:`~audit.seals.seal.SealRefused`, and seals nothing, when the seals that stand are not those that
        were made: they were changed or deleted, or the database was set back.
        """
        seals: list[Seal] = []
        fallen: tuple[Problem, ...] = ()
        left = True
        while left:
            seal, fallen, left = await self._next()
            seals.append(seal)
        return Round(tuple(seals), fallen, await self._publish())

    async def _next(self) -> tuple[Seal, tuple[Problem, ...], bool]:
        # Before the heads are read: whatever was recorded by then is in the seal.
        at = self._clock()
        async with self._engine.connect() as plain:
            connection = await plain.execution_options(isolation_level="REPEATABLE READ")
            await self._recall(connection)
            heads = await read_heads(connection)
            longer = sorted(name for name, head in heads.items() if head.seq > self._sealed(name).seq)
            fresh = {name: heads[name] for name in islice(longer, MOST)}
            all_heads = self._heads | fresh
            seal = make_seal(self._keys, self._newest, fresh, all_heads, at)
            try:
                await append_seal(connection, seal)
                await connection.commit()
            except IntegrityError:
                raise SealRefused(f"{seal} was added by somebody else too; one process seals a database") from None
        fallen = tuple(self._fallen(heads))
        self._newest, self._heads = seal, all_heads
        self._waiting.append(seal)
        return seal, fallen, len(fresh) < len(longer)

    async def _recall(self, connection: AsyncConnection) -> None:
        """Hold what stands against what this process, or the place where seals are published, knows."""
        if self._started:
            standing = await read_records(connection, self._newest.number if self._newest else 1)
            if standing != ([self._newest.record] if self._newest else []):
                was = str(self._newest or "none")
                raise SealRefused(f"the newest seal is not {was} any more: the database was set back or changed")
            return
        records = await read_records(connection)
        history = read_history(records, None, self._keys.public)
        if history.problems:
            raise SealRefused(f"the seals that stand do not hold: {'; '.join(map(str, history.problems))}")
        for seal in history.seals:
            self._heads |= {action_id: Head(seq, last) for action_id, seq, last in seal.heads}
        self._newest = history.seals[-1] if history.seals else None
        self._waiting = list(self._place.missing(history.seals)) if self._place else []
        self._started = True

    def _sealed(self, action_id: str) -> Head:
        return self._heads.get(action_id, Head())

    def _fallen(self, heads: Mapping[str, Head]) -> list[Problem]:
        problems = []
        for action_id, sealed in self._heads.items():
            head = heads.get(action_id)
            if head is None:
                problems.append(Problem(action_id, None, f"its {sealed.seq} sealed entries are gone"))
            elif head.seq < sealed.seq:
                problems.append(Problem(action_id, None, f"it ends at entry {head.seq}, and {sealed.seq} were sealed"))
            elif head.seq == sealed.seq and head.hash != sealed.hash:
                problems.append(Problem(action_id, head.seq, "it is not the entry that was sealed"))
        return problems

    async def _publish(self) -> str:
        if self._place is None:
            self._waiting.clear()
        try:
            while self._waiting and self._place:
                await self._place.publish(self._waiting[0])
                del self._waiting[0]
        except NotPublished as error:
            return f"{error}; {len(self._waiting)} seals wait to be published"
        return ""
