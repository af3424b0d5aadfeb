"""Tools that move money; for now in the shop's own books."""

from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlmodel import col

from tools.base import Arguments, CallContext, Result, tool
from tools.errors import ToolRefused
from tools.orders import OrderId, lock_order
from tools.payment_methods import describe
from tools.shop.models import OrderPayment, PaymentMethod


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


class Due(NamedTuple):
    """What is left to give back of one payment."""

    payment_id: UUID
    amount: Decimal
    payment_method_id: str


@tool("payments.refund", effect="destructive")
async def refund(call: CallContext, arguments: RefundOrder) -> Refunded:
    """Give back what was paid for an order that this very action has cancelled, to where it came from.

    One refund row for each payment with something left to give back; a gift card's balance is credited. The
    database itself refuses to go above what was captured.
    """
    order = await lock_order(call, arguments.order_id)
    if order.status != "cancelled" or order.cancelled_by_action != call.action_id:
        raise ToolRefused(f"Order {order.order_id} was not cancelled by this action, so it is not refunded.")
    payments = await _due(call, order.order_id)
    if not payments:
        raise ToolRefused(f"Nothing of order {order.order_id} is left to refund.")
    refunds = [await _refund(call, order.order_id, due) for due in payments]
    total = sum((due.amount for due in payments), Decimal("0.00"))
    return Refunded(order_id=order.order_id, total=str(total), refunds=refunds)


async def _due(call: CallContext, order_id: str) -> list[Due]:
    refunded = (
        select(
            col(OrderPayment.refunds_payment).label("payment_id"), func.sum(col(OrderPayment.amount)).label("amount")
        )
        .where(col(OrderPayment.order_id) == order_id, col(OrderPayment.transaction_type) == "refund")
        .group_by(col(OrderPayment.refunds_payment))
        .subquery()
    )
    due = (col(OrderPayment.amount) - func.coalesce(refunded.c.amount, 0)).label("due")
    rows = await call.session.execute(
        select(col(OrderPayment.payment_id), due, col(OrderPayment.payment_method_id))
        .outerjoin(refunded, refunded.c.payment_id == col(OrderPayment.payment_id))
        .where(col(OrderPayment.order_id) == order_id, col(OrderPayment.transaction_type) == "payment", due > 0)
        .order_by(col(OrderPayment.position))
    )
    return [Due(*row) for row in rows]


async def _refund(call: CallContext, order_id: str, due: Due) -> Refund:
    method = (
        await call.session.execute(
            select(col(PaymentMethod.source), col(PaymentMethod.last_four), col(PaymentMethod.closed))
            .where(col(PaymentMethod.payment_method_id) == due.payment_method_id)
            .with_for_update()
        )
    ).one()
    words = describe(method.source, method.last_four)
    if method.closed:
        raise ToolRefused(f"The {words} that paid for order {order_id} is closed; {due.amount} cannot go back to it.")
    last = select(func.max(col(OrderPayment.position))).where(col(OrderPayment.order_id) == order_id)
    await call.session.execute(
        insert(OrderPayment).values(
            payment_id=call.derive_id(),
            order_id=order_id,
            position=(await call.session.scalar(last) or 0) + 1,
            customer_id=call.subject,
            transaction_type="refund",
            amount=due.amount,
            payment_method_id=due.payment_method_id,
            refunds_payment=due.payment_id,
            action_id=call.action_id,
        )
    )
    if method.source == "gift_card":
        await call.session.execute(
            update(PaymentMethod)
            .where(col(PaymentMethod.payment_method_id) == due.payment_method_id)
            .values(balance=col(PaymentMethod.balance) + due.amount)
        )
    return Refund(amount=str(due.amount), to=words)
