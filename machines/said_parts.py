"""Whether words limit what is wanted to a part of an order: a share, an amount, a count, or some of its items. Pure.

Beside them, which of the words say what is to be kept. What limits an order of one piece is a share, an amount or a
quantity; an item's name is then only another word for the order.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from machines.count_words import (
    NOT_WHOLE,
    NUMBERED,
    OF_SEVERAL,
    PART,
    QUANTITY,
    SHARE,
    SOME,
    TOO_MANY,
    WHOLE,
)
from machines.everything import asks_for_several
from machines.part_words import (
    ACTED_ON,
    ALL_BUT,
    EXCEPT,
    JUST,
    KEEP,
    NEEDED,
    NO_ITEM,
    NOT_KEPT,
    NOTHING_ELSE,
    NOUN,
    ONLY,
    ONLY_THIS,
    REST,
    SPLIT,
    STOPS,
    TAKEN_OUT,
)
from machines.said_amounts import plain, wanted_back
from machines.said_shares import in_tenths
from machines.said_words import POLITE
from machines.telling_words import Said

ANSWER = 30
"""Characters of an answer that says how many, and nothing else."""


@dataclass(frozen=True)
class Bought:
    """What an order is made of, as far as words can be about it."""

    names: tuple[str, ...]
    """Of its lines."""
    quantities: tuple[int, ...]
    total: Decimal

    @property
    def pieces(self) -> int:
        """How many things it holds."""
        return sum(self.quantities)

    def named(self, text: str) -> frozenset[int]:
        """The lines that a text names, by their places."""
        said = Said(text)
        return frozenset(place for place, name in enumerate(self.names) if said.of(name))

    def some(self, text: str) -> bool:
        """Whether a text names lines, and not all of them."""
        return 0 < len(self.named(text)) < len(self.names)


@lru_cache(maxsize=256)
def wants_part(messages: tuple[str, ...], bought: Bought) -> bool:
    """Whether the messages, one after the other, want a part: a later one that speaks of the whole puts that right."""
    part = False
    for message in messages:
        text = said_plainly(message)
        if _limits(message, text, bought):
            part = True
        elif WHOLE.search(text) or asks_for_several([message]):
            part = False
    return part


def apart(message: str) -> tuple[str, str]:
    """What a message says of what is wanted, and of what is kept or excepted."""
    wanted: list[str] = []
    kept: list[str] = []
    keeping = False
    for clause in _clauses(said_plainly(message)):
        if EXCEPT.match(clause) or (KEEP.search(clause) and not NOT_KEPT.search(clause)):
            keeping = True
        elif ACTED_ON.search(clause) or len(clause.split()) > 4:
            keeping = False
        (kept if keeping else wanted).append(clause)
    return ", ".join(wanted), ", ".join(kept)


def said_plainly(message: str) -> str:
    """A message with numbers and shares in digits, and single spaces."""
    return re.sub(r"[ \t]+", " ", in_tenths(ALL_BUT.sub(r"\1 except", plain(message))))


def fewer(text: str, bought: Bought) -> bool:
    """Whether a text counts fewer pieces of something than there are of it, or tells one of them from the others."""
    for found in NUMBERED.finditer(text):
        there = sum(bought.quantities[place] for place in bought.named(found["thing"]))
        if 0 < _number(found["number"]) < there:
            return True
    return False


def _limits(message: str, text: str, bought: Bought) -> bool:
    if SHARE.search(text) or PART.search(text) or QUANTITY.search(text) or NOT_WHOLE.search(text):
        return True
    if any(amount != bought.total for amount in wanted_back(message)):
        return True
    if bought.pieces < 2:
        return False
    return _keeps(text, bought) or (not WHOLE.search(text) and _picks(text, bought))


def _keeps(text: str, bought: Bought) -> bool:
    kept = apart(text)[1]
    if not kept or bought.named(kept) >= {*range(len(bought.names))}:
        return False
    if re.search(r"\b1\b|\beine?\b|\bune?\b|\bun[ao]?\b", kept) and not NO_ITEM.search(kept):
        return True
    several = len(bought.names) > 1
    return several and bool(bought.named(kept) or REST.search(kept) or _thing(kept) or not kept.isascii())


def _picks(text: str, bought: Bought) -> bool:
    if TOO_MANY.search(text) or any(_less(found, bought) for found in SOME.finditer(text)):
        return True
    all_named = len(bought.named(text)) == len(bought.names)
    if len(bought.names) > 1 and not all_named and (TAKEN_OUT.search(text) or ONLY_THIS.search(text)):
        return True
    if bought.some(text) and NOTHING_ELSE.search(text):
        return True
    answer = len(text) <= ANSWER
    return any(
        _counts(clause, bought, answer) or _needs(clause, bought) or (not all_named and _names(clause, bought))
        for clause in _clauses(text)
    )


def _counts(clause: str, bought: Bought, answer: bool) -> bool:
    """Whether some pieces are counted, or told from the others, of which something is to be done."""
    only, acted = ONLY.search(clause), ACTED_ON.search(clause) is not None
    if (acted or only or answer) and any(_less(found, bought) for found in OF_SEVERAL.finditer(clause)):
        return True
    if only and any(_less(found, bought) for found in NUMBERED.finditer(clause, only.end()) if _thing_of(found)):
        return acted or only.start() == 0 or NEEDED.search(clause) is not None
    return acted and (REST.search(clause) is not None or fewer(clause, bought))


def _needs(clause: str, bought: Bought) -> bool:
    """Whether only something of it is needed."""
    only = ONLY.search(clause)
    if only is None or not NEEDED.search(clause) or len(bought.names) < 2:
        return False
    return bought.some(clause) or (not bought.named(clause) and _thing(clause[only.end() :]))


def _names(clause: str, bought: Bought) -> bool:
    """Whether something is to be done only with what is named."""
    only, acted = ONLY.search(clause), ACTED_ON.search(clause) is not None
    if len(bought.names) < 2 or not (only or (acted and JUST.search(clause))):
        return False
    last = only is not None and not POLITE.sub("", clause[only.end() :]).strip()
    if only and not (acted or last or only.start() == 0):
        return False
    if bought.named(clause):
        return True
    return only is not None and (_thing(clause if last else clause[only.end() :]) or _noun(clause[only.end() :]))


def _less(found: re.Match[str], bought: Bought) -> bool:
    """Whether the counts of a match are fewer than there are."""
    said = found.groupdict()
    counts = [
        said[name]
        for name in (
            "count",
            "apart",
            "before",
            "chinese",
            "alone",
            "needed",
            "french",
            "enough",
            "few",
            "just",
            "number",
        )
        if said.get(name)
    ]
    there = said.get("all") or ""
    return all(_number(count) < (int(there) if there.isdecimal() else bought.pieces) for count in counts)


def _number(written: str) -> int:
    """In digits, or ``eine`` and the like."""
    return int(written) if written.isdecimal() else 1


def _noun(text: str) -> bool:
    """Whether a text begins with a noun as German has it."""
    first = next(iter(text.split()), "")
    return first[:1].isupper() and not NO_ITEM.fullmatch(first) and not ACTED_ON.match(first)


def _thing_of(found: re.Match[str]) -> bool:
    return not any(map(NO_ITEM.fullmatch, found["thing"].split()))


def _thing(text: str) -> bool:
    """Whether a text names something that can be an item: no order, money or time."""
    for found in NOUN.finditer(text):
        words = []
        for word in found["words"].split():
            if word.casefold() in STOPS or ACTED_ON.match(word):
                break
            words.append(word)
        if words and not any(map(NO_ITEM.fullmatch, words)):
            return True
    return False


def _clauses(text: str) -> Iterator[str]:
    return (clause.strip() for clause in SPLIT.split(text) if clause.strip())
