"""Which payment is meant, and which amounts of it can go back, read out of the facts. Pure; no float."""

import re
from decimal import Decimal, InvalidOperation

from pydantic import JsonValue

from leverframe.contracts.base import Facts
from machines.facts import listed, messages, text
from machines.shop.everything import asks_for_several
from machines.shop.facts import OWN_ORDERS, orders
from machines.shop.items import Item, items
from machines.shop.named import digits_of
from machines.shop.orders import foreign, meant, named, told, unlisted
from machines.shop.parts import chosen, quantity_of
from machines.shop.payment_methods import numbers_asked
from machines.shop.references import in_shops_form
from machines.shop.said_amounts import CENT, limits
from machines.shop.words import words

CAPTURED = "REFUND-CAPTURED"
"""Clause: a payment goes back as a whole or in part, never beyond what is left of it."""

PAYMENT = re.compile(r"(#W[0-9]{7})\s?/\s?([0-9]{1,4})(?![0-9])")

Payment = dict[str, JsonValue]


def refundable(facts: Facts) -> list[Payment]:
    """The payments that can be meant and of which something is left, as the scoped read returned them.

    Where the words say what was paid with, only those payments; none where they name one that there is not.
    """
    can_be = {order["order_id"] for order in meant(facts)}
    there = [one for one in listed(facts, "payments") if one.get("order_id") in can_be]
    if _lost(facts, there):
        return []
    ids, said = _ids_asked(facts), text(facts).casefold()
    left = [one for one in there if _left(one) > 0 and (not ids or one["payment_id"] in ids)]
    paid_so = [one for one in left if any(word in said for word in _paid_with(one))]
    return paid_so or left


def the_payment(facts: Facts) -> list[str]:
    """The payment, where just one can be meant: a person should not have to guess which one it is."""
    found = refundable(facts)
    sure = not named(facts).missing and (told(facts) or not unlisted(facts))
    return [str(found[0]["payment_id"])] if len(found) == 1 and sure else []


def which_payment(facts: Facts) -> list[str]:
    """What the user can be asked for: ``which_payment``; ``no_such_payment`` where what they name is not among theirs,
    ``one_payment`` where they want several, which is said once, and ``which_amount`` where they say how much of the one
    payment and that is not read.
    """
    found, names = refundable(facts), named(facts)
    there = [one for one in listed(facts, "payments") if one.get("order_id") in names.found]
    if _lost(facts, there or listed(facts, "payments")) or (names.missing and not names.found):
        return ["no_such_payment"]
    if len(found) > 1:
        wanted = asks_for_several(messages(facts)) + (len(names.found) > 1)
        return ["one_payment"] * (wanted == 1) if wanted else ["which_payment"]
    if unlisted(facts) and not told(facts):
        return ["which_payment"]
    return ["which_amount"] * (len(found) == 1 and _open(facts, found[0]))


def amounts(facts: Facts) -> list[str]:
    """What can go back of the one payment: what the words say, else prices of items that they name and all of it; not
    all of it where only some items, or some pieces of one, are spoken of.

    None where the words say how much and that is not left, or cannot be read: what somebody asks for is not made into
    something else, and a limit that is not understood is not taken for none.
    """
    found, said = refundable(facts), limits(messages(facts))
    if len(found) != 1 or said.unread:
        return []
    left = _left(found[0])
    wanted = said.wanted(_decimal(found[0].get("captured")) or left, left)
    part = None if wanted else _part(facts, found[0])
    if part is not None:
        wanted = part
    elif not wanted:
        wanted = [*said.paid, *_prices(facts, found[0]), left]
    elif said.whole:
        wanted = [*wanted, left]
    there = [amount for amount in wanted if 0 < amount <= left]
    return [str(amount.quantize(CENT)) for amount in dict.fromkeys(there)]


def refusing_refund(facts: Facts) -> list[str]:
    """Clauses that a refusal can rest on here; without one nothing is declined."""
    found = refundable(facts)
    all_seen = told(facts) or not unlisted(facts)
    nothing_left = not found and bool(meant(facts) or not orders(facts)) and not which_payment(facts) and all_seen
    too_much = len(found) == 1 and "which_amount" not in which_payment(facts) and not amounts(facts)
    return [*([OWN_ORDERS] if foreign(facts) else []), *([CAPTURED] if nothing_left or too_much else [])]


def _lost(facts: Facts, there: list[Payment]) -> bool:
    """Whether the words name a payment, or a card, that none of these is or was paid with."""
    asked = {number for number in numbers_asked(messages(facts)) if number.isdigit()}
    known = {number for one in there for number in (digits_of(one.get("payment_method_id")), *_paid_with(one))}
    return bool(_ids_asked(facts) - {one["payment_id"] for one in there} or asked - known)


def _ids_asked(facts: Facts) -> set[JsonValue]:
    """The payments that the newest words which name any name by their ids, such as ``#W1234567/1``."""
    for message in reversed(messages(facts)):
        if asked := {f"{order}/{int(place)}" for order, place in PAYMENT.findall(in_shops_form(message))}:
            return {*asked}
    return set()


def _left(payment: Payment) -> Decimal:
    return _decimal(payment.get("refundable"))


def _prices(facts: Facts, payment: Payment) -> list[Decimal]:
    """Prices of the items that the words name, among those that the payment is for: of a piece, then of all pieces."""
    said = words(facts)
    return _prices_of([item for item in _paid_for(facts, payment) if said.of_name(str(item.get("name")))])


def _open(facts: Facts, payment: Payment) -> bool:
    """Whether the words limit how much is wanted, and it is not known to what."""
    said = limits(messages(facts))
    return said.unread or (not said and _part(facts, payment) == [])


def _part(facts: Facts, payment: Payment) -> list[Decimal] | None:
    """Prices of the items that the words limit the wish to; none where those are not told, ``None`` without a limit."""
    lines = _paid_for(facts, payment)
    told = chosen(facts, lines, implied=True)
    if told.kind is None and len(told.left) == len(lines):
        return None
    if told.kind == "measure":
        return []
    if told.kind == "count" and told.least and len(told.named) == 1:
        item = told.named[0]
        return [_decimal(item.get("price")) * min(told.least, quantity_of(item))]
    of_all = sum((_decimal(item.get("price")) * quantity_of(item) for item in told.named), Decimal(0))
    return [*_prices_of(told.named), of_all] if told.named else []


def _paid_for(facts: Facts, payment: Payment) -> list[Item]:
    return [
        item for order in orders(facts) if order.get("order_id") == payment.get("order_id") for item in items(order)
    ]


def _prices_of(of: list[Item]) -> list[Decimal]:
    pairs = [(_decimal(item.get("price")), quantity_of(item)) for item in of]
    return [price for one, quantity in pairs for price in (one, one * quantity)]


def _paid_with(payment: Payment) -> list[str]:
    """By which words the user may tell this payment from others: its kind, and the card's last digits."""
    description = str(payment.get("description")).casefold()
    return [description.partition(" ending ")[0], *re.findall(r"\d{4}$", description)]


def _decimal(amount: JsonValue) -> Decimal:
    try:
        read = Decimal(str(amount))
    except InvalidOperation:
        return Decimal(0)
    return read if read.is_finite() else Decimal(0)
