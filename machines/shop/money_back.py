"""The money that a plan of the shop gives back, by what it books. Pure; no float."""

from decimal import Decimal, InvalidOperation

from leverframe.contracts.plan import Plan, RowChange
from machines.money import Money, total
from machines.shop.books import BOOKS

TYPED_ABOVE = Money(Decimal("100.00"), BOOKS)
"""Above this, whoever approves that money goes back types how much, in all of the shop's actions."""

FOUR_EYES = Money(Decimal("500.00"), BOOKS)
"""A plan that gives back more than this needs two people."""


def money_back(plan: Plan) -> Money:
    """The sum of the refunds that the plan books; a refund at the payment provider is booked in the same plan.

    Raises:
        ValueError: when an amount cannot be read, or is of another currency.
    """
    refunds = (_refund(change) for call in plan.calls for change in call.changes)
    return total((one for one in refunds if one is not None), BOOKS)


def _refund(change: RowChange) -> Money | None:
    after = change.after or {}
    if change.table != "order_payments" or after.get("transaction_type") != "refund":
        return None
    try:
        return Money(Decimal(str(after["amount"])), str(after.get("currency", BOOKS)))
    except (KeyError, InvalidOperation, ValueError):
        raise ValueError("a refund of the plan has no readable amount") from None
