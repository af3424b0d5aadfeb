"""Tools that move money; in the shop's own books, and at the payment provider where that holds it."""

from decimal import Decimal

from tools.base import Arguments, CallContext, Result, tool
from tools.errors import ToolRefused
from tools.shop.bookings import book_refund, due_of
from tools.shop.orders import OrderId, lock_order
from tools.shop.payment_methods import lock_methods


class RefundOrder(Arguments):
    order_id: OrderId


class Refund(Result):
    """Money that went back: an amount as in ``54.10``, and where to in plain words."""

    amount: str
    to: str


class Refunded(Result):
    order_id: str
    total: str
    refunds: list[Refund]


@tool("payments.refund", effect="destructive")
async def refund(call: CallContext, arguments: RefundOrder) -> Refunded:
    """Give back what was paid for an order that this very action has cancelled, to where it came from.

    One refund row for each payment with something left to give back; a gift card's balance is credited. So a payment
    that went back when the payment method was changed is not given back again.
    """
    order = await lock_order(call, arguments.order_id)
    if order.status != "cancelled" or order.cancelled_by_action != call.action_id:
        raise ToolRefused(
            f"Order {order.order_id} was not cancelled by this action, so it is not refunded.", "CANCEL-REFUND"
        )
    dues = await due_of(call, order.order_id)
    if not dues:
        raise ToolRefused(f"Nothing of order {order.order_id} is left to refund.", "CANCEL-REFUND")
    methods = await lock_methods(call, [due.payment_method_id for due in dues])
    for due, method in zip(dues, methods, strict=True):
        await book_refund(call, due, method)
    return Refunded(
        order_id=order.order_id,
        total=str(sum((due.amount for due in dues), Decimal("0.00"))),
        refunds=[Refund(amount=str(due.amount), to=method.words) for due, method in zip(dues, methods, strict=True)],
    )
