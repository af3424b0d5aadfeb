"""The money that a plan is about, as every screen says it in its own markup. Pure."""

from typing import NamedTuple

from leverframe.contracts.plan import Plan
from leverframe.telling import MONEY, MONEY_UNKNOWN, inert_value
from machines.registry import money_of


class MoneyLine(NamedTuple):
    """One line; without an amount, that it cannot be told."""

    label: str
    amount: str
    currency: str


def money_line(action: str, plan: Plan) -> MoneyLine | None:
    """The line; ``None`` where the plan is about no money."""
    try:
        about = money_of(action, plan)
    except (LookupError, ValueError):
        return MoneyLine(MONEY_UNKNOWN, "", "")
    return MoneyLine(MONEY, str(about.amount), inert_value(about.currency)) if about and about.amount else None
