"""Sending a part of a payment back."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from tools.base import Arguments, CallContext, tool
from tools.errors import ToolRefused
from tools.shop.bookings import Due, book_refund
from tools.shop.models import OrderPayment
from tools.shop.money import Amount
from tools.shop.orders import lock_order
from tools.shop.payment_methods import lock_methods
from tools.shop.payments import Refund
from tools.shop.refund_requests import CAPTURED
from tools.shop.refundable import PaymentId


class PartOfPayment(Arguments):
    payment_id: PaymentId
    amount: Amount


@tool("payments.refund_partly", effect="destructive")
async def refund_partly(call: CallContext, arguments: PartOfPayment) -> Refund:
    """Send a part of a payment, or all that is left of it, back to where it came from.

    Never more than was captured and has not gone back yet: as the books have it, and as the provider has it.
    """
    payment = await _payment(call, arguments.payment_id)
    amount = Decimal(arguments.amount)
    left = payment.amount - await _sent_back(call, payment.payment_id)
    if not 0 < amount <= left:
        raise ToolRefused(
            f"{arguments.amount} cannot go back of payment {arguments.payment_id}: {left} of it is left.", CAPTURED
        )
    (method,) = await lock_methods(call, [payment.payment_method_id])
    await book_refund(call, payment._replace(amount=amount), method)
    return Refund(amount=str(amount), to=method.words)


async def _payment(call: CallContext, payment_id: str) -> Due:
    """The whole payment; its order is locked. Raises :class:`~tools.errors.ToolRefused` when there is none."""
    order_id, _, position = payment_id.partition("/")
    order = await lock_order(call, order_id)
    row = (
        await call.session.execute(
            select(
                col(OrderPayment.order_id),
                col(OrderPayment.payment_id),
                col(OrderPayment.amount),
                col(OrderPayment.payment_method_id),
                col(OrderPayment.provider_payment),
            ).where(
                col(OrderPayment.order_id) == order.order_id,
                col(OrderPayment.position) == int(position),
                col(OrderPayment.transaction_type) == "payment",
            )
        )
    ).one_or_none()
    if row is None:
        raise ToolRefused(f"The customer has no payment {payment_id}.", "OWN-ORDERS")
    return Due(*row)


async def _sent_back(call: CallContext, payment: UUID) -> Decimal:
    counted = select(func.coalesce(func.sum(col(OrderPayment.amount)), Decimal("0.00"))).where(
        col(OrderPayment.refunds_payment) == payment, col(OrderPayment.failure).is_(None)
    )
    return (await call.session.execute(counted)).scalar_one()
