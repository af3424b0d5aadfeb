"""What a business says of the money that a plan is about: pure functions that it gives to a :class:`Confirm`."""

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from leverframe.contracts.plan import Plan
from machines.money import Money

MoneyRule = Callable[[Plan], Money]
"""Which money a plan is about: a pure function of it that the business gives. What it raises, or gives that is no
money, means that nothing may be approved."""

QuorumRule = Callable[[Money], int]
"""How many people must approve a plan about this money, such as :func:`machines.amounts.two_above`."""

AmountRule = Callable[[Money], Decimal | None]
"""The amount that whoever approves a plan about this money must type, or None, such as
:func:`machines.amounts.typed_above`. It must be one that people read in the plan as it is shown."""

Result = TypeVar("Result")


def told(rule: Callable[[Money], Result], money: Money, state: str) -> Result:
    """What the rule says of the money; raises ValueError, whatever the rule raises."""
    try:
        return rule(money)
    except ValueError:
        raise
    except Exception as error:
        raise ValueError(f"the rule of {state!r} broke off with {type(error).__name__}") from error
