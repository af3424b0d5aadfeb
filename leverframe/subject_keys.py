"""One key for each person under which whatever is about them is encrypted: without the key, nobody can read it."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from leverframe.errors import KeyDestroyed, KeyUnknown

KeyState = Literal["none", "active", "doomed", "destroyed"]
"""``doomed``: it will be destroyed once the action that erases the person has ended; until then it works."""
KEPT = 60.0
"""Seconds for which a process keeps a key that it was given: so long after its end may it still read."""
MOST_KEPT = 1000
"""Keys that a process keeps at a time."""
MOST_ASKED = 500
"""Keys that are asked for at once."""


@dataclass(frozen=True)
class SubjectKey:
    """A person's key, or why there is none."""

    state: KeyState
    key: bytes | None = field(default=None, repr=False)
    """AES-256; there if ``active`` or ``doomed``."""


class KeySource(Protocol):
    """Where the keys are. Raises KeyServiceUnreachable where nobody answers."""

    async def find(self, pseudonym: str) -> SubjectKey:
        """The person's key as it stands."""

    async def find_many(self, pseudonyms: Sequence[str]) -> Mapping[str, SubjectKey]:
        """At most :data:`MOST_ASKED` keys as they stand; without those of which only :meth:`find` can say more."""

    async def ensure(self, pseudonym: str) -> SubjectKey:
        """The person's key, made now if there was none; a destroyed one is never made again."""


class SubjectKeys:
    """People's keys by pseudonym, each kept for a while."""

    def __init__(self, source: KeySource, kept: float = KEPT, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._seconds = kept
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, SubjectKey]] = OrderedDict()

    async def to_write(self, pseudonym: str) -> bytes:
        """The key that encrypts what is new about a person; raises KeyDestroyed or KeyServiceUnreachable."""
        known = self._recent(pseudonym)
        if known is None or known.state == "none":
            known = self._keep(pseudonym, await self._source.ensure(pseudonym))
        return _usable(known)

    async def to_read(self, pseudonym: str) -> bytes:
        """The key of what was encrypted; raises KeyDestroyed, KeyUnknown or KeyServiceUnreachable."""
        known = self._recent(pseudonym)
        if known is None:
            known = await self._source.find(pseudonym)
            if known.state != "none":
                self._keep(pseudonym, known)
        return _usable(known)

    async def prepare(self, pseudonyms: Iterable[str]) -> None:
        """Have the keys of some people at hand, to read them one after the other without asking for each.

        That there was none for somebody is kept too, for reading. Raises KeyServiceUnreachable.
        """
        asked = sorted({name for name in pseudonyms if self._recent(name) is None})
        for start in range(0, len(asked), MOST_ASKED):
            found = await self._source.find_many(asked[start : start + MOST_ASKED])
            for pseudonym, key in found.items():
                self._keep(pseudonym, key)

    async def state(self, pseudonym: str) -> KeyState:
        """What has become of the key by now; never from memory."""
        return (await self._source.find(pseudonym)).state

    def forget(self) -> None:
        """Ask anew for every key."""
        self._kept.clear()

    def _recent(self, pseudonym: str) -> SubjectKey | None:
        until, found = self._kept.get(pseudonym, (0.0, None))
        return found if until > self._clock() else None

    def _keep(self, pseudonym: str, found: SubjectKey) -> SubjectKey:
        self._kept.pop(pseudonym, None)
        self._kept[pseudonym] = (self._clock() + self._seconds, found)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found


def _usable(found: SubjectKey) -> bytes:
    if found.state == "destroyed":
        raise KeyDestroyed("the key of this person was destroyed: what was encrypted under it cannot be read any more")
    if found.key is None:
        raise KeyUnknown("the key service knows no key of this person; it was made by another one, or is lost")
    return found.key
