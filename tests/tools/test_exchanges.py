"""Asking for an exchange: what is noted, that no money moves, and what is refused without a trace."""

from decimal import Decimal

import pytest
from pydantic import JsonValue

from tests.support.two_customers import BOBS, SHIPPED, Action, Everything, Sql
from tests.tools.shelf import (
    ARRIVED,
    BOBS_CARD,
    BRASS,
    CARD,
    CLOSED,
    GIFT,
    GONE,
    LAMP_ID,
    PAYPAL,
    PENDING,
    RICH,
    SENT,
    SMALL,
    TALL,
    VASE_ID,
    balance,
    carried_out,
    changing,
    items,
    payments,
    rule_of_refusal,
)  # fmt: skip

EXCHANGE = "orders.request_exchange"
GOOD: dict[str, JsonValue] = {
    "order_id": ARRIVED, "item_ids": [VASE_ID, LAMP_ID], "new_item_ids": [TALL, BRASS], "payment_method_id": CARD,
}  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "method", "difference"),
    [
        ([VASE_ID, LAMP_ID], [TALL, BRASS], PAYPAL, "5.50"),
        ([LAMP_ID], [SMALL], GIFT, "-9.00"),
        ([LAMP_ID, LAMP_ID], [BRASS, SMALL], GIFT, "-3.50"),
        ([LAMP_ID, LAMP_ID], [BRASS, BRASS], GIFT, "11.00"),
        ([VASE_ID], [TALL], CARD, "0.00"),
        # A broken one for a whole one.
        ([LAMP_ID], [LAMP_ID], CARD, "0.00"),
    ],
)
async def test_an_exchange_is_noted_and_neither_items_nor_money_move(
    ann: Action, sql: Sql, old: list[JsonValue], new: list[JsonValue], method: str, difference: str
) -> None:
    before = await payments(sql, ARRIVED), await items(sql, ARRIVED), await balance(sql, GIFT)
    wanted: dict[str, JsonValue] = {"item_ids": old, "new_item_ids": new, "payment_method_id": method}
    output = await carried_out(ann, changing(EXCHANGE, **GOOD | wanted))
    assert (output["status"], output["price_difference"]) == ("exchange requested", difference)
    assert await sql(
        "SELECT status, exchange_items, exchange_new_items, exchange_payment_method_id, exchange_price_difference"
        f" FROM shop.orders WHERE order_id = '{ARRIVED}'"
    ) == [("exchange requested", sorted(map(str, old)), sorted(map(str, new)), method, Decimal(difference))]
    assert (await payments(sql, ARRIVED), await items(sql, ARRIVED), await balance(sql, GIFT)) == before


REFUSED: list[tuple[dict[str, JsonValue], str]] = [
    ({"order_id": BOBS}, "OWN-ORDERS"),
    ({"order_id": "W1000005"}, "OWN-ORDERS"),
    ({"order_id": PENDING}, "EXCHANGE-DELIVERED"),
    ({"order_id": SENT}, "EXCHANGE-DELIVERED"),
    ({"order_id": SHIPPED}, "EXCHANGE-ITEMS"),
    ({"item_ids": [], "new_item_ids": []}, "EXCHANGE-ITEMS"),
    ({"new_item_ids": []}, "EXCHANGE-ITEMS"),
    ({"new_item_ids": [TALL]}, "EXCHANGE-ITEMS"),
    ({"new_item_ids": [TALL, BRASS, BRASS]}, "EXCHANGE-ITEMS"),
    ({"item_ids": [LAMP_ID] * 3, "new_item_ids": [BRASS] * 3}, "EXCHANGE-ITEMS"),
    ({"item_ids": [BRASS, VASE_ID]}, "EXCHANGE-ITEMS"),
    ({"new_item_ids": [BRASS, TALL]}, "EXCHANGE-DELIVERED"),
    ({"new_item_ids": [TALL, GONE]}, "EXCHANGE-DELIVERED"),
    ({"new_item_ids": [TALL, "0000000000"]}, "EXCHANGE-DELIVERED"),
    ({"new_item_ids": ["", BRASS]}, "EXCHANGE-DELIVERED"),
    ({"payment_method_id": BOBS_CARD}, "PAYMENT-OWN"),
    ({"payment_method_id": "nothing"}, "PAYMENT-OWN"),
    ({"payment_method_id": CLOSED}, "PAYMENT-OWN"),
]


@pytest.mark.parametrize(("wrong", "rule"), REFUSED)
async def test_a_wrong_exchange_is_refused_and_changes_nothing(
    ann: Action, everything: Everything, wrong: dict[str, JsonValue], rule: str
) -> None:
    assert await rule_of_refusal(ann, everything, changing(EXCHANGE, **GOOD | wrong)) == rule


@pytest.mark.parametrize(("holds", "enough"), [("5.49", False), ("5.50", True)])
async def test_a_gift_card_covers_the_difference_or_pays_nothing(
    ann: Action, sql: Sql, everything: Everything, holds: str, enough: bool
) -> None:
    await sql(f"UPDATE shop.payment_methods SET balance = {holds} WHERE payment_method_id = '{RICH}'")
    call = changing(EXCHANGE, **GOOD | {"payment_method_id": RICH})
    if enough:
        await carried_out(ann, call)
    else:
        assert await rule_of_refusal(ann, everything, call) == "EXCHANGE-PRICE"
    assert await balance(sql, RICH) == Decimal(holds)


async def test_a_price_that_moved_since_the_preview_makes_the_plan_stale(ann: Action, sql: Sql) -> None:
    call = changing(EXCHANGE, **GOOD)
    plan = await ann.preview(call)
    await sql(f"UPDATE shop.variants SET price = 46.00 WHERE item_id = '{BRASS}'")
    assert (await ann.run(call, plan)).status == "stale"
    assert await sql(f"SELECT status FROM shop.orders WHERE order_id = '{ARRIVED}'") == [("delivered",)]
