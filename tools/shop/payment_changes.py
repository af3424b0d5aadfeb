"""Moving a pending order to another payment method."""

from sqlalchemy import select
from sqlmodel import col

from tools.arguments import OneLine
from tools.base import Arguments, CallContext, Result, tool
from tools.errors import ToolRefused
from tools.shop.bookings import Due, book_payment, book_refund
from tools.shop.models import OrderPayment
from tools.shop.orders import OrderId, lock_order
from tools.shop.payment_methods import lock_methods, require_cover
from tools.shop.statuses import require_pending


class ChangePayment(Arguments):
    order_id: OrderId
    payment_method_id: OneLine


class PaymentChanged(Result):
    order_id: str
    status: str
    amount: str
    """What the new method has paid and the old one got back, as in ``54.10``."""
    payment_method: str
    """The new one, in plain words."""
    refunded_to: str
    """The old one, in plain words."""


@tool("orders.change_payment", effect="destructive")
async def change_payment(call: CallContext, arguments: ChangePayment) -> PaymentChanged:
    """Have another payment method pay for a pending order, once, and give the first one its money back."""
    order = await lock_order(call, arguments.order_id)
    require_pending(order.order_id, order.status, "moved to another payment method", "MODIFY-PENDING")
    paid = await _only_payment(call, order.order_id)
    if paid.payment_method_id == arguments.payment_method_id:
        raise ToolRefused(f"Order {order.order_id} is paid by {arguments.payment_method_id} already.", "MODIFY-PAYMENT")
    new, old = await lock_methods(call, [arguments.payment_method_id, paid.payment_method_id])
    require_cover(new, paid.amount, "MODIFY-PAYMENT")
    await book_payment(call, order.order_id, paid.amount, new)
    await book_refund(call, paid, old)
    return PaymentChanged(
        order_id=order.order_id,
        status=order.status,
        amount=str(paid.amount),
        payment_method=new.words,
        refunded_to=old.words,
    )


async def _only_payment(call: CallContext, order_id: str) -> Due:
    """The one row of the order's payments; raises ToolRefused when there are others, of whatever kind."""
    rows = (
        await call.session.execute(
            select(
                col(OrderPayment.order_id),
                col(OrderPayment.payment_id),
                col(OrderPayment.amount),
                col(OrderPayment.payment_method_id),
                col(OrderPayment.provider_payment),
                col(OrderPayment.transaction_type),
            ).where(col(OrderPayment.order_id) == order_id)
        )
    ).all()
    if len(rows) != 1 or rows[0].transaction_type != "payment":
        raise ToolRefused(
            f"Order {order_id} has {len(rows)} payments and refunds; it can be moved once, while there is one payment.",
            "PAYMENT-ONCE",
        )
    return Due(*rows[0][:5])
