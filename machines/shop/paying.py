"""With which of their methods the user can have a pending order paid instead. Pure."""

from decimal import Decimal, InvalidOperation

from leverframe.contracts.base import Facts
from machines.facts import messages
from machines.shop.everything import asks_for_several
from machines.shop.facts import Order
from machines.shop.items import the_order
from machines.shop.payment_methods import Method, ids, methods_named, payment_methods

STATUS = "pending"
PAYMENT_OWN, PAYMENT_ONCE, MODIFY_PAYMENT = "PAYMENT-OWN", "PAYMENT-ONCE", "MODIFY-PAYMENT"
"""Clauses, by their ids in the business's policy."""


def payable_order(facts: Facts) -> list[str]:
    """The one order that is meant, where a single method pays for it."""
    order = the_order(facts, STATUS)
    return [str(order["order_id"])] if order and len(_paying(order)) == 1 else []


def payable(facts: Facts) -> list[str]:
    """Ids of the methods that can pay instead: those that the words tell from others, or the only one there is."""
    able, named = _able(facts), methods_named(facts)
    if named is None:
        return ids(able) if len(able) == 1 else []
    chosen = [method for method in able if method in named]
    kinds = [method.get("kind") for method in chosen]
    return ids([method for method in chosen if kinds.count(method.get("kind")) == 1])


def which_method(facts: Facts) -> list[str]:
    """``which_method``, where there is a choice that the words leave open; naming the present one leaves it open."""
    able, named = _able(facts), methods_named(facts)
    told = [method for method in able if named is None or method in named]
    present = bool(named) and all(_is_present(method, facts) for method in named or ())
    if wants_several(facts):
        return []
    return ["which_method"] if able and not payable(facts) and (told or present) else []


def wants_several(facts: Facts) -> bool:
    """Whether the newest answer is ``both`` or the like: one method takes the place of another."""
    return asks_for_several(messages(facts)[1:][-1:]) > 0


def refusing_payment(facts: Facts) -> list[str]:
    """The clause that a refusal of what the words ask for can rest on."""
    order = the_order(facts, STATUS)
    if order is None:
        return []
    if not payable_order(facts):
        return [PAYMENT_ONCE]
    if wants_several(facts):
        return [MODIFY_PAYMENT]
    named, able = methods_named(facts), _able(facts)
    others = [method for method in payment_methods(facts) if not _is_present(method, facts)]
    if named == [] or (named is None and not others):
        return [PAYMENT_OWN]
    return [] if any(named is None or method in named for method in able) else [MODIFY_PAYMENT]


def _able(facts: Facts) -> list[Method]:
    """The methods that could pay for the one order: not the present one, and a gift card only if it holds enough."""
    order = the_order(facts, STATUS)
    if order is None or not payable_order(facts):
        return []
    return [method for method in payment_methods(facts) if not _is_present(method, facts) and _covers(method, order)]


def _is_present(method: Method, facts: Facts) -> bool:
    return method.get("payment_method_id") in _paying(the_order(facts, STATUS) or {})


def _paying(order: Order) -> list[object]:
    found = order.get("payment_method_ids")
    return list(found) if isinstance(found, list) else []


def _covers(method: Method, order: Order) -> bool:
    """Whether a gift card holds the order's total; others have no balance. What cannot be read covers nothing."""
    if method.get("balance") is None:
        return method.get("kind") != "gift card"
    try:
        return Decimal(str(method["balance"])) >= Decimal(str(order.get("total")))
    except InvalidOperation:
        return False
