"""Where a refund goes to, and what a price difference is settled with, as far as the words tell. Pure."""

import re
from decimal import Decimal

from leverframe.contracts.base import Facts
from machines.arguments import Options
from machines.facts import text
from machines.shop.items import the_order
from machines.shop.payment_methods import Method, ids, methods_meant, methods_named, payment_methods
from machines.shop.variants import swaps

ORIGINAL = re.compile(
    r"\boriginal (?:payment|method|card|form)|\bsame (?:payment|method|card|way)|\b(?:how|what|which|way) i paid"
    r"|\bi (?:have )?paid with|\bback to where|urspr(?:ü|ue)nglich|womit ich bezahlt|gleiche(?:n|r|s)? zahlungs"
    r"|moyen de paiement (?:d.origine|initial)|m[êe]me moyen|m[ée]todo (?:de pago )?original|mismo m[ée]todo"
    r"|原支付|原路|原来的付款",
    re.IGNORECASE,
)


Choice = tuple[Options, Options]
"""The methods that are possible, and those of them that the words tell."""


def refunding(status: str) -> Choice:
    """What a return is refunded to: how the order was paid, or a gift card; where nothing is named, the former."""

    def possible(facts: Facts) -> list[Method]:
        paid = _paid_with(facts, status)
        cards = [method for method in payment_methods(facts) if method.get("kind") == "gift card"]
        return [*paid, *(card for card in cards if card not in paid)] if the_order(facts, status) else []

    def told(facts: Facts) -> list[Method]:
        meant = methods_meant(facts) if _tells(facts) else _paid_with(facts, status)
        return [method for method in possible(facts) if method in meant]

    return lambda facts: ids(possible(facts)), lambda facts: ids(told(facts))


def settling(status: str) -> Choice:
    """What a price difference is settled with: a method that is named, or the only one; a gift card must cover it."""

    def possible(facts: Facts) -> list[Method]:
        return _covering(facts, status, payment_methods(facts)) if the_order(facts, status) else []

    def told(facts: Facts) -> list[Method]:
        found = possible(facts)
        if _tells(facts):
            return [method for method in found if method in methods_meant(facts)]
        if ORIGINAL.search(text(facts)):
            found = [method for method in found if method in _paid_with(facts, status)]
        return found if len(found) == 1 else []

    return lambda facts: ids(possible(facts)), lambda facts: ids(told(facts))


def which_method(choice: Choice) -> Options:
    """``which_payment_method``, where there are some and the words do not tell one."""
    possible, told = choice
    return lambda facts: ["which_payment_method"] if possible(facts) and len(told(facts)) != 1 else []


def refusing_method(status: str, clause: str, choice: Choice) -> Options:
    """The clause, where no method is possible, or none of those that are named."""
    possible, told = choice

    def options(facts: Facts) -> list[str]:
        settled = the_order(facts, status) is not None and not told(facts)
        return [clause] if settled and (_tells(facts) or not possible(facts)) else []

    return options


def _tells(facts: Facts) -> bool:
    """Whether the words name any method, or a kind of them."""
    return methods_named(facts) is not None


def _paid_with(facts: Facts, status: str) -> list[Method]:
    """The open methods that the one order was paid with."""
    order = the_order(facts, status) or {}
    paid = order.get("payment_method_ids")
    return [m for m in payment_methods(facts) if isinstance(paid, list) and m["payment_method_id"] in paid]


def _covering(facts: Facts, status: str, methods: list[Method]) -> list[Method]:
    """Without gift cards that cannot pay for even the cheapest of the changes that can be meant."""
    least = min((swap.difference for swap in swaps(facts, status)), default=Decimal(0))
    return [m for m in methods if m.get("kind") != "gift card" or Decimal(str(m.get("balance") or 0)) >= least]
