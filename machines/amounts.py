"""Rules on amounts, as pure functions of a plan."""

from decimal import Decimal, InvalidOperation

from leverframe.contracts.plan import Plan, RowChange
from machines.states import QuorumRule


def refunded(plan: Plan) -> Decimal:
    """The money that a plan gives back: the sum of the refunds that it books, in the shop's currency.

    Raises:
        ValueError: when an amount cannot be read.
    """
    return sum((_refund(change) for call in plan.calls for change in call.changes), Decimal(0))


def two_above(limit: str) -> QuorumRule:
    """Two people must approve a plan that gives back more than the limit (an amount as in ``500.00``)."""
    highest = Decimal(limit)
    return lambda plan: 2 if refunded(plan) > highest else 1


def _refund(change: RowChange) -> Decimal:
    after = change.after or {}
    if change.table != "order_payments" or after.get("transaction_type") != "refund":
        return Decimal(0)
    try:
        return Decimal(str(after["amount"]))
    except (KeyError, InvalidOperation):
        raise ValueError("a refund of the plan has no readable amount") from None
