"""What machines read out of the facts, as pure functions: the user's words and orders, and what is meant by them."""

import re

from pydantic import JsonValue

from leverframe.contracts.base import Facts
from machines.arguments import Options

MAY_ASK = 2
"""How often the user is asked back before a person takes over."""

OWN_ORDERS = "OWN-ORDERS"
"""Clause: nobody is helped with another user's orders."""

ORDER_ID = re.compile(r"(?<![0-9A-Za-z])#?W(\d{7})(?!\d)", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_]{3,}")

Order = dict[str, JsonValue]


def orders(facts: Facts) -> list[Order]:
    """The user's orders as the scoped read returned them, newest first."""
    return listed(facts, "orders")


def listed(facts: Facts, name: str) -> list[dict[str, JsonValue]]:
    """The objects of a list among the facts; empty when there is no such list."""
    found = facts.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def text(facts: Facts) -> str:
    """All that the user has written, masked."""
    messages = facts.get("messages")
    return "\n".join(message for message in messages if isinstance(message, str)) if isinstance(messages, list) else ""


def named(facts: Facts) -> set[str]:
    """Order ids that the user's own words name, whoever they belong to."""
    return {f"#W{number}" for number in ORDER_ID.findall(text(facts))}


def foreign(facts: Facts) -> bool:
    """Whether the user names an order that is not theirs."""
    return bool(named(facts) - {order["order_id"] for order in orders(facts)})


def meant(facts: Facts) -> list[Order]:
    """The orders that the words can mean: the named ones, else those with an item that is mentioned, else all."""
    if named(facts):
        return [order for order in orders(facts) if order["order_id"] in named(facts)]
    said = _words(text(facts))
    return [order for order in orders(facts) if said & _words(_items(order))] or orders(facts)


def open_ones(facts: Facts, status: str) -> list[str]:
    """Ids of the orders in this status, among those that can be meant."""
    return [str(order["order_id"]) for order in meant(facts) if order.get("status") == status]


def the_one(status: str) -> Options:
    """The order in this status, where just one can be meant: the policy has the user confirm which one it is."""

    def options(facts: Facts) -> list[str]:
        found = open_ones(facts, status)
        return found if len(found) == 1 and not foreign(facts) else []

    return options


def which_order(status: str) -> Options:
    """``which_order``, where the user can be asked for it."""

    def options(facts: Facts) -> list[str]:
        several = len(open_ones(facts, status)) > 1
        return ["which_order"] if several or (foreign(facts) and not meant(facts)) else []

    return options


def refusing(status: str, clause: str) -> Options:
    """Clauses that a refusal can rest on here; without one nothing is declined.

    ``OWN-ORDERS`` where somebody else's order is named, and ``clause`` where no order that can be meant has the status.
    """

    def options(facts: Facts) -> list[str]:
        settled = not open_ones(facts, status) and bool(meant(facts) or not orders(facts))
        return [*([OWN_ORDERS] if foreign(facts) else []), *([clause] if settled else [])]

    return options


def always(clause: str) -> Options:
    """The one clause that something rests on, whatever the facts."""
    return lambda facts: [clause]


def may_ask(facts: Facts) -> bool:
    """Whether the user has not been asked too often yet."""
    return may_visit(facts, "asking", MAY_ASK)


def may_visit(facts: Facts, state: str, most: int) -> bool:
    """Whether the action has been in a state less often than ``most`` times."""
    visits = facts.get("visits")
    been = visits.get(state, 0) if isinstance(visits, dict) else 0
    return isinstance(been, int) and been < most


def _items(order: Order) -> str:
    items = order.get("items")
    return (
        " ".join(str(item.get("name")) for item in items if isinstance(item, dict)) if isinstance(items, list) else ""
    )


def _words(of: str) -> set[str]:
    return {word.casefold().removesuffix("s") for word in WORD.findall(of)}
