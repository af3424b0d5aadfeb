"""Rows of an order's payments: money that was paid, and what of it has gone back."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlmodel import col

from tools.base import CallContext
from tools.shop.models import OrderPayment
from tools.shop.payment_methods import LockedMethod, add_to_balance
from tools.shop.refund_requests import ask_for_refund


class Due(NamedTuple):
    """What is left to give back of one payment."""

    order_id: str
    payment_id: UUID
    amount: Decimal
    payment_method_id: str
    provider_payment: str | None
    """What the payment provider calls it, if that holds it."""


async def due_of(call: CallContext, *order_ids: str) -> list[Due]:
    """The orders' payments of which something is left, oldest first."""
    refunded = (
        select(
            col(OrderPayment.refunds_payment).label("payment_id"), func.sum(col(OrderPayment.amount)).label("amount")
        )
        .where(
            col(OrderPayment.order_id).in_(order_ids),
            col(OrderPayment.transaction_type) == "refund",
            col(OrderPayment.failure).is_(None),
        )
        .group_by(col(OrderPayment.refunds_payment))
        .subquery()
    )
    due = (col(OrderPayment.amount) - func.coalesce(refunded.c.amount, 0)).label("due")
    rows = await call.session.execute(
        select(
            col(OrderPayment.order_id),
            col(OrderPayment.payment_id),
            due,
            col(OrderPayment.payment_method_id),
            col(OrderPayment.provider_payment),
        )
        .outerjoin(refunded, refunded.c.payment_id == col(OrderPayment.payment_id))
        .where(col(OrderPayment.order_id).in_(order_ids), col(OrderPayment.transaction_type) == "payment", due > 0)
        .order_by(col(OrderPayment.order_id), col(OrderPayment.position))
    )
    return [Due(*row) for row in rows]


def shares(dues: Sequence[Due], amount: Decimal, payment_method_id: str) -> Iterator[Due]:
    """Which payments an amount is given back of, and how much of each: of one alone where one is enough.

    Those that were made by the method that the money goes to come first, then the oldest. What they do not cover is
    left out.
    """
    ranked = sorted(dues, key=lambda due: (due.amount < amount, due.payment_method_id != payment_method_id))
    for due in ranked:
        share = min(due.amount, amount)
        if share > 0:
            yield due._replace(amount=share)
        amount -= share


async def book_payment(call: CallContext, order_id: str, amount: Decimal, method: LockedMethod) -> None:
    """Append a payment, and take it off the balance of a gift card; the caller has seen that it is covered."""
    await _append(call, order_id, "payment", amount, method, refunds=None)
    await add_to_balance(call, method, -amount)


async def book_refund(call: CallContext, due: Due, method: LockedMethod) -> None:
    """Append a refund of a payment, and put it on the balance of a gift card.

    What the payment provider holds, and goes back the way it came, is asked of the provider. The database itself
    refuses to go above what was captured.
    """
    refund_id = await _append(call, due.order_id, "refund", due.amount, method, refunds=due.payment_id)
    await add_to_balance(call, method, due.amount)
    if due.provider_payment and due.amount and method.payment_method_id == due.payment_method_id:
        await ask_for_refund(call, refund_id=refund_id, payment=due.provider_payment, amount=due.amount)


async def _append(
    call: CallContext, order_id: str, kind: str, amount: Decimal, method: LockedMethod, *, refunds: UUID | None
) -> UUID:
    payment_id = call.derive_id()
    last = select(func.max(col(OrderPayment.position))).where(col(OrderPayment.order_id) == order_id).scalar_subquery()
    await call.session.execute(
        insert(OrderPayment).values(
            payment_id=payment_id,
            order_id=order_id,
            position=func.coalesce(last, 0) + 1,
            customer_id=call.subject,
            transaction_type=kind,
            amount=amount,
            payment_method_id=method.payment_method_id,
            refunds_payment=refunds,
            action_id=call.action_id,
        )
    )
    return payment_id
