"""Tools on a customer's orders at Vendure.

All is read in the customer's session at the shop's side, which shows nobody else's orders. Vendure lets no customer
cancel or refund there: that goes in their session at the administration's side.
"""

from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_camel

from tools.arguments import OneLine
from tools.base import Arguments, Nothing
from tools.errors import ToolRefused
from tools.http.answers import Told, changed
from tools.http.changing import Change, changes
from tools.http.reading import Reading, reads
from tools.http.safeguards import Compared, Marker, Repeatable
from vendure_orders.documents import CANCEL, OF_ORDER, ORDER, ORDERS, REFUND
from vendure_orders.systems import ADMIN, CANCELS, READS, SHOP

RULE = "ORDER-CANCEL"
CANCELLED = "Cancelled"
OPEN = ("PaymentAuthorized", "PaymentSettled")
"""Paid, and nothing has been sent."""
CENTS = Decimal(100)
AnyTold = TypeVar("AnyTold", bound=Told)


class Variant(Told):
    name: str


class Line(Told):
    quantity: int
    productVariant: Variant


class Order(Told):
    code: str
    state: str
    lines: tuple[Line, ...]


class OfOrders(Told):
    items: tuple[Order, ...]


class Orders(Told):
    """The customer's orders, the newest first."""

    orders: OfOrders


class Standing(Told):
    id: str
    code: str
    state: str


class Refund(Told):
    total: int
    state: str


class Payment(Told):
    id: str
    state: str
    amount: int
    refunds: list[Refund]


class Payments(Told):
    """As Vendure tells them, in the currency's smallest unit."""

    code: str
    currencyCode: str
    payments: list[Payment]


class Paid(Told):
    """What was paid for an order, and what of it went back; amounts as in ``106.80 CHF``."""

    code: str
    payment_id: str
    """Empty where there is not exactly one."""
    paid: str
    refunded: str

    @model_validator(mode="before")
    @classmethod
    def of_the_payment(cls, told: Any) -> Any:
        """From Vendure's own form."""
        if not isinstance(told, dict) or "payments" not in told:
            return told
        order = Payments.model_validate(told)
        settled = [one for one in order.payments if one.state == "Settled"]
        back = [one.total for payment in order.payments for one in payment.refunds if one.state != "Failed"]
        return {
            "code": order.code,
            "payment_id": settled[0].id if len(order.payments) == len(settled) == 1 else "",
            "paid": f"{sum(one.amount for one in settled) / CENTS:.2f} {order.currencyCode}",
            "refunded": f"{sum(back) / CENTS:.2f} {order.currencyCode}",
        }


class OfOrder(Arguments):
    code: OneLine


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, validate_by_name=True)


class CancelIt(_Body):
    order_id: str
    reason: str


class RefundIt(_Body):
    payment_id: str
    amount: int
    """In the currency's smallest unit."""


class Cancelled(Told):
    """The order that the answer speaks of: Vendure may answer for another one."""

    code: str
    state: str


class Refunded(Told):
    refundId: str
    state: str
    reason: str


def cents(amount: str) -> int:
    """Of an amount such as ``106.80 CHF``."""
    return int(Decimal(amount.partition(" ")[0]) * CENTS)


def cancelled(asked: OfOrder, now: Standing) -> Standing:
    if now.state not in OPEN:
        raise ToolRefused(f"The order {now.code} cannot be cancelled any more.", RULE)
    return changed(now, {"state": CANCELLED})


def refunded(asked: OfOrder, now: Paid) -> Paid:
    if not now.payment_id or cents(now.refunded):
        raise ToolRefused(f"The order {now.code} has not one payment that is whole.", RULE)
    return changed(now, {"refunded": now.paid})


def of_order(answer: type[AnyTold]) -> Reading[AnyTold]:
    """Of what is told of the one order."""
    return Reading(path=SHOP, document=ORDER, query={"code": "{code}"}, within=OF_ORDER, answer=answer)


list_orders = reads("vendure.orders", READS, Reading(path=SHOP, document=ORDERS, answer=Orders), Nothing)

cancel_order = changes(
    "vendure.cancel",
    CANCELS,
    Change(
        method="POST",
        path=ADMIN,
        document=CANCEL,
        of="vendure.orders",
        arguments=OfOrder,
        key=("code",),
        reading=of_order(Standing),
        becomes=cancelled,
        body=lambda _, now: CancelIt(order_id=now.id, reason="The customer's wish"),
        same=Repeatable(),
        conflicts=Compared(),
        receipt=Cancelled,
    ),
)
refund_order = changes(
    "vendure.refund",
    CANCELS,
    Change(
        method="POST",
        path=ADMIN,
        document=REFUND,
        of="vendure.refunds",
        arguments=OfOrder,
        key=("code",),
        reading=of_order(Paid),
        becomes=refunded,
        body=lambda _, now: RefundIt(payment_id=now.payment_id, amount=cents(now.paid)),
        # The reason of a refund is free text, which can be read again.
        same=Marker(
            path=SHOP,
            document=ORDER,
            query={"code": "{code}"},
            within=OF_ORDER,
            each="payments.0.refunds",
            field="reason",
        ),
        conflicts=Compared(),
        receipt=Refunded,
    ),
)
