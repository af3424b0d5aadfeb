"""An action's ledger against what the seals say of it. Pure."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from audit.checks import Problem
from audit.seals.history import Sealed
from audit.seals.seal import Seal
from tools.chain import LedgerRow

LATE = timedelta(hours=1)
"""How much later than it happened something may be recorded: while a role is away, its actions wait."""


def broken(action_id: str, entries: Sequence[LedgerRow], sealed: Sequence[Sealed]) -> list[Problem]:
    """Where the entries, in order, are not those whose end was sealed; ``sealed`` in any order."""
    if not sealed:
        return []
    longest = max(sealed, key=_length)
    if not entries:
        has = f"{longest.seal} has {longest.head.seq} entries of it"
        return [Problem(action_id, None, f"the whole action is gone: {has}")]
    problems, last = [], entries[-1].seq
    if longest.head.seq > last:
        gone = f"entries {last + 1} to {longest.head.seq} at its end are gone"
        problems.append(Problem(action_id, None, f"{gone}: {longest.seal} has them"))
    hashes, kept = {entry.seq: entry.hash for entry in entries}, 0
    for one in sorted(sealed, key=_length):
        if one.head.seq > last:
            break
        if hashes.get(one.head.seq) != one.head.hash:
            # Named once: every later hash follows from this one.
            what = f"entries {kept + 1} to {one.head.seq} are not those that {one.seal} has"
            how = "one was changed, moved, dropped or inserted, and the chain computed anew"
            problems.append(Problem(action_id, one.head.seq, f"{what}: {how}"))
            break
        kept = one.head.seq
    return problems


def backdated(
    action_id: str, entries: Sequence[LedgerRow], sealed: Sequence[Sealed], seals: Sequence[Seal]
) -> list[Problem]:
    """Entries that say to be older than a seal that does not have them, by more than :data:`LATE`.

    ``sealed`` and ``seals`` by number. Of what was recorded between two seals the last entry is looked at, since a
    workflow hands entries over in batches; and the first entry of all.
    """
    if not entries or not seals:
        return []
    problems = []
    for entry, number in _telling(entries, sealed, seals[-1].number + 1):
        # The newest seal that does not have it.
        earlier = bisect_left(seals, number, key=lambda seal: seal.number) - 1
        at = _moment(entry.at)
        if at is None:
            problems.append(Problem(action_id, entry.seq, "it does not say when it happened"))
        elif earlier >= 0 and at + LATE < seals[earlier].at:
            what = f"it says {at:%Y-%m-%d %H:%M:%S %Z}, and {seals[earlier]} does not have it: it was added afterwards"
            problems.append(Problem(action_id, entry.seq, what))
    return problems


def _telling(entries: Sequence[LedgerRow], sealed: Sequence[Sealed], unsealed: int) -> Iterator[tuple[LedgerRow, int]]:
    """The entries whose time tells something, each with the number of the first seal that has it."""
    first = sealed[0].seal.number if sealed else unsealed
    yield entries[0], first
    # By number the lengths only grow, but where seals were made anew after a rollback.
    ends = {one.head.seq: one.seal.number for one in reversed(sealed)}
    for entry in entries[1:]:
        if entry.seq in ends:
            yield entry, ends[entry.seq]
    if entries[-1].seq not in ends and len(entries) > 1:
        later = [number for seq, number in ends.items() if seq > entries[-1].seq]
        yield entries[-1], min(later, default=unsealed)


def _length(sealed: Sealed) -> int:
    return sealed.head.seq


def _moment(at: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
