"""All seals there are, from the database and from where they were published, held against each other. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from audit.seals.merkle import root_of
from audit.seals.seal import Seal, SealRefused, is_signed, read_seal
from leverframe.keys import PublicKeys
from tools.chain import GENESIS, Head


@dataclass(frozen=True)
class SealProblem:
    """Something about the seals that does not hold."""

    which: str
    """The seal or seals, in words."""
    what: str

    def __str__(self) -> str:
        return f"{self.which}: {self.what}"


@dataclass(frozen=True)
class Sealed:
    """That a chain had a head, as one seal says."""

    seal: Seal
    head: Head


@dataclass(frozen=True)
class History:
    """What the seals say together. Whatever bears a good signature counts, also where a seal is missing."""

    seals: tuple[Seal, ...]
    """By number, one each."""
    heads: Mapping[str, tuple[Sealed, ...]]
    """By action: every head of its chain that was sealed, the oldest seal first."""
    problems: tuple[SealProblem, ...]


def read_history(
    stored: Iterable[JsonValue], published: Iterable[JsonValue] | None, keys: PublicKeys, place: str = "the database"
) -> History:
    """Read the records of ``place``, and those that were published if they are at hand."""
    problems: list[SealProblem] = []
    here = _genuine(stored, keys, place, problems)
    there = _genuine(published or (), keys, "what was published", problems)
    if published is not None:
        problems += _compared(here, there, place)
    # Of two with one number the published one counts: nobody could change it any more.
    seals = tuple(seal for _, seal in sorted({**here, **there}.items()))
    problems += _chained(seals)
    # But what either says must hold in the ledger.
    both = sorted({seal.digest: seal for seal in (*seals, *here.values())}.values(), key=lambda seal: seal.number)
    heads: dict[str, list[Sealed]] = defaultdict(list)
    for seal in both:
        for action_id, seq, last in seal.heads:
            heads[action_id].append(Sealed(seal, Head(seq, last)))
    return History(seals, {action_id: tuple(found) for action_id, found in heads.items()}, tuple(problems))


def _genuine(
    records: Iterable[JsonValue], keys: PublicKeys, place: str, problems: list[SealProblem]
) -> dict[int, Seal]:
    found: dict[int, Seal] = {}
    for place_in_it, record in enumerate(records, 1):
        try:
            seal = read_seal(record)
        except SealRefused as error:
            problems.append(SealProblem(f"record {place_in_it} in {place}", str(error)))
            continue
        which = f"seal {seal.number} in {place}"
        if not is_signed(seal, keys):
            problems.append(SealProblem(which, f"it is forged: key {seal.key} of the seals' ring has not signed it"))
        elif found.setdefault(seal.number, seal).digest != seal.digest:
            problems.append(SealProblem(which, "there are two of this number"))
    return found


def _compared(here: Mapping[int, Seal], there: Mapping[int, Seal], place: str) -> Iterable[SealProblem]:
    newest = max(here, default=0)
    if rolled_back := [number for number in there if number > newest]:
        when = f"to a state before {there[min(rolled_back)].at:%Y-%m-%d %H:%M:%S %Z}"
        what = f"published and not in {place}: it was rolled back {when}, or they were deleted"
        yield SealProblem(_numbers(rolled_back), what)
    if deleted := [number for number in there if number < newest and number not in here]:
        yield SealProblem(_numbers(deleted), f"published and not in {place}: they were deleted")
    if replaced := [number for number in there if number in here and here[number].digest != there[number].digest]:
        what = f"in {place} there are others than were published: it was rolled back and sealed anew"
        yield SealProblem(_numbers(replaced), what)


def _chained(seals: Sequence[Seal]) -> Iterable[SealProblem]:
    before, number = GENESIS, 0
    heads: dict[str, Head] = {}
    whole = True
    for seal in seals:
        if seal.number != number + 1:
            yield SealProblem(_numbers([number + 1, seal.number - 1]), "missing: they were deleted")
            whole = False
        elif seal.previous != before:
            yield SealProblem(f"seal {seal.number}", "it does not follow the seal before it")
            whole = False
        before, number = seal.digest, seal.number
        heads |= {action_id: Head(seq, last) for action_id, seq, last in seal.heads}
        if whole and seal.count != len(heads):
            yield SealProblem(f"seal {seal.number}", f"it says {seal.count} actions and has {len(heads)}")
    # The heads of each seal are signed; with the newest root they must also give one tree.
    if seals and whole and seals[-1].root != root_of(heads):
        yield SealProblem(f"seal {seals[-1].number}", "its root is not the one of its heads")


def _numbers(numbers: Sequence[int]) -> str:
    first, last = min(numbers), max(numbers)
    return f"seal {first}" if first == last else f"seals {first} to {last}"
