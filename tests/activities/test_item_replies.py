"""What users are asked about returns, exchanges and changes of items: just what is open, in their language."""

from typing import Any

import pytest

from tests.activities.test_replying import ASKED, ASSISTANT, replied

ORDERS: list[dict[str, Any]] = [
    {
        "order_id": f"#W{number}",
        "status": status,
        "placed_on": "2026-05-02",
        "total": "54.10",
        "payment_method_ids": ["paypal_5"],
        "items": [
            {"item_id": f"{number}1", "name": lamp, "quantity": 2, "price": "20.00", "options": {"color": "black"}},
            {"item_id": f"{number}2", "name": f"Gift Set {number}", "quantity": 1, "price": "14.10", "options": {}},
        ],
    }
    for number, status, lamp in (
        (1234567, "delivered", "Desk Lamp"),
        (1234568, "pending", "Floor Lamp"),
        (1234569, "cancelled", "Wall Lamp"),
    )
]
FACTS: dict[str, Any] = {
    "orders": ORDERS,
    "variants": {
        f"{number}1": [{"item_id": "9", "options": {"color": "white", "size": "L"}, "price": "23.00"}]
        for number in (1234567, 1234568)
    },
    "payment_methods": [
        {
            "payment_method_id": "card_1",
            "kind": "credit card",
            "description": "credit card ending 4412",
            "balance": None,
        },
        {"payment_method_id": "gift_3", "kind": "gift card", "description": "gift card", "balance": "12.00"},
        {"payment_method_id": "paypal_5", "kind": "PayPal", "description": "PayPal", "balance": None},
    ],
    "visits": {},
    "clauses": {},
}
MEANT = {"order_return": "#W1234567", "order_exchange": "#W1234567", "order_item_change": "#W1234568"}
"""By action, the order that can be meant."""
LAMPS = {"#W1234567": "Desk Lamp", "#W1234568": "Floor Lamp"}


async def asked(action: str, missing: str, about_id: str, language: str = "en") -> str:
    proposal = {"event": "ask", "missing": missing, "about_id": about_id}
    written = await replied("ask", {**FACTS, "messages": [ASKED[language]], "proposal": proposal}, action)
    assert {verdict.judgement for verdict in written.verdicts} == {"allow"}
    assert written.language == language
    assert ASSISTANT[language] in written.text
    return written.text


@pytest.mark.parametrize("language", ASKED)
@pytest.mark.parametrize("action", MEANT)
async def test_orders_that_can_be_meant_are_listed(action: str, language: str) -> None:
    text = await asked(action, "which_order", "orders", language)
    assert [order["order_id"] for order in ORDERS if order["order_id"] in text] == [MEANT[action]]
    assert f"{LAMPS[MEANT[action]]}, Gift Set" in text


@pytest.mark.parametrize("language", ASKED)
@pytest.mark.parametrize("action", MEANT)
async def test_the_items_of_the_one_order_are_listed(action: str, language: str) -> None:
    text = await asked(action, "which_items", MEANT[action], language)
    assert MEANT[action] in text
    assert f"- 2 × {LAMPS[MEANT[action]]} (black): 20.00\n- 1 × Gift Set {MEANT[action][2:]}: 14.10" in text
    assert "Wall Lamp" not in text


@pytest.mark.parametrize("language", ASKED)
@pytest.mark.parametrize("action", ["order_exchange", "order_item_change"])
async def test_the_variants_of_the_one_item_are_listed(action: str, language: str) -> None:
    text = await asked(action, "which_variant", f"{MEANT[action][2:]}1", language)
    assert LAMPS[MEANT[action]] in text
    assert "- white, L: 23.00" in text


@pytest.mark.parametrize("language", ASKED)
@pytest.mark.parametrize("action", MEANT)
async def test_the_methods_that_will_do_are_listed(action: str, language: str) -> None:
    text = await asked(action, "which_payment_method", MEANT[action], language)
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    assert len(lines) == (2 if action == "order_return" else 3)
    assert "- PayPal" in lines
    assert sum("12.00" in line for line in lines) == 1
    assert ("4412" in text) == (action != "order_return")


async def test_questions_are_whole_sentences() -> None:
    assert (await asked("order_exchange", "which_variant", "12345671")).startswith(
        "Which variant of this item do you want: Desk Lamp (black)? These are available:\n- white, L: 23.00\n"
    )
    assert (await asked("order_return", "which_payment_method", "#W1234567")).startswith(
        "Where shall the refund for your order #W1234567 go? You can choose:\n- Gift card, balance 12.00\n- PayPal\n"
    )


@pytest.mark.parametrize("action", MEANT)
async def test_without_an_order_that_can_be_meant_its_number_is_asked_for(action: str) -> None:
    proposal = {"event": "ask", "missing": "which_order", "about_id": "orders"}
    written = await replied("ask", {**FACTS, "orders": [], "messages": [], "proposal": proposal}, action)
    assert "#W1234567" in written.text
