"""The ledger against its seals, action by action."""

from collections.abc import Iterable, Iterator, Sequence

from pydantic import JsonValue

from audit.checks import Problem
from audit.seals.checks import backdated, broken
from audit.seals.history import SealProblem, read_history
from leverframe.keys import PublicKeys
from tools.chain import LedgerRow


class Seals:
    """What is sealed, and what was found of it so far."""

    def __init__(
        self, stored: Sequence[JsonValue], published: Sequence[JsonValue] | None, keys: PublicKeys, place: str
    ) -> None:
        """``stored`` are the records of ``place``; ``published`` those that were kept elsewhere, if at hand."""
        self._history = read_history(stored, published, keys, place)
        self._left = {*self._history.heads}
        self._newer = 0

    @property
    def problems(self) -> Iterable[SealProblem]:
        """What is wrong with the seals themselves."""
        if not self._history.seals:
            yield SealProblem("seals", "there is none that holds; 'python -m worker seal' makes them")
        yield from self._history.problems

    def check(self, action_id: str, entries: Sequence[LedgerRow]) -> list[Problem]:
        """What is wrong with an action's entries, which are all that there are, in order."""
        self._left.discard(action_id)
        sealed = self._history.heads.get(action_id, ())
        longest = max((one.head.seq for one in sealed), default=0)
        self._newer += sum(entry.seq > longest for entry in entries)
        return [*broken(action_id, entries, sealed), *backdated(action_id, entries, sealed, self._history.seals)]

    def missing(self) -> Iterator[Problem]:
        """The sealed actions of which :meth:`check` has not been told."""
        for action_id in sorted(self._left):
            yield from broken(action_id, (), self._history.heads[action_id])

    def __str__(self) -> str:
        """Up to when it is sealed, in words."""
        seals = self._history.seals
        newest = f"the newest is {seals[-1]}" if seals else "none"
        return f"Seals: {len(seals)}; {newest}; {self._newer} entries are newer than what is sealed."
