"""Changing the items of a pending order to other variants of the same products."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import update
from sqlmodel import col

from tools.arguments import ManyIds, OneLine
from tools.base import Arguments, CallContext, Result, tool
from tools.errors import ToolRefused
from tools.shop.bookings import book_payment, book_refund, due_of, shares
from tools.shop.items import lock_lines, pick
from tools.shop.models import Order, OrderItem
from tools.shop.orders import OrderId, lock_order
from tools.shop.payment_methods import LockedMethod, lock_methods, require_cover
from tools.shop.statuses import MODIFIED, require_pending
from tools.shop.variants import Replacement, replacements


class ChangeItems(Arguments):
    order_id: OrderId
    item_ids: ManyIds
    new_item_ids: ManyIds
    """What takes the place of each item, in the same order."""
    payment_method_id: OneLine
    """What pays the price difference, or receives it."""


class ItemsChanged(Result):
    order_id: str
    status: str
    items: list[str]
    """Names of the items that were changed."""
    price_difference: str
    """What the customer has paid more, as in ``5.00``; below zero, what went back."""
    payment_method: str
    """In plain words."""


@tool("orders.change_items", effect="destructive")
async def change_items(call: CallContext, arguments: ChangeItems) -> ItemsChanged:
    """Change items of a pending order to other options of the same products, once, and settle the price difference."""
    order = await lock_order(call, arguments.order_id)
    require_pending(order.order_id, order.status, "changed", "MODIFY-PENDING")
    lines = pick(order.order_id, await lock_lines(call, order.order_id), arguments.item_ids, "MODIFY-LISTED")
    found = await replacements(call, lines, arguments.new_item_ids, count_rule="MODIFY-LISTED", rule="MODIFY-ITEMS")
    _require_change(found)
    [method] = await lock_methods(call, [arguments.payment_method_id])
    difference = sum((each.difference for each in found), Decimal("0.00"))
    require_cover(method, difference, "MODIFY-PRICE")
    await _replace(call, order.order_id, found)
    await _settle(call, order.order_id, difference, method)
    await call.session.execute(update(Order).where(col(Order.order_id) == order.order_id).values(status=MODIFIED))
    return ItemsChanged(
        order_id=order.order_id,
        status=MODIFIED,
        items=[line.name for line in lines],
        price_difference=str(difference),
        payment_method=method.words,
    )


def _require_change(found: Sequence[Replacement]) -> None:
    for each in found:
        if each.item_id == each.line.item_id:
            raise ToolRefused(f"Item {each.item_id}, a {each.line.name}, would be changed for itself.", "MODIFY-ITEMS")


async def _replace(call: CallContext, order_id: str, found: Sequence[Replacement]) -> None:
    # One statement for each line, so that the changes are collected in one order every time.
    for each in sorted(found, key=lambda each: each.line.position):
        await call.session.execute(
            update(OrderItem)
            .where(col(OrderItem.order_id) == order_id, col(OrderItem.position) == each.line.position)
            .values(item_id=each.item_id, price=each.price, options=each.options)
        )


async def _settle(call: CallContext, order_id: str, difference: Decimal, method: LockedMethod) -> None:
    """Book the difference: as a refund of 0.00 where there is none, so that the books show that it was settled."""
    if difference > 0:
        await book_payment(call, order_id, difference, method)
        return
    paid = await due_of(call, order_id)
    if not difference:
        back = [due._replace(amount=difference) for due in paid[:1]]
    else:
        back = list(shares(paid, -difference, method.payment_method_id))
    if sum((due.amount for due in back), Decimal("0.00")) != -difference:
        raise ToolRefused(f"Less than {-difference} is left of what was paid for order {order_id}.", "MODIFY-PRICE")
    for due in back:
        await book_refund(call, due, method)
