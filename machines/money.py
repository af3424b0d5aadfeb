"""Which money a confirmation is about: what the business's own function of a plan gives, and the rules take."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

HIGHEST = Decimal(10) ** 10
"""Amounts from here on cannot be typed."""


@dataclass(frozen=True)
class Money:
    """An amount, not below zero, of one currency (its ISO 4217 code, such as ``USD``)."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not self.amount.is_finite() or self.amount < 0:
            raise ValueError("expected an amount of money that is not below zero")

    def exceeds(self, limit: "Money") -> bool:
        """Whether it is more than the limit.

        Raises:
            ValueError: when the limit is of another currency, so that nobody can tell.
        """
        if self.currency != limit.currency:
            raise ValueError(f"the money is in {self.currency}, and the limit in {limit.currency}")
        return self.amount > limit.amount


def total(moneys: Iterable[Money], currency: str) -> Money:
    """The sum; nothing of ``currency`` where there is none.

    Raises:
        ValueError: when one is of another currency.
    """
    added = Money(Decimal(0), currency)
    for one in moneys:
        if one.currency != currency:
            raise ValueError(f"money of several currencies: expected {currency}, found {one.currency}")
        added = Money(added.amount + one.amount, currency)
    return added


def can_be_typed(amount: object) -> bool:
    """Whether it is an amount in whole cents."""
    if not isinstance(amount, Decimal) or not amount.is_finite() or not 0 <= amount < HIGHEST:
        return False
    cents = amount * 100
    return cents == cents.to_integral_value()
