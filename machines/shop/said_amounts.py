"""How much of a payment a user wants back, as they write it. What cannot be read is told from what is not said.

Pure; each pattern is bounded, so that the time is linear in the text's length.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from machines.reading.remembering import once
from machines.reading.said_currencies import CURRENCY, IS_FOREIGN, SPOKEN_OF
from machines.reading.said_numbers import UNREAD, in_digits, parsed
from machines.reading.spelling import folded
from machines.shop.everything import EVERYTHING
from machines.shop.said_shares import Share, mark_shares, shares
from machines.shop.said_words import (
    BACK,
    COMMA,
    DIFFERENCE,
    ENDS,
    GIFT,
    LESS,
    NOT_ALL,
    OTHERS,
    PAID,
    PAYS,
    POLITE,
    RANGE,
    REFUSED,
    THE_DIFFERENCE,
    UNIT,
    VAGUE,
    WANTS,
    WHOLE,
    WITH_CENTS,
)

CENT = Decimal("0.01")
NUMBER = rf"(?:[0-9]+(?:[.,'’][0-9]+| [0-9]{{3}}(?![0-9]))*(?:[.,]-{{1,2}})?|{UNREAD})"
AMOUNT = re.compile(
    rf"(?<![A-Za-zÀ-ɏ0-9_])(?P<before>{CURRENCY}[ :]?)?(?<![#/_])(?P<number>{NUMBER})"
    rf"(?P<after>(?:[ -]?{CURRENCY}){{1,2}})?"
    # Cents by themselves, after a whole number with its currency.
    r"(?:(?(after)|(?(before)|(?!)))(?P<cents>(?: (?:and|und|et|y|con))? ?[0-9]{2}(?![0-9.,])(?: ?cents?\b)?))?"
    r"(?P<small> ?(?:cents?\b|¢))?(?P<glued>[A-Za-zÀ-ɏ]|\s?[%⁄])?",
    re.IGNORECASE,
)
"""A number, and the currency before or after it."""
NOT_THAT = re.compile(
    rf"{REFUSED}(?:{CURRENCY}\s?{NUMBER}|{NUMBER}\s?{CURRENCY}|[0-9]{{1,3}}⁄[0-9]{{1,3}}"
    rf"|[0-9]{{1,3}}\s?%(?! (?:sure|sicher))"
    r"|[0-9]{1,6}(?=\s?(?:[,;]|but\b|sondern\b|mais\b|sino\b)))",
    re.IGNORECASE,
)
"""How much is not wanted."""
ALONE = " .,:!@\n\t"
"""What may stand around a number that is all that is said."""
ODD = re.compile(
    rf"{NUMBER}\s?(?!(?:kg|g|lbs?|oz|cm|mm|m|km|ml|l|in|ft|gb|tb|v|w|x|am|pm|st|nd|rd|th)\b)[^\W\d_]{{1,3}}",
    re.IGNORECASE,
)
"""A number with a few letters that are no unit, and may be a currency."""
SHORT = 60
"""Characters of an answer to the question how much."""


@dataclass(frozen=True)
class Limits:
    """What is said of how much is to go back: amounts, shares; ``unread`` where something more is said."""

    amounts: tuple[Decimal, ...] = ()
    shares: tuple[Share, ...] = ()
    paid: tuple[Decimal, ...] = ()
    """Amounts that were paid or that something costs: they limit nothing."""
    whole: bool = False
    unread: bool = False

    def __bool__(self) -> bool:
        return bool(self.amounts or self.shares or self.unread)

    def wanted(self, captured: Decimal, left: Decimal) -> list[Decimal]:
        """The amounts that are wanted of a payment, each once; nothing where something is said that is not read."""
        if self.unread:
            return []
        of_it = [share.of(captured, left).quantize(CENT, ROUND_HALF_UP) for share in self.shares]
        # Beside a limit, all that was paid is what it is a part of.
        limited = self.shares or any(amount not in (captured, left) for amount in self.amounts)
        told = [amount for amount in self.amounts if not limited or amount not in (captured, left)]
        return list(dict.fromkeys([*of_it, *told]))


def limits(messages: list[str]) -> Limits:
    """What the messages say, one after the other: what is not read is put right by the next that says how much."""
    so_far = Limits()
    for message in messages:
        now = _limits(message, asked=so_far.unread)
        if so_far.unread:
            so_far = now if now or (now.whole and len(message) <= SHORT) else so_far
        elif now.unread:
            so_far = now
        else:
            so_far = Limits(
                so_far.amounts + now.amounts,
                so_far.shares + now.shares,
                so_far.paid + now.paid,
                so_far.whole or now.whole,
            )
    return so_far


def wanted_back(message: str) -> list[Decimal | None]:
    """The amounts that a message asks for in so many words; ``None`` for one that is not read."""
    text = plain(message)
    comma = COMMA.search(text) is not None
    found = [(each, _kind(each, text, False, False)) for each in AMOUNT.finditer(text)]
    return [_amount(each, comma, kind) for each, kind in found if kind == "limit" and _is_wanted(each, text)]


def _is_wanted(found: re.Match[str], text: str) -> bool:
    before, after = text[max(0, found.start() - 60) : found.start()], text[found.end() : found.end() + 20]
    if re.fullmatch("[0-9]", found[0]) and (not PAYS.search(before) or re.match(r"\s?(?:of|from|von|de|des)\b", after)):
        # It may as well be how many.
        return False
    return WANTS.search(before) is not None or BACK.match(after) is not None


@once
def _limits(message: str, asked: bool) -> Limits:
    text = plain(message)
    comma = COMMA.search(text) is not None
    amounts: list[Decimal] = []
    paid: list[Decimal] = []
    text, refused = NOT_THAT.subn(" ", text)
    found_shares, rest, unread = shares(text, lambda number: parsed(number, comma))
    last = 0
    pieces = []
    difference = DIFFERENCE.search(rest) is None
    for found in AMOUNT.finditer(rest):
        kind = _kind(found, rest, asked, not found_shares)
        if kind is None:
            continue
        pieces.append(rest[last : found.start()])
        last = found.end()
        around = rest[max(0, found.start() - 30) : found.start()], rest[last : last + 30]
        difference |= bool(
            THE_DIFFERENCE.search(around[0]) or DIFFERENCE.match(around[1].removeprefix(" price").strip())
        )
        amount = _amount(found, comma, kind)
        if amount is None:
            unread = True
        else:
            (paid if kind == "paid" else amounts).append(amount)
    pieces.append(rest[last:])
    rest = " ".join(pieces)
    read = bool(amounts or found_shares)
    whole = EVERYTHING.search(rest) is not None or WHOLE.search(rest) is not None
    negated = NOT_ALL.search(rest) is not None
    vague = not read and (negated or (VAGUE.search(rest) is not None and not whole))
    lessened = LESS.search(rest) is not None and (read or whole)
    odd = not read and ODD.fullmatch(POLITE.sub("", text).lstrip(ALONE).rstrip(" .,!\n")) is not None
    nothing_else = bool(refused) and not read and not whole
    unread = (
        unread
        or vague
        or lessened
        or odd
        or nothing_else
        or (read and not difference)
        or SPOKEN_OF.search(rest) is not None
    )
    return Limits(tuple(amounts), tuple(found_shares), tuple(paid), whole and not lessened and not negated, unread)


@once
def plain(message: str) -> str:
    text = re.sub(r"(?<=[0-9])\s?[½¼¾]", lambda one: {"½": ".5", "¼": ".25", "¾": ".75"}[one[0].strip()], message)
    return OTHERS.sub(" @ ", in_digits(mark_shares(folded(text))))


def _kind(found: re.Match[str], text: str, asked: bool, whole: bool) -> str | None:
    """Whether a number is an amount that limits, the ``answer`` to how much, one that was ``paid``, or none."""
    number = found["number"]
    before, after = text[max(0, found.start() - 60) : found.start()], text[found.end("number") : found.end() + 30]
    if not (found["before"] or found["after"] or found["small"]):
        alone = (asked or (whole and number[0].isdigit())) and len(text) <= SHORT
        if alone and POLITE.sub("", text).strip(ALONE) == number:
            # Of one that nobody asked for, four digits may as well be a card's.
            return "answer" if asked else "limit" if len(number) <= 3 or WITH_CENTS.fullmatch(number) else None
        joined = before[-1:] in ("#", "/", "'", ",", ".") or (before[-1:] == "-" and before[-2:-1].isalnum())
        if UNIT.match(after) or joined or (found["glued"] or "").strip():
            return None
        bare = len(number) <= 6 and (BACK.match(after) or (WANTS.search(before) and ENDS.match(after)))
        if not bare and not WITH_CENTS.fullmatch(number):
            return None
    paid = PAID.search(before) or GIFT.match(text[found.end() : found.end() + 20])
    return "paid" if paid else "limit"


def _amount(found: re.Match[str], comma: bool, kind: str) -> Decimal | None:
    currencies = f"{found['before'] or ''} {found['after'] or ''}"
    amount = parsed(found["number"], comma)
    before = found.string[max(0, found.start() - 16) : found.start()]
    if amount is None or IS_FOREIGN.search(currencies) or RANGE.search(before) or (found["glued"] or "").strip():
        return None
    if (found["before"] or "").strip() and not comma and re.fullmatch(r"[0-9]{1,3},[0-9]{1,2}", found["number"]):
        return None
    if found["small"] and not currencies.strip():
        return amount / 100
    if found["cents"] and currencies.strip():
        cents = Decimal(re.sub(r"\D", "", found["cents"]))
        return amount + cents / 100 if amount == amount.to_integral_value() else None
    if not currencies.strip() and re.fullmatch("[0-9]", found["number"]) and kind != "answer":
        # It may as well be how many.
        return None
    return amount
