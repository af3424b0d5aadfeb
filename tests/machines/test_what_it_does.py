"""What a plan does, in words: numbers are the rows' own, names those of the facts, and no plan waits for them."""

from typing import Any

import pytest

from leverframe.contracts.plan import CallPlan, Plan, PlannedCall, RowChange
from leverframe.digest import make_plan
from machines.registry import machines
from machines.sentences import LONGEST, sentences
from machines.shop.what_it_does import what_it_does
from machines.states import Confirm
from tools.toolbox import toolbox

FACTS: dict[str, Any] = {
    "orders": [
        {
            "order_id": "#W1007919",
            "placed_on": "2026-11-03",
            "items": [
                {"item_id": "6547801004", "name": "Desk Lamp", "quantity": 1, "options": {"color": "black"}},
                {"item_id": "77", "name": "Kettle", "quantity": 2, "options": {}},
            ],
        },
        {"order_id": "#W3", "payment_method": "credit card ending 4412"},
        {"order_id": "#W4", "payment_method": "credit card ending 4412 and gift card"},
    ],
    "variants": {"6547801004": [{"item_id": "5504107147", "options": {"color": "white"}, "price": "50.00"}]},
    "payment_methods": [{"payment_method_id": "card_6276", "description": "credit card ending 6276"}],
}
ORDER = {"order_id": "#W1007919"}


def booked(kind: str, amount: str = "54.10", method: str = "card_6276") -> RowChange:
    after = {"transaction_type": kind, "amount": amount, "payment_method_id": method}
    return RowChange(table="order_payments", key={"payment_id": "p"}, before=None, after=after)


def plan(tool: str, arguments: dict[str, Any], *changes: RowChange) -> Plan:
    return make_plan("a", [(PlannedCall(call="c", key="c#1", tool=tool, arguments=arguments), changes)])


def call(tool: str, arguments: dict[str, Any], *changes: RowChange) -> CallPlan:
    return plan(tool, arguments, *changes).calls[0]


def address(**lines: str) -> RowChange:
    return RowChange(table="orders", key=ORDER, before={}, after={**lines})


@pytest.mark.parametrize(
    ("planned", "told"),
    [
        (call("orders.cancel", ORDER), "Cancel order #W1007919 of 3 November 2026: Desk Lamp, 2 × Kettle"),
        (call("orders.cancel", {"order_id": "#W2"}), "Cancel order #W2"),
        (call("payments.refund", ORDER, booked("refund")), "Give 54.10 USD back to the credit card ending 6276"),
        (
            call("payments.refund", ORDER, booked("refund"), booked("refund", "5.00", "gift_1")),
            "Give 54.10 USD back to the credit card ending 6276 and 5.00 USD back to payment method gift_1",
        ),
        (
            call(
                "orders.request_exchange",
                {**ORDER, "item_ids": ["6547801004"], "new_item_ids": ["5504107147"]},
                booked("refund", "4.10"),
            ),
            "Exchange of order #W1007919: Desk Lamp (color black) becomes one (color white); "
            "give 4.10 USD back to the credit card ending 6276",
        ),
        (
            call("orders.request_return", {**ORDER, "item_ids": ["6547801004", "77", "9"]}),
            "Take back of order #W1007919: Desk Lamp (color black), 2 × Kettle, item 9",
        ),
        (
            call("orders.change_payment", {**ORDER, "payment_method_id": "card_6276"}, booked("payment")),
            "Have order #W1007919 paid with the credit card ending 6276; "
            "take 54.10 USD from the credit card ending 6276",
        ),
        (
            call("orders.change_address", ORDER, address(address1="Main St 1", city="Berlin", zip="10115")),
            "Send order #W1007919 of 3 November 2026: Desk Lamp, 2 × Kettle to Main St 1, 10115, Berlin",
        ),
        (call("orders.reinstate", ORDER), ""),
        (
            call("payments.refund", {"order_id": "#W3"}, booked("refund", method="card_1")),
            "Give 54.10 USD back to the credit card ending 4412",
        ),
        (
            call("payments.refund", {"order_id": "#W4"}, booked("refund", method="card_1")),
            "Give 54.10 USD back to payment method card_1",
        ),
    ],
    ids=lambda one: one.planned.tool if isinstance(one, CallPlan) else "",
)
def test_a_sentence_says_what_the_rows_do(planned: CallPlan, told: str) -> None:
    assert what_it_does(planned, FACTS) == told


def test_without_facts_or_with_broken_ones_there_is_a_sentence_all_the_same() -> None:
    broken: dict[str, Any] = {
        "orders": [{"order_id": "#W1007919", "items": "none", "placed_on": 7}],
        "variants": [],
        "payments": {},
    }
    for name in toolbox().names:
        for facts in (dict[str, Any](), broken):
            (told,) = sentences(
                what_it_does, plan(name, {"item_ids": 3, "new_item_ids": None}, booked("refund")), facts
            )
            assert told


def test_a_function_that_fails_or_writes_without_end_keeps_no_plan_from_people() -> None:
    def fails(planned: CallPlan, facts: object) -> str:
        raise KeyError(planned)

    shown = plan("orders.cancel", ORDER)
    assert sentences(fails, shown, {}) == ("Cancel order",)
    assert sentences(None, shown, {}) == ("Cancel order",)
    assert [len(one) for one in sentences(lambda *_: "x" * 10_000, shown, {})] == [LONGEST]


def test_every_plan_of_the_shop_is_told_in_words() -> None:
    confirms = [state for machine in machines().values() for state in machine.states if isinstance(state, Confirm)]
    assert confirms
    assert {state.id for state in confirms if state.words is not what_it_does} == set()
