"""Asking for a return of delivered items."""

from sqlalchemy import update
from sqlmodel import col

from tools.arguments import ManyIds, OneLine
from tools.base import Arguments, CallContext, Result, tool
from tools.errors import ToolRefused
from tools.shop.bookings import due_of
from tools.shop.items import lock_lines, pick
from tools.shop.models import Order
from tools.shop.orders import OrderId, lock_order
from tools.shop.payment_methods import lock_methods
from tools.shop.statuses import require_delivered


class RequestReturn(Arguments):
    order_id: OrderId
    item_ids: ManyIds
    payment_method_id: OneLine
    """Where the refund goes once the items have arrived."""


class ReturnRequested(Result):
    order_id: str
    status: str
    items: list[str]
    """Names of the items that come back."""
    refund_to: str
    """The payment method in plain words."""


@tool("orders.request_return", effect="destructive")
async def request_return(call: CallContext, arguments: RequestReturn) -> ReturnRequested:
    """Note which items of a delivered order come back, and where the money goes then; none moves yet."""
    order = await lock_order(call, arguments.order_id)
    require_delivered(order.order_id, order.status, "returned", "RETURN-DELIVERED")
    lines = pick(order.order_id, await lock_lines(call, order.order_id), arguments.item_ids, "RETURN-ITEMS")
    [method] = await lock_methods(call, [arguments.payment_method_id])
    paid_by = {due.payment_method_id for due in await due_of(call, order.order_id)}
    if method.source != "gift_card" and method.payment_method_id not in paid_by:
        raise ToolRefused(
            f"Order {order.order_id} was not paid by the {method.words}; its refund goes to the original payment "
            "method or to a gift card.",
            "RETURN-REFUND",
        )
    await call.session.execute(
        update(Order)
        .where(col(Order.order_id) == order.order_id)
        .values(
            status="return requested",
            return_items=sorted(line.item_id for line in lines),
            return_payment_method_id=method.payment_method_id,
        )
    )
    return ReturnRequested(
        order_id=order.order_id,
        status="return requested",
        items=[line.name for line in lines],
        refund_to=method.words,
    )
