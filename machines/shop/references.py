"""The orders and items that a text names by their numbers, whoever they belong to. Pure; linear in its length."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from machines.reading.remembering import once
from machines.reading.spelling import folded
from machines.shop.reference_patterns import (
    ACTED_ON,
    AFTER,
    BARE,
    BEFORE,
    CODED,
    COUNTED,
    DIGITS,
    EACH,
    LONGEST,
    MONEY,
    OTHERS_NUMBER,
    RUN,
    SAID,
    SHOPS_OWN,
    Kind,
)


class Reference(NamedTuple):
    """A number that is said to be that of an order or an item, as plain digits."""

    kind: Kind
    digits: str


@once
def candidates(text: str) -> frozenset[str]:
    """All that the digits in a text can be the number of, also where a number is written in groups."""
    found = set()
    for run in RUN.finditer(folded(text)):
        groups = re.split("[ -]", run[0])
        for start in range(len(groups)):
            joined = ""
            for group in groups[start : start + LONGEST]:
                joined += group
                if len(joined) > LONGEST:
                    break
                found.add(joined)
    return frozenset(found)


@once
def references(text: str) -> tuple[Reference, ...]:
    """What a text says to be the number of an order or an item, each once; phone numbers and amounts are none."""
    text = folded(text)
    found = [Reference("order", digits) for one in SHOPS_OWN.finditer(text) if (digits := _shops_own(one[0]))]
    # What has been read as the shop writes it is no other number as well.
    text = SHOPS_OWN.sub(lambda one: " @ " if _shops_own(one[0]) else one[0], text)
    for kind, pattern in AFTER.items():
        found += [Reference(kind, digits) for one in pattern.finditer(text) for digits in _after_its_word(kind, one)]
    for one in CODED.finditer(text):
        digits = re.sub("[^0-9]", "", one["code"])
        if SAID.search(one["between"]) and len(digits) > 1:
            found.append(Reference("order", digits[:LONGEST]))
    found += [Reference("order", one["list"]) for one in BEFORE.finditer(text)]
    for one in BARE.finditer(text):
        if not OTHERS_NUMBER.search(text[max(0, one.start() - 40) : one.start()]):
            found.append(Reference("order", one["list"] or one["marked"]))
    found += [Reference("item", one["list"]) for one in ACTED_ON.finditer(text)]
    return tuple(dict.fromkeys(found))


@once
def in_shops_form(text: str) -> str:
    """The text with the orders that are named by a whole number as the shop writes them: ``order #W1234567``."""

    def written(found: re.Match[str]) -> str:
        digits = [*_after_its_word("order", found)]
        if not digits or any(len(each) != DIGITS["order"] for each in digits):
            return found[0]
        word = found[0][: found.start("between") - found.start()]
        return f"{word} {' '.join(map(order_id, digits))}{found['rest']}"

    marked = SHOPS_OWN.sub(lambda one: order_id(digits) if (digits := _shops_own(one[0])) else one[0], folded(text))
    return AFTER["order"].sub(written, marked)


def order_id(digits: str) -> str:
    """The id of an order as the shop writes it."""
    return f"#W{digits}"


def _shops_own(written: str) -> str | None:
    """The digits of an order's number after its W, or ``None`` where that is too little to be one."""
    groups = re.split(r"[ ._-]", re.sub(r"\A\W*w[ .:#_-]*", "", written, flags=re.IGNORECASE))
    digits = _regrouped(groups, "order")
    if "#" in written:
        enough = len(digits) >= 4 and _plain(digits) >= (1 if len(digits) == DIGITS["order"] else 3)
    else:
        # West 10400 South is a street.
        apart = re.search(r"w[ .]", written, re.IGNORECASE) is not None
        enough = _plain(digits) >= 4 and (len(digits) == DIGITS["order"] if apart else len(digits) >= 5)
    return _read(digits)[:LONGEST] if enough else None


def _after_its_word(kind: Kind, found: re.Match[str]) -> Iterator[str]:
    """The digits of each number of a list after its word, without years, amounts, and what counts something."""
    if MONEY.match(found["rest"]):
        return
    least = 2 if kind == "order" and SAID.search(found["between"]) else 4
    for number in EACH.findall(found["list"]):
        digits = _regrouped(re.split("[ -]", number), kind)
        if _plain(digits) < len(digits) and (_plain(digits) < 4 or len(digits) != DIGITS[kind]):
            continue
        digits = _read(digits)
        counts = least == 4 and len(digits) == 4 and (1900 <= int(digits) < 2100 or COUNTED.match(found["rest"]))
        if least <= len(digits) <= LONGEST and not counts:
            yield digits


def _regrouped(groups: list[str], kind: Kind) -> str:
    """The first groups that make a whole number of the kind; else all of another shop's number, or the first alone."""
    joined = ""
    for group in groups:
        joined += group
        if len(joined) >= DIGITS[kind]:
            break
    if len(joined) == DIGITS[kind]:
        return joined
    return "".join(groups) if len(groups) > 2 and max(map(len, groups)) > 4 else groups[0]


def _plain(written: str) -> int:
    return sum(char.isdigit() for char in written)


def _read(written: str) -> str:
    """The digits that letters stand for."""
    return re.sub("[Oo]", "0", re.sub("[IiLl|]", "1", written))
