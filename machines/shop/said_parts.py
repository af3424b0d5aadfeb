"""Whether words limit what is wanted to a part of an order: a share, an amount, a count, or some of its items. Pure.

Beside them, which of the words say what is to be kept. What limits an order of one piece is a share, an amount or a
quantity; an item's name is then only another word for the order.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from leverframe.sentences import sentences
from machines.reading.remembering import once
from machines.reading.telling_words import Said
from machines.shop.count_words import (
    ALONE,
    FROM_TO,
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
from machines.shop.everything import asks_for_several
from machines.shop.part_words import (
    ACTED_ON,
    ALL_BUT,
    CONDITION,
    CONTRAST,
    EXCEPT,
    INSTEAD,
    JUST,
    KEEP,
    NEEDED,
    NO_ITEM,
    NOT,
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
from machines.shop.said_amounts import plain, wanted_back
from machines.shop.said_shares import in_tenths
from machines.shop.said_words import POLITE

ANSWER = 30
"""Characters of an answer that says how many, and nothing else."""


Kind = Literal["measure", "count", "some"]
"""How a part is told: by a share, an amount or a quantity; by how many; by what it is or is not."""


@dataclass(frozen=True)
class Bought:
    """What an order is made of, as far as words can be about it."""

    names: tuple[str, ...]
    """Of its lines."""
    quantities: tuple[int, ...]
    amounts: frozenset[Decimal] = frozenset()
    """What can go back without being a part; none where that is not spoken of."""
    implied: bool = False
    """Whether what to do goes without saying, and ``other`` or ``9 instead of 8`` can be about something else."""

    @property
    def pieces(self) -> int:
        """How many things it holds."""
        return sum(self.quantities)

    def named(self, text: str) -> frozenset[int]:
        """The lines that a text names, by their places; a name of several sentences is a text, and no word tells it."""
        said = Said(text)
        return frozenset(
            place for place, name in enumerate(self.names) if said.of(name) and len(sentences([name])) == 1
        )

    def some(self, text: str) -> bool:
        """Whether a text names lines, and not all of them."""
        return 0 < len(self.named(text)) < len(self.names)


@once
def part_wanted(messages: tuple[str, ...], bought: Bought, by_line: bool = False) -> Kind | None:
    """How the messages, one after the other, tell a part of an order; ``None`` where they want all of it.

    A later one that speaks of the whole puts that right; ``by_line``: so does one that names items.
    """
    part: Kind | None = None
    for message in messages:
        text = said_plainly(message)
        if now := _limits(message, text, bought):
            part = now
        elif WHOLE.search(text) or asks_for_several([message]) or (by_line and bought.named(text)):
            part = None
    return part


@once
def apart(message: str) -> tuple[str, str]:
    """What a message says of what is wanted, and of what is kept, excepted, or not meant."""
    text = ALL_BUT.sub(r"\1 except", message)
    wanted: list[str] = []
    kept: list[str] = []
    keeping = refusing = False
    last = 0
    for end in [*SPLIT.finditer(text), None]:
        clause = text[last : end.start() if end else len(text)].strip()
        if clause:
            acted = bool(wanted) and not keeping and ACTED_ON.search(wanted[-1]) is not None
            keep = KEEP.search(clause) and not NOT_KEPT.search(clause) and not CONDITION.match(clause)
            refuses = NOT.match(clause) is not None
            if EXCEPT.match(clause) or keep or refuses or (acted and INSTEAD.match(clause)):
                # What follows what is only refused is wanted in its place: "not the lamp, the bottle".
                keeping, refusing = True, refuses and not wanted
            elif refusing or ACTED_ON.search(clause) or len(clause.split()) > 4:
                keeping = False
            (kept if keeping else wanted).append(clause)
        if end:
            last = end.end()
            keeping = keeping and not CONTRAST.search(end[0])
    return ", ".join(wanted), ", ".join(kept)


@once
def said_plainly(message: str) -> str:
    """A message with numbers and shares in digits, and single spaces."""
    return re.sub(r"[ \t]+", " ", in_tenths(ALL_BUT.sub(r"\1 except", plain(message))))


@once
def least_counted(message: str) -> int | None:
    """The least number of pieces that a message counts."""
    text = said_plainly(message)
    found = [*SOME.finditer(text), *ALONE.finditer(text), *OF_SEVERAL.finditer(text), *NUMBERED.finditer(text)]
    return min((number for one in found for number in _numbers(one)), default=None)


def _limits(message: str, text: str, bought: Bought) -> Kind | None:
    if SHARE.search(text) or QUANTITY.search(text) or (not bought.implied and FROM_TO.search(text)):
        return "measure"
    if bought.amounts and any(amount not in bought.amounts for amount in wanted_back(message)):
        return "measure"
    if PART.search(text) or NOT_WHOLE.search(text):
        return "some" if bought.pieces > 1 else "measure"
    if bought.pieces < 2:
        return None
    whole = WHOLE.search(text) is not None
    if not whole and _counts(text, bought):
        return "count"
    return "some" if _keeps(text, bought) or (not whole and _picks(text, bought)) else None


def _keeps(text: str, bought: Bought) -> bool:
    kept = apart(text)[1]
    if not kept or bought.named(kept) >= {*range(len(bought.names))}:
        return False
    if re.search(r"\b1\b|\beine?\b|\bune?\b|\bun[ao]?\b", kept) and not NO_ITEM.search(kept):
        return True
    several = len(bought.names) > 1
    return several and bool(bought.named(kept) or REST.search(kept) or _thing(kept) or not kept.isascii())


def _counts(text: str, bought: Bought) -> bool:
    """Whether some pieces are counted, or told from the others, of which something is to be done."""
    if TOO_MANY.search(text) or any(_less(found, bought) for found in SOME.finditer(text)):
        return True
    if not bought.implied and any(_less(found, bought) for found in ALONE.finditer(text)):
        return True
    return any(_counts_in(clause, bought, len(text) <= ANSWER) for clause in _clauses(text))


def _counts_in(clause: str, bought: Bought, answer: bool) -> bool:
    only, acted = ONLY.search(clause), bought.implied or ACTED_ON.search(clause) is not None
    if (acted or only or answer) and any(_less(found, bought) for found in OF_SEVERAL.finditer(clause)):
        return True
    if only and any(_less(found, bought) for found in NUMBERED.finditer(clause, only.end()) if _thing_of(found)):
        return acted or only.start() == 0 or NEEDED.search(clause) is not None
    return acted and (_fewer(clause, bought) or (not bought.implied and REST.search(clause) is not None))


def _fewer(clause: str, bought: Bought) -> bool:
    """Whether fewer pieces of something are counted than there are of it, or one is told from the others."""
    for found in NUMBERED.finditer(clause):
        there = sum(bought.quantities[place] for place in bought.named(found["thing"]))
        if 0 < _number(found["number"]) < there:
            return True
    return False


def _picks(text: str, bought: Bought) -> bool:
    """Whether some of the items are told from the others."""
    all_named = len(bought.named(text)) == len(bought.names)
    if len(bought.names) > 1 and not all_named and (TAKEN_OUT.search(text) or ONLY_THIS.search(text)):
        return True
    if bought.some(text) and NOTHING_ELSE.search(text):
        return True
    return any(_needs(clause, bought) or (not all_named and _names(clause, bought)) for clause in _clauses(text))


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
    there = found.groupdict().get("all") or ""
    return all(number < (int(there) if there.isdecimal() else bought.pieces) for number in _numbers(found))


def _numbers(found: re.Match[str]) -> list[int]:
    return [_number(said) for name, said in found.groupdict().items() if said and name not in ("all", "thing")]


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
