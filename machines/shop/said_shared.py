"""Whether words send a part of an order another way than the rest: to another address, or paid otherwise. Pure.

There nothing limits the wish but what is said of the order's pieces: that only the address changes limits nothing.
"""

import re
from collections.abc import Callable

from machines.reading.remembering import once
from machines.reading.said_numbers import parsed
from machines.shop.count_words import NOT_WHOLE, PART, PIECES, WHOLE
from machines.shop.part_words import EXCEPT, KEEP, NOT, NOT_KEPT, NOUN, SPLIT
from machines.shop.said_amounts import AMOUNT
from machines.shop.said_parts import Bought, said_plainly
from machines.shop.shared_words import (
    COUNTED,
    GOING,
    GOING_IN_CHINESE,
    NO_PART,
    NO_PART_IN_CHINESE,
    NO_PART_OF_IT,
    ONLY_THING,
    PLACE,
    REST_GOES,
    SHARED,
    SPLIT_UP,
    STAYS_IN_CHINESE,
    STRAIGHT_TO,
)

AMOUNT_GOES = re.compile(rf"(?:{STRAIGHT_TO}|(?:块|元)?(?:钱)?\s?用\s?{PLACE})", re.IGNORECASE)
"""Behind an amount: where it goes."""
FOR_AMOUNT = re.compile(rf"{PLACE}\s(?:for|für|pour|para)\s\Z", re.IGNORECASE)

NEAR = 80
"""Characters around ``only this`` in which a place is named, where more is said."""


def shared_out(messages: tuple[str, ...], bought: Bought, places: Callable[[str], str]) -> bool:
    """Whether only a part of an order is to go somewhere, or parts of it to several places.

    ``places`` puts :data:`PLACE` for each place that a text names. A later message of the whole puts a part right.
    """
    part = False
    for message in messages:
        text = said_plainly(places(message))
        if _shares(text, bought):
            part = True
        elif WHOLE.search(text):
            part = False
    return part


@once
def _shares(text: str, bought: Bought) -> bool:
    if SHARED.search(text) or SPLIT_UP.search(text) or _of_money(text, bought):
        return True
    if any(not NO_PART_OF_IT.match(text, found.end()) for found in PART.finditer(text)):
        return True
    if bought.pieces < 2:
        return False
    if NOT_WHOLE.search(text) or REST_GOES.search(text) or _counted(text, bought):
        return True
    return len(bought.names) > 1 and (_only_some(text, bought) or _each_its_own(text) or _stays(text, bought))


def _of_money(text: str, bought: Bought) -> bool:
    """Whether another amount than the whole is to go somewhere."""
    amounts = (each for each in AMOUNT.finditer(text) if _goes(each))
    return bool(bought.amounts) and any(parsed(each["number"], False) not in bought.amounts for each in amounts)


def _goes(amount: re.Match[str]) -> bool:
    if amount["glued"]:
        return False
    before = amount.string[max(0, amount.start() - 12) : amount.start()]
    return AMOUNT_GOES.match(amount.string, amount.end()) is not None or FOR_AMOUNT.search(before) is not None


def _counted(text: str, bought: Bought) -> bool:
    """Whether fewer pieces than there are go somewhere."""
    for found in COUNTED.finditer(text):
        count, thing = found["count"] or found["for_count"], found["thing"] or found["for_thing"]
        if not count:
            return True
        there = sum(bought.quantities[place] for place in bought.named(thing)) or bought.pieces
        number = int(count) if count.isdecimal() else 1
        if _is_part(thing) and 0 < number < there:
            return True
    return False


def _only_some(text: str, bought: Bought) -> bool:
    """Whether only something of the order is spoken of."""
    return any(_told(found, bought) for found in ONLY_THING.finditer(text))


def _told(found: re.Match[str], bought: Bought) -> bool:
    thing = next(each for each in found.groups() if each)
    near = found.string[max(0, found.start() - NEAR) : found.end() + NEAR]
    if len(found.string) > NEAR and PLACE not in near:
        return False
    return len(bought.named(found.string)) < len(bought.names) and _is_part(thing)


def _each_its_own(text: str) -> bool:
    """Whether one thing goes here and another there."""
    found = [*GOING.finditer(text), *GOING_IN_CHINESE.finditer(text)]
    return len({each["thing"].split()[-1].casefold() for each in found if _is_part(each["thing"])}) > 1


def _stays(text: str, bought: Bought) -> bool:
    """Whether something of the order is to stay as it is."""
    for clause in SPLIT.split(text):
        excepted = EXCEPT.match(clause.strip()) or NOT.match(clause.strip())
        kept = excepted or (KEEP.search(clause) and not NOT_KEPT.search(clause))
        if kept and (bought.some(clause) or any(_is_some(found["words"]) for found in NOUN.finditer(clause))):
            return True
    return any(_is_part(found["thing"] or found["except"]) for found in STAYS_IN_CHINESE.finditer(text))


def _is_some(thing: str) -> bool:
    """Whether it can be something that an order is made of, and is not all of it."""
    return _is_part(thing) and re.search(PIECES, thing, re.IGNORECASE) is None


def _is_part(thing: str) -> bool:
    """Whether it can be something that an order is made of."""
    return NO_PART.search(thing) is None and NO_PART_IN_CHINESE.search(thing) is None
