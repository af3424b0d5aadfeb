"""Asking for a return: what is noted, where the money may go, and what is refused without a trace."""

import pytest
from pydantic import JsonValue

from tests.support.two_customers import BOBS, Action, Everything, Sql
from tests.tools.shelf import (
    ARRIVED,
    BOBS_CARD,
    BRASS,
    CARD,
    CLOSED,
    GIFT,
    LAMP_ID,
    PAYPAL,
    PENDING,
    RICH,
    SENT,
    VASE_ID,
    carried_out,
    carried_out_by_another,
    changing,
    payments,
    rule_of_refusal,
)  # fmt: skip

GOOD: dict[str, JsonValue] = {"order_id": ARRIVED, "item_ids": [VASE_ID, LAMP_ID], "payment_method_id": CARD}
RETURN = "orders.request_return"


@pytest.mark.parametrize(("method", "words"), [(CARD, "credit card ending"), (GIFT, "gift card"), (RICH, "gift card")])
async def test_a_return_is_noted_and_no_money_moves(ann: Action, sql: Sql, method: str, words: str) -> None:
    before = await payments(sql, ARRIVED)
    output = await carried_out(ann, changing(RETURN, **GOOD | {"payment_method_id": method}))
    assert (output["status"], output["items"]) == ("return requested", ["Vase", "Desk Lamp"])
    assert words in str(output["refund_to"])
    assert await sql(
        f"SELECT status, return_items, return_payment_method_id FROM shop.orders WHERE order_id = '{ARRIVED}'"
    ) == [("return requested", sorted([VASE_ID, LAMP_ID]), method)]
    assert await payments(sql, ARRIVED) == before


async def test_an_item_that_was_bought_twice_can_come_back_twice(ann: Action, sql: Sql) -> None:
    await carried_out(ann, changing(RETURN, **GOOD | {"item_ids": [LAMP_ID, LAMP_ID]}))
    assert await sql(f"SELECT return_items FROM shop.orders WHERE order_id = '{ARRIVED}'") == [([LAMP_ID, LAMP_ID],)]


REFUSED: list[tuple[dict[str, JsonValue], str]] = [
    ({"order_id": BOBS}, "OWN-ORDERS"),
    ({"order_id": "#W9999999"}, "OWN-ORDERS"),
    ({"order_id": ARRIVED[1:]}, "OWN-ORDERS"),
    ({"order_id": ""}, "OWN-ORDERS"),
    ({"order_id": f"{ARRIVED}' OR 'a'='a"}, "OWN-ORDERS"),
    ({"order_id": PENDING}, "RETURN-DELIVERED"),
    ({"order_id": SENT}, "RETURN-DELIVERED"),
    ({"item_ids": []}, "RETURN-ITEMS"),
    ({"item_ids": [""]}, "RETURN-ITEMS"),
    ({"item_ids": [BRASS]}, "RETURN-ITEMS"),
    ({"item_ids": ["Vase"]}, "RETURN-ITEMS"),
    ({"item_ids": [VASE_ID, VASE_ID]}, "RETURN-ITEMS"),
    ({"item_ids": [LAMP_ID] * 3}, "RETURN-ITEMS"),
    ({"item_ids": [VASE_ID, "0000000000"]}, "RETURN-ITEMS"),
    ({"payment_method_id": PAYPAL}, "RETURN-REFUND"),
    ({"payment_method_id": BOBS_CARD}, "PAYMENT-OWN"),
    ({"payment_method_id": "credit_card_0"}, "PAYMENT-OWN"),
    ({"payment_method_id": ""}, "PAYMENT-OWN"),
    ({"payment_method_id": CLOSED}, "PAYMENT-OWN"),
]


@pytest.mark.parametrize(("wrong", "rule"), REFUSED)
async def test_a_wrong_return_is_refused_and_changes_nothing(
    ann: Action, everything: Everything, wrong: dict[str, JsonValue], rule: str
) -> None:
    assert await rule_of_refusal(ann, everything, changing(RETURN, **GOOD | wrong)) == rule


async def test_another_customers_order_looks_as_if_there_were_none(ann: Action) -> None:
    words = []
    for order_id in (BOBS, "#W9999999"):
        with pytest.raises(Exception, match="has no order") as refused:
            await ann.preview(changing(RETURN, **GOOD | {"order_id": order_id}))
        words.append(str(refused.value).replace(order_id, "…"))
    assert len(set(words)) == 1


@pytest.mark.parametrize("first", [RETURN, "orders.request_exchange"])
@pytest.mark.parametrize("second", [RETURN, "orders.request_exchange"])
async def test_a_second_request_is_refused_whatever_the_first_was(
    ann: Action, everything: Everything, first: str, second: str
) -> None:
    calls = {
        RETURN: changing(RETURN, **GOOD),
        "orders.request_exchange": changing(
            "orders.request_exchange", **GOOD | {"item_ids": [LAMP_ID], "new_item_ids": [BRASS]}
        ),
    }
    await carried_out_by_another(ann, calls[first])
    assert await rule_of_refusal(ann, everything, calls[second]) == "RETURN-ONCE"


async def test_a_card_whose_money_all_went_back_already_is_no_place_for_a_refund(
    ann: Action, sql: Sql, everything: Everything
) -> None:
    await sql(
        "INSERT INTO shop.order_payments SELECT gen_random_uuid(), order_id, 2, customer_id, 'refund', amount,"
        f" payment_method_id, payment_id FROM shop.order_payments WHERE order_id = '{ARRIVED}'"
    )
    assert await rule_of_refusal(ann, everything, changing(RETURN, **GOOD)) == "RETURN-REFUND"


async def test_an_order_that_is_not_delivered_any_more_makes_the_plan_fail(ann: Action, sql: Sql) -> None:
    call = changing(RETURN, **GOOD)
    plan = await ann.preview(call)
    await sql(f"UPDATE shop.orders SET status = 'exchange requested' WHERE order_id = '{ARRIVED}'")
    result = await ann.run(call, plan)
    assert (result.status, "(RETURN-ONCE)" in result.message) == ("failed", True)
