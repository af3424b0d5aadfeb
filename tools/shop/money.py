"""Amounts of money between the books, which count in units, and a provider, which counts in cents. Pure, no float."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

BOOKS = "USD"
"""The currency of the shop's books, which ``machines/shop/books.py`` and the replies name too."""
Amount = Annotated[str, Field(pattern=r"^[0-9]{1,10}\.[0-9]{2}$")]
"""As in ``54.10``."""


def to_cents(amount: Decimal) -> int:
    """The amount in cents; raises ``ValueError`` for parts of a cent."""
    cents = amount * 100
    if cents != cents.to_integral_value():
        raise ValueError(f"{amount} is not a whole number of cents")
    return int(cents)


def from_cents(cents: int) -> str:
    """The amount as the books write it: ``5410`` is ``54.10``."""
    return str(Decimal(cents).scaleb(-2).quantize(Decimal("0.01")))
