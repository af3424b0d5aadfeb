"""Where refunds go and how differences are settled, as pure functions of the facts."""

import pytest

from machines.shop.settling import refunding, refusing_method, settling, which_method
from tests.machines.item_facts import CARD, GIFT, LAMP, PAYPAL, facts

REFUND, PAYMENT = refunding("delivered"), settling("delivered")


@pytest.mark.parametrize(
    ("words", "paid", "expected"),
    [
        ("return the lamp", CARD, [CARD]),
        ("return the lamp to the card that I paid with", CARD, [CARD]),
        ("return the lamp, refund to my gift card", CARD, [GIFT]),
        ("return the lamp, refund to PayPal", CARD, []),
        ("return the lamp, refund to PayPal", PAYPAL, [PAYPAL]),
        ("return the lamp", GIFT, [GIFT]),
        ("gift card or PayPal, as you like", PAYPAL, [PAYPAL, GIFT]),
        ("the credit card ending in 9999", CARD, []),
    ],
)
def test_a_refund_goes_to_the_original_method_or_a_gift_card(words: str, paid: str, expected: list[str]) -> None:
    known = facts(words, paid=paid)
    assert REFUND[1](known) == expected
    assert which_method(REFUND)(known) == ([] if len(expected) == 1 else ["which_payment_method"])
    assert refusing_method("delivered", "RETURN-REFUND", REFUND)(known) == ([] if expected else ["RETURN-REFUND"])


def test_a_closed_original_method_leaves_the_gift_card_to_be_asked_for() -> None:
    known = facts("return the lamp", methods=(PAYPAL, GIFT))
    assert (REFUND[0](known), REFUND[1](known)) == ([GIFT], [])
    assert which_method(REFUND)(known) == ["which_payment_method"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("a white lamp, pay with PayPal", [PAYPAL]),
        ("a white lamp", []),
        ("a white lamp, same payment method", [CARD]),
        ("a white lamp, gift card please", [GIFT]),
        ("a lamp with brightness high, gift card please", []),
        ("a lamp with brightness high, gift card or credit card", [CARD]),
        ("a white lamp, the credit card ending in 9999", []),
    ],
)
def test_a_difference_is_settled_with_a_method_that_is_named_and_covers_it(words: str, expected: list[str]) -> None:
    assert PAYMENT[1](facts(words)) == expected


def test_the_only_method_need_not_be_named() -> None:
    assert PAYMENT[1](facts("a white lamp", methods=(PAYPAL,))) == [PAYPAL]
    dear = facts("a lamp with brightness high", methods=(GIFT,))
    assert PAYMENT[1](dear) == []
    assert which_method(PAYMENT)(dear) == []
    assert PAYMENT[1](facts("a white lamp, more brightness", items=({**LAMP, "quantity": 2},), methods=(GIFT,))) == [
        GIFT
    ]
    assert refusing_method("delivered", "EXCHANGE-PRICE", PAYMENT)(dear) == ["EXCHANGE-PRICE"]


def test_no_method_is_asked_for_while_the_order_is_open() -> None:
    for choice in (REFUND, PAYMENT):
        known = facts("the lamp", status="pending")
        assert which_method(choice)(known) == []
        assert refusing_method("delivered", "X", choice)(known) == []
