"""Asking for an exchange of delivered items."""

from decimal import Decimal

from sqlalchemy import update
from sqlmodel import col

from tools.arguments import ManyIds, OneLine
from tools.base import Arguments, CallContext, Result, tool
from tools.shop.items import lock_lines, pick
from tools.shop.models import Order
from tools.shop.orders import OrderId, lock_order
from tools.shop.payment_methods import lock_methods, require_cover
from tools.shop.statuses import require_delivered
from tools.shop.variants import replacements


class RequestExchange(Arguments):
    order_id: OrderId
    item_ids: ManyIds
    new_item_ids: ManyIds
    """What takes the place of each item, in the same order."""
    payment_method_id: OneLine
    """What pays the price difference, or receives it."""


class ExchangeRequested(Result):
    order_id: str
    status: str
    items: list[str]
    """Names of the items that are exchanged."""
    price_difference: str
    """What the customer pays more, as in ``5.00``; below zero, what goes back."""
    payment_method: str
    """In plain words."""


@tool("orders.request_exchange", effect="destructive")
async def request_exchange(call: CallContext, arguments: RequestExchange) -> ExchangeRequested:
    """Note what takes the place of which items of a delivered order, and who pays the difference; none moves yet.

    An item may be replaced by the same again, for example a broken one.
    """
    order = await lock_order(call, arguments.order_id)
    require_delivered(order.order_id, order.status, "exchanged", "EXCHANGE-DELIVERED")
    lines = pick(order.order_id, await lock_lines(call, order.order_id), arguments.item_ids, "EXCHANGE-ITEMS")
    found = await replacements(
        call, lines, arguments.new_item_ids, count_rule="EXCHANGE-ITEMS", rule="EXCHANGE-DELIVERED"
    )
    [method] = await lock_methods(call, [arguments.payment_method_id])
    difference = sum((each.difference for each in found), Decimal("0.00"))
    require_cover(method, difference, "EXCHANGE-PRICE")
    await call.session.execute(
        update(Order)
        .where(col(Order.order_id) == order.order_id)
        .values(
            status="exchange requested",
            exchange_items=sorted(line.item_id for line in lines),
            exchange_new_items=sorted(each.item_id for each in found),
            exchange_payment_method_id=method.payment_method_id,
            exchange_price_difference=difference,
        )
    )
    return ExchangeRequested(
        order_id=order.order_id,
        status="exchange requested",
        items=[line.name for line in lines],
        price_difference=str(difference),
        payment_method=method.words,
    )
