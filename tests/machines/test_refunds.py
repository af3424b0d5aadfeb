"""Which payment is meant and what of it can go back, as the words and the facts have it."""

from typing import Any

import pytest

from machines.shop.refunds import amounts, refusing_refund, the_payment, which_payment

LAMP, DESK = "#W1234567", "#W7654321"


def facts(*messages: str, **refundable: str) -> dict[str, Any]:
    """A lamp paid by card, and a desk paid by card and gift card."""
    left = {"lamp": "54.10", "desk": "300.00", "gift": "20.00", **refundable}
    return {
        "orders": [
            {"order_id": LAMP, "items": [{"name": "Desk Lamp", "quantity": 2, "price": "27.05"}]},
            {"order_id": DESK, "items": [{"name": "Standing Table", "quantity": 1, "price": "320.00"}]},
        ],
        "payments": [
            {"payment_id": f"{LAMP}/1", "order_id": LAMP, "description": "PayPal", "refundable": left["lamp"]},
            {
                "payment_id": f"{DESK}/1",
                "order_id": DESK,
                "description": "credit card ending 4412",
                "refundable": left["desk"],
            },
            {"payment_id": f"{DESK}/2", "order_id": DESK, "description": "gift card", "refundable": left["gift"]},
        ],
        "messages": list(messages),
    }


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (f"Refund {LAMP}", ["54.10"]),
        (f"12.50 of {LAMP}", ["12.50"]),
        (f"{LAMP}: 12,50 €", []),
        (f"{LAMP}: $12", ["12.00"]),
        (f"{LAMP}: 12 dollars please", ["12.00"]),
        (f"{LAMP} 退 12 元", []),
        (f"{LAMP}: 12.50 and 3.00", ["12.50", "3.00"]),
        (f"{LAMP}: 12.50 or all of it", ["12.50", "54.10"]),
        (f"{LAMP}: 54.10", ["54.10"]),
        (f"{LAMP}: one lamp", ["27.05"]),
        (f"{LAMP}: refund only one of the two lamps", []),
        (f"{LAMP}: the second lamp is broken, refund it", ["27.05"]),
        (f"{LAMP}: both lamps", ["27.05", "54.10"]),
        (f"{LAMP}: refund it, one lamp is broken, the whole order please", ["27.05", "54.10"]),
        (f"{LAMP}: 54.11", []),
        (f"{LAMP}: 1,254.10", []),
        (f"{LAMP}: 1.254,10 €", []),
        (f"{LAMP}: 0.00", []),
        (f"{LAMP} in 3 days, 20% of it, on 2026-05-04", ["10.82"]),
        ("the 2 lamps", ["27.05", "54.10"]),
    ],
)
def test_amounts_are_those_of_the_words_of_the_items_and_all_of_it(said: str, expected: list[str]) -> None:
    assert amounts(facts(said)) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (f"Refund {LAMP}", [f"{LAMP}/1"]),
        (f"Refund {DESK}", []),
        (f"Refund {DESK} to the gift card", [f"{DESK}/2"]),
        (f"Refund {DESK} to the card ending 4412", [f"{DESK}/1"]),
        ("the lamp", [f"{LAMP}/1"]),
        ("my money", []),
        (f"{LAMP} and #W9999999", []),
        ("#W9999999", []),
    ],
)
def test_a_refund_is_offered_where_one_payment_can_be_meant(said: str, expected: list[str]) -> None:
    assert the_payment(facts(said)) == expected
    if not expected and "#W9999999" not in said:
        assert which_payment(facts(said)) == ["which_payment"]


@pytest.mark.parametrize(
    ("said", "left", "expected"),
    [
        (f"Refund {LAMP}", {"lamp": "0.00"}, ["REFUND-CAPTURED"]),
        (f"99.00 of {LAMP}", {}, ["REFUND-CAPTURED"]),
        ("#W9999999", {}, ["OWN-ORDERS"]),
        (f"#W9999999 and 99.00 of {LAMP}", {}, ["OWN-ORDERS", "REFUND-CAPTURED"]),
        (f"Refund {LAMP}", {}, []),
        ("my money", {}, []),
    ],
)
def test_a_refusal_rests_on_a_clause(said: str, left: dict[str, str], expected: list[str]) -> None:
    assert refusing_refund(facts(said, **left)) == expected


@pytest.mark.parametrize("broken", ["", "much", "NaN", "-1.00", None])
def test_what_cannot_be_read_is_nothing(broken: str) -> None:
    assert amounts(facts(f"Refund {LAMP}", lamp=broken)) == []


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("refund only the lamp", ["20.00"]),
        ("refund the lamp, I keep the table", ["20.00"]),
        ("refund everything except the table", []),
        ("refund the lamp only, not the table", ["20.00"]),
        ("nur die Lampe erstatten", []),
        ("remboursez seulement la lampe", []),
        ("reembolsen solo la lámpara", []),
        ("只退台灯的钱", []),
        ("refund one of the items", []),
        ("refund the order", ["320.00"]),
        ("refund the lamp", ["20.00", "320.00"]),
        ("refund both", ["320.00"]),
    ],
)
def test_money_for_a_part_of_the_items_is_not_made_into_all_of_it(said: str, expected: list[str]) -> None:
    items = [
        {"name": "Desk Lamp", "quantity": 1, "price": "20.00"},
        {"name": "Table", "quantity": 1, "price": "300.00"},
    ]
    payment = {"payment_id": f"{LAMP}/1", "order_id": LAMP, "description": "PayPal", "refundable": "320.00"}
    known: dict[str, Any] = {
        "orders": [{"order_id": LAMP, "items": items}],
        "payments": [payment],
        "messages": [said],
    }
    assert amounts(known) == expected
    assert which_payment(known) == ["which_amount"] * (not expected)
    assert refusing_refund(known) == []
