"""The lines of an order, and which of them a request is about."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import col

from tools.base import CallContext
from tools.errors import ToolRefused
from tools.shop.models import OrderItem


class Line(NamedTuple):
    """One line of an order: ``quantity`` pieces of an item at a ``price`` each. A line is dealt with as a whole."""

    position: int
    item_id: str
    product_id: str
    name: str
    price: Decimal
    quantity: int


async def lock_lines(call: CallContext, order_id: str) -> list[Line]:
    """The lines of an order that is locked, in their order, locked as well."""
    rows = await call.session.execute(
        select(
            col(OrderItem.position),
            col(OrderItem.item_id),
            col(OrderItem.product_id),
            col(OrderItem.name),
            col(OrderItem.price),
            col(OrderItem.quantity),
        )
        .where(col(OrderItem.order_id) == order_id)
        .order_by(col(OrderItem.position))
        .with_for_update()
    )
    return [Line(*row) for row in rows]


def pick(order_id: str, lines: Sequence[Line], item_ids: Sequence[str], rule: str) -> list[Line]:
    """The lines that item ids stand for, each id for the next line with it.

    Raises :class:`~tools.errors.ToolRefused` when none is named, or one that is not in the order or not so often.
    """
    if not item_ids:
        raise ToolRefused(f"No item of order {order_id} is named.", rule)
    left = list(lines)
    picked = []
    for item_id in item_ids:
        line = next((line for line in left if line.item_id == item_id), None)
        if line is None:
            named, there = item_ids.count(item_id), sum(each.item_id == item_id for each in lines)
            raise ToolRefused(f"Item {item_id} is named {named}× and stands {there}× in order {order_id}.", rule)
        left.remove(line)
        picked.append(line)
    return picked
