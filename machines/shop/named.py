"""What of the customer's own their messages name by number, and which numbers lead to nothing of theirs. Pure."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from machines.shop.reference_patterns import DIGITS, Kind
from machines.shop.references import candidates, order_id, references
from machines.shop.said_parts import apart

MOST = 20
"""How many orders are looked up by their numbers at most."""


@dataclass(frozen=True)
class Named:
    """Ids of own things that are named, and the digits of numbers that are not found among them."""

    found: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    """Ids of own things that are named as not meant, or to be kept, and nowhere else."""

    def __bool__(self) -> bool:
        return bool(self.found or self.missing)


def named_of(kind: Kind, messages: Sequence[str], own: Collection[str], others: Collection[str] = ()) -> Named:
    """What the messages name, one after the other: an answer can narrow, or put right, what was said before.

    ``own`` are the ids of the customer's things of that kind; ``others`` those of their things of other kinds.
    """
    so_far = Named()
    for message in messages:
        now = _in(kind, message, own, others)
        refused = [each for each in (*so_far.refused, *now.refused) if each not in now.found]
        so_far = replace(_after(so_far, now), refused=tuple(dict.fromkeys(refused)))
    return so_far


def to_look_up(messages: Sequence[str]) -> list[str]:
    """Ids of the orders that the messages can name, in the shop's form, at most :data:`MOST`, newest first."""
    found: list[str] = []
    for message in reversed(messages):
        named = [each.digits for each in references(message) if each.kind == "order"]
        found += [order_id(each) for each in (*named, *sorted(candidates(message))) if len(each) == DIGITS["order"]]
    return list(dict.fromkeys(found))[:MOST]


def digits_of(an_id: object) -> str:
    """The digits of an id, by which it is compared."""
    return re.sub(r"\D", "", str(an_id))


def _in(kind: Kind, message: str, own: Collection[str], others: Collection[str]) -> Named:
    wanted, kept = apart(message)
    # Read from the whole message: a number may stand across what ends a clause, as in "no. 1234567".
    refused = _numbers(kept) - _numbers(wanted) if kept else set[str]()
    said = [each.digits for each in references(message) if each.kind == kind and each.digits not in refused]
    named = {*said, *candidates(message)} - refused
    known = {digits_of(each) for each in (*own, *others)}
    return Named(
        tuple(dict.fromkeys(each for each in own if digits_of(each) in named)),
        tuple(dict.fromkeys(each for each in said if each not in known)),
        tuple(each for each in own if digits_of(each) in refused),
    )


def _numbers(text: str) -> set[str]:
    return {*candidates(text), *(each.digits for each in references(text))}


def _after(before: Named, now: Named) -> Named:
    if not now or not before or before.missing:
        # What was not found is put right by the number that follows it.
        return now or before
    if len(before.found) > 1 and not now.missing and set(now.found) < set(before.found):
        return now
    return Named(tuple(dict.fromkeys((*before.found, *now.found))), now.missing)
