"""A customer's payment methods: how they are called, what they can pay, and the balance of a gift card."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal, NamedTuple

from sqlalchemy import select, update
from sqlmodel import col

from tools.base import CallContext, Nothing, Result, tool
from tools.errors import ToolRefused
from tools.shop.models import PaymentMethod

KINDS: dict[str, Literal["credit card", "gift card", "PayPal"]] = {
    "credit_card": "credit card",
    "gift_card": "gift card",
    "paypal": "PayPal",
}


class PaymentMethodFacts(Result):
    """A payment method as far as a model or a person needs it."""

    payment_method_id: str
    kind: Literal["credit card", "gift card", "PayPal"]
    description: str
    """In plain words, for example ``credit card ending 4412``."""
    balance: str | None
    """Of a gift card, as in ``12.00``."""


class PaymentMethodList(Result):
    payment_methods: list[PaymentMethodFacts]


class LockedMethod(NamedTuple):
    """A payment method that nobody else can change until the transaction ends."""

    payment_method_id: str
    source: str
    last_four: str | None
    balance: Decimal | None
    closed: bool

    @property
    def words(self) -> str:
        """The method in plain words."""
        return describe(self.source, self.last_four)


def describe(source: str, last_four: str | None) -> str:
    """A payment method in plain words, for example ``credit card ending 4412``."""
    return f"{KINDS[source]} ending {last_four}" if last_four else KINDS[source]


@tool("payment_methods.list", effect="read")
async def list_payment_methods(call: CallContext, arguments: Nothing) -> PaymentMethodList:
    """The subject's open payment methods, by their ids."""
    rows = await call.session.execute(
        select(
            col(PaymentMethod.payment_method_id),
            col(PaymentMethod.source),
            col(PaymentMethod.last_four),
            col(PaymentMethod.balance),
        )
        .where(~col(PaymentMethod.closed))
        .order_by(col(PaymentMethod.payment_method_id))
    )
    return PaymentMethodList(
        payment_methods=[
            PaymentMethodFacts(
                payment_method_id=row.payment_method_id,
                kind=KINDS[row.source],
                description=describe(row.source, row.last_four),
                balance=None if row.balance is None else str(row.balance),
            )
            for row in rows
        ]
    )


async def lock_methods(call: CallContext, ids: Iterable[str]) -> list[LockedMethod]:
    """The subject's open methods of these ids, in that order, locked.

    Raises :class:`~tools.errors.ToolRefused` for one that the subject does not have, or that is closed.
    """
    wanted = list(ids)
    # Locked in one order by everybody, so that two actions cannot wait for each other.
    rows = await call.session.execute(
        select(
            col(PaymentMethod.payment_method_id),
            col(PaymentMethod.source),
            col(PaymentMethod.last_four),
            col(PaymentMethod.balance),
            col(PaymentMethod.closed),
        )
        .where(col(PaymentMethod.payment_method_id).in_(wanted))
        .order_by(col(PaymentMethod.payment_method_id))
        .with_for_update()
    )
    found = {row.payment_method_id: LockedMethod(*row) for row in rows}
    for each in wanted:
        if each not in found:
            raise ToolRefused(f"The customer has no payment method {each}.", "PAYMENT-OWN")
        if found[each].closed:
            raise ToolRefused(f"The {found[each].words} is closed; no money can be moved on it.", "PAYMENT-OWN")
    return [found[each] for each in wanted]


def require_cover(method: LockedMethod, amount: Decimal, rule: str) -> None:
    """Raise :class:`~tools.errors.ToolRefused` when a gift card holds less than it is to pay."""
    if method.balance is not None and method.balance < amount:
        raise ToolRefused(f"The gift card holds {method.balance} and has to cover {amount}.", rule)


async def add_to_balance(call: CallContext, method: LockedMethod, amount: Decimal) -> None:
    """Put money on a gift card, or take it off; other methods have no balance that the shop keeps."""
    if method.balance is not None:
        await call.session.execute(
            update(PaymentMethod)
            .where(col(PaymentMethod.payment_method_id) == method.payment_method_id)
            .values(balance=col(PaymentMethod.balance) + amount)
        )
