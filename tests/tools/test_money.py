"""Amounts between the books and a provider, exactly."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.shop import books
from tools.shop.money import BOOKS, from_cents, to_cents


def test_machines_and_tools_count_in_one_currency() -> None:
    assert BOOKS == books.BOOKS


@given(st.integers(min_value=0, max_value=10**12))
def test_cents_and_amounts_are_the_same_money(cents: int) -> None:
    assert to_cents(Decimal(from_cents(cents))) == cents


@pytest.mark.parametrize(("amount", "cents"), [("54.10", 5410), ("0.29", 29), ("1.15", 115), ("2", 200)])
def test_amounts_in_cents(amount: str, cents: int) -> None:
    assert to_cents(Decimal(amount)) == cents


@pytest.mark.parametrize("amount", ["0.001", "1.005"])
def test_there_are_no_parts_of_a_cent(amount: str) -> None:
    with pytest.raises(ValueError, match="whole number of cents"):
        to_cents(Decimal(amount))


def test_cents_are_written_as_the_books_write_them() -> None:
    assert [from_cents(cents) for cents in (0, 5, 5410, 100000000)] == ["0.00", "0.05", "54.10", "1000000.00"]
