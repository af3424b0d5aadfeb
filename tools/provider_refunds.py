"""Tools on a part of a payment: send it back, find out what became of that, and note that it failed."""

from decimal import Decimal
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import func, select, update
from sqlmodel import col

from tools.base import Arguments, CallContext, Result, tool
from tools.bookings import Due, book_refund
from tools.errors import ToolRefused
from tools.money import Amount
from tools.orders import lock_order
from tools.payment_methods import lock_methods
from tools.payments import Refund
from tools.provider import LOST, PROVIDER, ProviderRefund
from tools.refund_requests import CAPTURED, provider_of
from tools.refundable import PaymentId
from tools.shop.models import OrderPayment


class PartOfPayment(Arguments):
    payment_id: PaymentId
    amount: Amount


class OnePayment(Arguments):
    payment_id: PaymentId


class RefundState(Result):
    """What became of this action's refund of a payment.

    ``none``: there is none in the books. ``booked``: it is in the shop's own books alone, which settles it.
    ``succeeded``: it is on its way back, and may still turn ``failed``: the money is with the business again.
    """

    payment_id: PaymentId
    amount: str | None = None
    status: Literal["none", "booked", "pending", "succeeded", "failed"]
    reason: str = ""
    """Why it failed, as the provider says."""


class RefundStatus(Result):
    refund: RefundState


class _Booked(NamedTuple):
    """A row of this action in the books that gives money back."""

    refund_id: UUID
    amount: Decimal
    provider_payment: str | None


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


@tool("payments.refund_status", effect="read")
async def refund_status(call: CallContext, arguments: OnePayment) -> RefundStatus:
    """What became of this action's refund of a payment, from whoever holds the money and never from a message."""
    booked = await _booked(call, arguments.payment_id)
    if booked is None:
        return RefundStatus(refund=RefundState(payment_id=arguments.payment_id, status="none"))
    refund = await _at_provider(call, booked) if booked.provider_payment else None
    status: Literal["booked", "pending", "succeeded", "failed"] = "booked"
    if refund is not None:
        status = "failed" if refund.status in LOST else "succeeded" if refund.status == "succeeded" else "pending"
    state = RefundState(
        payment_id=arguments.payment_id,
        amount=str(booked.amount),
        status=status,
        reason=_why(refund) if refund is not None and status == "failed" else "",
    )
    return RefundStatus(refund=state)


@tool("payments.void_refund", effect="write", compensates="payments.refund_partly")
async def void_refund(call: CallContext, arguments: OnePayment) -> RefundStatus:
    """Mark this action's refund as failed in the books, so that it does not count; only where the provider says so."""
    await _payment(call, arguments.payment_id)
    booked = await _booked(call, arguments.payment_id)
    if booked is None or not booked.provider_payment:
        raise ToolRefused(f"This action has no refund of payment {arguments.payment_id} at the provider.", PROVIDER)
    refund = await _at_provider(call, booked)
    if refund.status not in LOST:
        raise ToolRefused(f"The refund {refund.id} is {refund.status} at the provider, so it counts.", PROVIDER)
    await call.session.execute(
        update(OrderPayment).where(col(OrderPayment.payment_id) == booked.refund_id).values(failure=_why(refund))
    )
    state = RefundState(
        payment_id=arguments.payment_id, amount=str(booked.amount), status="failed", reason=_why(refund)
    )
    return RefundStatus(refund=state)


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


async def _booked(call: CallContext, payment_id: str) -> _Booked | None:
    """The newest refund of the payment by this action that is not known to have failed, or else the newest."""
    order_id, _, position = payment_id.partition("/")
    paid, back = OrderPayment.__table__.alias("paid"), OrderPayment.__table__.alias("back")  # type: ignore[attr-defined]
    row = (
        await call.session.execute(
            select(back.c.payment_id, back.c.amount, paid.c.provider_payment)
            .join(paid, paid.c.payment_id == back.c.refunds_payment)
            .where(paid.c.order_id == order_id, paid.c.position == int(position), back.c.action_id == call.action_id)
            .order_by(back.c.failure.is_not(None), back.c.position.desc())
            .limit(1)
        )
    ).one_or_none()
    return _Booked(*row) if row else None


async def _at_provider(call: CallContext, booked: _Booked) -> ProviderRefund:
    seen = await provider_of(call).see(booked.provider_payment or "")
    refund = seen.of_action(call.action_id).get(str(booked.refund_id))
    if refund is None:
        raise ToolRefused("The payment provider knows nothing of this action's refund.", PROVIDER)
    return refund


def _why(refund: ProviderRefund) -> str:
    return (refund.failure_reason or refund.status)[:200]
