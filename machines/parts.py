"""What the words leave of what could be done with the one order, where they limit it to a part of that. Pure."""

from decimal import Decimal, InvalidOperation

from pydantic import JsonValue

from leverframe.contracts.base import Facts
from machines.arguments import Options
from machines.facts import Order, messages
from machines.items import items, the_order
from machines.said_parts import Bought, wants_part


def as_a_whole(options: Options, status: str) -> Options:
    """The options of what can only be done with a whole order; none where a part of it is wanted."""
    return lambda facts: [] if in_part(facts, status) else options(facts)


def in_part(facts: Facts, status: str) -> bool:
    """Whether the words want something with a part of the one order in this status, and not with all of it."""
    order = the_order(facts, status)
    return order is not None and wants_part((*messages(facts),), bought(order))


def bought(order: Order) -> Bought:
    """What an order is made of."""
    lines = items(order)
    quantities = (line.get("quantity") for line in lines)
    return Bought(
        tuple(str(line.get("name")) for line in lines),
        tuple(number if isinstance(number, int) else 1 for number in quantities),
        _decimal(order.get("total")),
    )


def _decimal(amount: JsonValue) -> Decimal:
    try:
        return Decimal(str(amount))
    except InvalidOperation:
        return Decimal(0)
