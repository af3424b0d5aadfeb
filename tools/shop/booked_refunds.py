"""An action's refunds as the books have them."""

from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from tools.base import CallContext
from tools.shop.models import OrderPayment
from tools.shop.refundable import PaymentId, payment_name


class BookedRefund(NamedTuple):
    """A row that gives money back."""

    refund_id: UUID
    payment_id: PaymentId
    """What it gives back of, as people call it."""
    amount: Decimal
    failure: str | None
    pending: bool
    held_as: str | None
    """The payment at the provider, where the money is asked of that; ``None`` where it is in the shop's own books."""

    @property
    def failed(self) -> bool:
        return self.failure is not None


async def booked_refunds(call: CallContext, payment_id: PaymentId | None = None) -> list[BookedRefund]:
    """The refunds that this very action has booked, in the order of the books; of one payment, or of all."""
    paid, back = OrderPayment.__table__.alias("paid"), OrderPayment.__table__.alias("back")  # type: ignore[attr-defined]
    wanted = (
        select(
            back.c.payment_id,
            paid.c.order_id,
            paid.c.position,
            back.c.amount,
            back.c.failure,
            back.c.pending,
            paid.c.provider_payment,
            (back.c.payment_method_id == paid.c.payment_method_id).label("as_it_came"),
        )
        .join(paid, paid.c.payment_id == back.c.refunds_payment)
        .where(back.c.action_id == call.action_id)
        .order_by(back.c.order_id, back.c.position)
    )
    if payment_id is not None:
        order_id, _, position = payment_id.partition("/")
        wanted = wanted.where(paid.c.order_id == order_id, paid.c.position == int(position))
    return [
        BookedRefund(
            row.payment_id,
            payment_name(row.order_id, row.position),
            row.amount,
            row.failure,
            bool(row.pending),
            # As tools.shop.bookings.book_refund asks the provider for it.
            row.provider_payment if row.as_it_came and row.amount else None,
        )
        for row in await call.session.execute(wanted)
    ]
