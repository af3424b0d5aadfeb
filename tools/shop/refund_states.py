"""What became of an action's refunds, from whoever holds the money, and noting it in the books."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from sqlalchemy import update
from sqlmodel import col

from tools.base import Arguments, CallContext, Nothing, Noting, Result, tool
from tools.errors import ToolRefused
from tools.shop.booked_refunds import BookedRefund, booked_refunds
from tools.shop.models import OrderPayment
from tools.shop.provider import PROVIDER, ProviderRefund, Standing, provider_of
from tools.shop.refundable import PaymentId

REFUNDING = ("payments.refund_partly", "payments.refund", "orders.change_payment", "orders.change_items")
"""The tools that give money back."""
BECAME = Noting(rows={"transaction_type": "refund"}, columns=("pending", "failure"), once=("failure",))
"""A refund is marked as pending, as that no more, or as failed: then it does not count."""
ABSENT = "the payment provider has no such refund"
WORST: tuple[Literal["failed", "unclear", "pending", "succeeded", "booked"], ...] = (
    "failed",
    "unclear",
    "pending",
    "succeeded",
    "booked",
)
"""Of several refunds, the one that needs somebody first says how all of them stand."""


class MaybeOnePayment(Arguments):
    payment_id: PaymentId | None = None
    """Of which payment; of every one where it is left out."""


class OnePayment(Arguments):
    payment_id: PaymentId


class RefundState(Result):
    """What became of this action's refunds: of all of them, how those stand that need somebody first.

    ``none``: there is none in the books. ``booked``: in the shop's own books alone, which settles it. ``succeeded``: on
    its way back; it may still turn ``failed``: the money is with the business again. ``pending``: the provider is at
    it. ``unclear``: the provider waits for somebody, or says what is not known here.
    """

    payment_id: PaymentId | None = None
    """Of the first that stands so."""
    amount: str | None = None
    """Of all that stand so, together."""
    status: Literal["none", "booked", "pending", "unclear", "succeeded", "failed"]
    reason: str = ""
    """Why it failed, as the provider says."""


class RefundStatus(Result):
    refund: RefundState
    refund_noted: bool = True
    """Whether the books say of each refund what the provider says."""


@dataclass(frozen=True)
class _Seen:
    """A refund in the books, and what the provider says of it."""

    row: BookedRefund
    status: Standing | Literal["booked"]
    reason: str = ""

    @property
    def noted(self) -> bool:
        return self.row.failed == (self.status == "failed") and self.row.pending == (self.status in OPEN)


OPEN = ("pending", "unclear")
"""How a refund stands that the provider has not carried out."""


@tool("payments.refund_status", effect="read")
async def refund_status(call: CallContext, arguments: MaybeOnePayment) -> RefundStatus:
    """What became of this action's refunds, from whoever holds the money and never from a message."""
    seen = await _see(call, await booked_refunds(call, arguments.payment_id))
    return RefundStatus(refund=_together(seen, arguments.payment_id), refund_noted=all(one.noted for one in seen))


@tool("payments.note_refunds", effect="write", compensates=REFUNDING, notes=BECAME)
async def note_refunds(call: CallContext, arguments: Nothing) -> RefundStatus:
    """Have the books say of this action's refunds what the provider says: that they are pending, or have failed."""
    seen = await _see(call, await booked_refunds(call))
    for one in seen:
        if not one.noted:
            await _mark(call, one)
    return RefundStatus(refund=_together(seen))


@tool("payments.void_refund", effect="write", compensates="payments.refund_partly", notes=BECAME)
async def void_refund(call: CallContext, arguments: OnePayment) -> RefundStatus:
    """Mark this action's refund as failed in the books, so that it does not count; only where the provider says so."""
    seen = await _see(call, await booked_refunds(call, arguments.payment_id))
    ours = [one for one in seen if one.status != "booked"]
    if not ours:
        raise ToolRefused(f"This action has no refund of payment {arguments.payment_id} at the provider.", PROVIDER)
    failed = [one for one in ours if one.status == "failed"]
    if not failed:
        raise ToolRefused(f"The refund is {ours[0].status} at the provider, so it counts.", PROVIDER)
    for one in failed:
        if not one.noted:
            await _mark(call, one)
    return RefundStatus(refund=_together(failed, arguments.payment_id))


async def _see(call: CallContext, rows: Sequence[BookedRefund]) -> list[_Seen]:
    """How each refund stands. One whose failure is noted has failed for good and is not asked for again."""
    held = {row.held_as for row in rows if row.held_as and not row.failed}
    mine: dict[str, ProviderRefund] = {}
    for payment in sorted(held):
        mine |= (await provider_of(call).see(payment)).of_action(call.action_id)
    return [_stands(row, mine.get(str(row.refund_id))) for row in rows]


def _stands(row: BookedRefund, refund: ProviderRefund | None) -> _Seen:
    if row.failure is not None:
        return _Seen(row, "failed", row.failure)
    if row.held_as is None:
        return _Seen(row, "booked")
    if refund is None:
        # It was refused there after another one of the same call had been made.
        return _Seen(row, "failed", ABSENT)
    return _Seen(row, refund.standing, refund.why if refund.standing == "failed" else "")


def _together(seen: Sequence[_Seen], payment_id: PaymentId | None = None) -> RefundState:
    for status in WORST:
        such = [one for one in seen if one.status == status]
        if such:
            return RefundState(
                payment_id=such[0].row.payment_id,
                amount=str(sum((one.row.amount for one in such), Decimal("0.00"))),
                status=status,
                reason=such[0].reason,
            )
    return RefundState(payment_id=payment_id, status="none")


async def _mark(call: CallContext, one: _Seen) -> None:
    marks = {"failure": one.reason if one.status == "failed" else None, "pending": True if one.status in OPEN else None}
    await call.session.execute(
        update(OrderPayment).where(col(OrderPayment.payment_id) == one.row.refund_id).values(**marks)
    )
