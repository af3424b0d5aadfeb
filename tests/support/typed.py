"""What a careful person types who approves a plan."""

from leverframe.contracts.plan import Plan
from machines.shop.money_back import money_back


def typed(plan: Plan) -> str | None:
    """How much money goes back, as it is read in the plan; None where none does, or it cannot be read."""
    try:
        back = money_back(plan).amount
    except ValueError:
        return None
    return str(back) if back else None
