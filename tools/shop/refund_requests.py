"""The external part of a refund: asked of the payment provider at most once, and always found again."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from leverframe.contracts.plan import Row
from tools.base import CallContext
from tools.errors import ToolRefused
from tools.outside import Answer, ExternalRequest, Sending
from tools.shop.models import OrderPayment
from tools.shop.money import BOOKS, from_cents, to_cents
from tools.shop.provider import DISPUTED, LOST, PROVIDER, Seen, Tag, provider_of

SAFEGUARD = "the provider gives back no more than is left of the payment"
CAPTURED = "REFUND-CAPTURED"
"""Clause: never more than what was paid and has not gone back yet."""


async def ask_for_refund(call: CallContext, *, refund_id: UUID, payment: str, amount: Decimal) -> None:
    """Make a refund of a payment that the provider holds part of the call; ``refund_id`` is the row of it.

    What the provider answers is looked at before anything is committed: a refund that has failed at once is a refusal,
    and of one that has not succeeded yet the books cannot say that it did.

    Raises :class:`~tools.errors.ToolRefused` when the provider has not captured as much or the payment is disputed,
    :class:`~tools.errors.Unreachable` and :class:`~tools.errors.NotConnected`.
    """
    provider, tag, cents = provider_of(call), Tag(call.action_id, str(refund_id)), to_cents(amount)

    async def look() -> ExternalRequest:
        _check(await provider.see(payment), cents)
        asked: Row = {"method": "refund", "payment": payment, "amount": str(amount), "currency": BOOKS}
        key: Row = {"idempotency_key": tag.refund_id}
        return ExternalRequest(provider.service, key, asked, credential="service", safeguard=SAFEGUARD)

    async def perform(sending: Sending) -> Answer:
        # By its tag: the provider forgets idempotency keys after a day.
        own = (await provider.see(payment)).of_action(call.action_id).get(tag.refund_id) if sending.again else None
        refund = own or await provider.create(payment, cents, tag)
        if refund.standing == "failed":
            raise ToolRefused(f"The payment provider could not make the refund {refund.id}: {refund.why}.", PROVIDER)
        return refund.answer()

    await call.ask(look, perform)


async def sent_back_unbooked(call: CallContext, order_id: str) -> bool:
    """Whether the provider has a refund by this action of a payment of the order, which has not come to nothing.

    Raises :class:`~tools.errors.Unreachable`, and :class:`~tools.errors.NotConnected` where the provider holds one.
    """
    held = select(col(OrderPayment.provider_payment)).where(
        col(OrderPayment.order_id) == order_id, col(OrderPayment.provider_payment).is_not(None)
    )
    for payment in await call.session.scalars(held.order_by(col(OrderPayment.position))):
        mine = (await provider_of(call).see(str(payment))).of_action(call.action_id)
        if any(refund.status not in LOST for refund in mine.values()):
            return True
    return False


def _check(seen: Seen, cents: int) -> None:
    if seen.currency.upper() != BOOKS:
        raise ToolRefused(f"The payment is in {seen.currency.upper()}, and the shop's books are not.", PROVIDER)
    if seen.disputed:
        raise ToolRefused(
            "The customer's bank is claiming this payment back (it is disputed), so that a refund could pay it twice.",
            DISPUTED,
        )
    left = seen.left()
    if cents > left:
        raise ToolRefused(
            f"The payment provider has {from_cents(max(left, 0))} left of this payment; {from_cents(cents)} cannot go "
            "back.",
            CAPTURED,
        )
