"""Changing items of a pending order: what they become, how the difference is settled, and what is refused."""

from decimal import Decimal

import pytest
from pydantic import JsonValue

from tests.support.two_customers import BOBS, CARD_ORDER, Action, Everything, Sql, cancelling
from tests.tools.shelf import (
    ARRIVED,
    BOBS_CARD,
    BRASS,
    CARD,
    CLOSED,
    GIFT,
    GONE,
    LAMP_ID,
    ON_GIFT,
    PAYPAL,
    PENDING,
    RICH,
    SENT,
    SMALL,
    TALL,
    VASE_ID,
    balance,
    carried_out,
    carried_out_by_another,
    changing,
    items,
    payments,
    rule_of_refusal,
)  # fmt: skip

CHANGE = "orders.change_items"
GOOD: dict[str, JsonValue] = {
    "order_id": PENDING, "item_ids": [LAMP_ID, VASE_ID], "new_item_ids": [BRASS, TALL], "payment_method_id": CARD,
}  # fmt: skip
LAMP_LINE, VASE_LINE = (LAMP_ID, Decimal("40.00"), "standard"), (VASE_ID, Decimal("30.00"), "standard")
BRASS_LINE, SMALL_LINE = (BRASS, Decimal("45.50"), "brass"), (SMALL, Decimal("31.00"), "small")
TALL_LINE = (TALL, Decimal("30.00"), "tall")
PAID = ("payment", Decimal("110.00"), CARD)


@pytest.mark.parametrize(
    ("old", "new", "lines", "booked"),
    [
        ([LAMP_ID], [BRASS], [BRASS_LINE, VASE_LINE, LAMP_LINE], ("payment", "5.50")),
        ([VASE_ID, LAMP_ID], [TALL, SMALL], [SMALL_LINE, TALL_LINE, LAMP_LINE], ("refund", "9.00")),
        ([LAMP_ID, LAMP_ID], [SMALL, BRASS], [SMALL_LINE, VASE_LINE, BRASS_LINE], ("refund", "3.50")),
        ([LAMP_ID, LAMP_ID], [BRASS, BRASS], [BRASS_LINE, VASE_LINE, BRASS_LINE], ("payment", "11.00")),
        ([VASE_ID], [TALL], [LAMP_LINE, TALL_LINE, LAMP_LINE], ("refund", "0.00")),
    ],
)
@pytest.mark.parametrize("method", [CARD, PAYPAL, GIFT])
async def test_items_become_others_in_their_places_and_the_difference_is_settled(
    ann: Action,
    sql: Sql,
    old: list[JsonValue],
    new: list[JsonValue],
    lines: list[tuple[object, ...]],
    booked: tuple[str, str],
    method: str,
) -> None:
    wanted: dict[str, JsonValue] = {"item_ids": old, "new_item_ids": new, "payment_method_id": method}
    output = await carried_out(ann, changing(CHANGE, **GOOD | wanted))
    assert output["status"] == "pending (item modified)"
    assert await sql(f"SELECT status FROM shop.orders WHERE order_id = '{PENDING}'") == [("pending (item modified)",)]
    assert await items(sql, PENDING) == lines
    kind, amount = booked
    assert await payments(sql, PENDING) == [PAID, (kind, Decimal(amount), method)]
    moved = Decimal(amount) if kind == "refund" else -Decimal(amount)
    assert Decimal(str(output["price_difference"])) == -moved
    assert await balance(sql, GIFT) == 20 + (moved if method == GIFT else 0)


REFUSED: list[tuple[dict[str, JsonValue], str]] = [
    ({"order_id": BOBS}, "OWN-ORDERS"),
    ({"order_id": "1000004"}, "OWN-ORDERS"),
    ({"order_id": ARRIVED}, "MODIFY-PENDING"),
    ({"order_id": SENT}, "MODIFY-PENDING"),
    ({"order_id": CARD_ORDER}, "MODIFY-LISTED"),
    ({"item_ids": [], "new_item_ids": []}, "MODIFY-LISTED"),
    ({"item_ids": []}, "MODIFY-LISTED"),
    ({"new_item_ids": []}, "MODIFY-LISTED"),
    ({"new_item_ids": [BRASS]}, "MODIFY-LISTED"),
    ({"item_ids": [VASE_ID, VASE_ID], "new_item_ids": [TALL, TALL]}, "MODIFY-LISTED"),
    ({"item_ids": [LAMP_ID, "0000000000"]}, "MODIFY-LISTED"),
    ({"new_item_ids": [TALL, BRASS]}, "MODIFY-ITEMS"),
    ({"new_item_ids": [GONE, TALL]}, "MODIFY-ITEMS"),
    ({"new_item_ids": [BRASS, "0000000000"]}, "MODIFY-ITEMS"),
    ({"new_item_ids": [BRASS, VASE_ID]}, "MODIFY-ITEMS"),
    ({"new_item_ids": [LAMP_ID, VASE_ID]}, "MODIFY-ITEMS"),
    ({"payment_method_id": BOBS_CARD}, "PAYMENT-OWN"),
    ({"payment_method_id": CARD.upper()}, "PAYMENT-OWN"),
    ({"payment_method_id": CLOSED}, "PAYMENT-OWN"),
]


@pytest.mark.parametrize(("wrong", "rule"), REFUSED)
async def test_a_wrong_change_is_refused_and_changes_nothing(
    ann: Action, everything: Everything, wrong: dict[str, JsonValue], rule: str
) -> None:
    assert await rule_of_refusal(ann, everything, changing(CHANGE, **GOOD | wrong)) == rule


async def test_a_gift_card_that_covers_only_a_part_pays_nothing(ann: Action, sql: Sql, everything: Everything) -> None:
    await sql(f"UPDATE shop.payment_methods SET balance = 5.49 WHERE payment_method_id = '{RICH}'")
    call = changing(CHANGE, **GOOD | {"payment_method_id": RICH})
    assert await rule_of_refusal(ann, everything, call) == "MODIFY-PRICE"
    await sql(f"UPDATE shop.payment_methods SET balance = 5.50 WHERE payment_method_id = '{RICH}'")
    await carried_out(ann, call)
    assert await balance(sql, RICH) == 0


AFTERWARDS = [
    changing(CHANGE, **GOOD | {"item_ids": [LAMP_ID], "new_item_ids": [SMALL]}),
    changing("orders.change_payment", order_id=PENDING, payment_method_id=RICH),
    changing("orders.copy_address", order_id=PENDING, address_of=SENT),
    changing(
        "orders.change_address",
        order_id=PENDING, address1="1 Oak", address2="", city="Reno", state="NV", country="USA", zip="89501",
    ),
    cancelling(PENDING),
]  # fmt: skip


@pytest.mark.parametrize("call", AFTERWARDS, ids=lambda call: call.tool)
async def test_after_the_items_changed_nothing_is_changed_any_more(
    ann: Action, everything: Everything, call: object
) -> None:
    await carried_out_by_another(ann, changing(CHANGE, **GOOD))
    assert isinstance(call, type(AFTERWARDS[0]))
    assert await rule_of_refusal(ann, everything, call) == "MODIFY-ONCE"


async def test_a_difference_goes_back_out_of_what_is_still_paid(ann: Action, sql: Sql, everything: Everything) -> None:
    """The first payment went back when the method was changed, so the refund is one of the second."""
    await carried_out_by_another(ann, changing("orders.change_payment", order_id=PENDING, payment_method_id=RICH))
    await carried_out(ann, changing(CHANGE, **GOOD | {"new_item_ids": [SMALL, TALL]}))
    assert (await payments(sql, PENDING))[3:] == [("refund", Decimal("9.00"), CARD)]
    assert await sql(
        "SELECT p.payment_method_id FROM shop.order_payments p JOIN shop.order_payments r"
        f" ON r.refunds_payment = p.payment_id WHERE r.order_id = '{PENDING}' AND r.position = 4"
    ) == [(RICH,)]


async def test_no_more_goes_back_than_is_left_of_what_was_paid(ann: Action, sql: Sql, everything: Everything) -> None:
    await sql(
        "INSERT INTO shop.order_payments SELECT gen_random_uuid(), order_id, 2, customer_id, 'refund', amount - 8,"
        f" payment_method_id, payment_id FROM shop.order_payments WHERE order_id = '{PENDING}'"
    )
    call = changing(CHANGE, **GOOD | {"new_item_ids": [SMALL, TALL]})
    assert await rule_of_refusal(ann, everything, call) == "MODIFY-PRICE"


async def test_a_difference_that_no_single_payment_covers_goes_back_out_of_several(ann: Action, sql: Sql) -> None:
    await sql(f"UPDATE shop.order_payments SET amount = 6 WHERE order_id = '{PENDING}'")
    await sql(
        "INSERT INTO shop.order_payments SELECT gen_random_uuid(), order_id, 2, customer_id, 'payment', 5,"
        f" '{PAYPAL}' FROM shop.order_payments WHERE order_id = '{PENDING}'"
    )
    await carried_out(ann, changing(CHANGE, **GOOD | {"new_item_ids": [SMALL, TALL], "payment_method_id": PAYPAL}))
    back = [("refund", Decimal("5.00"), PAYPAL), ("refund", Decimal("4.00"), PAYPAL)]
    assert (await payments(sql, PENDING))[2:] == back


async def test_a_line_of_several_pieces_changes_as_a_whole(ann: Action, sql: Sql) -> None:
    await sql(f"UPDATE shop.order_items SET quantity = 3 WHERE order_id = '{PENDING}' AND position = 1")
    output = await carried_out(ann, changing(CHANGE, **GOOD))
    assert output["price_difference"] == "16.50"


@pytest.mark.parametrize(
    "meanwhile",
    [
        f"UPDATE shop.variants SET price = 44 WHERE item_id = '{BRASS}'",
        f"UPDATE shop.order_items SET price = 39 WHERE order_id = '{PENDING}' AND position = 1",
        f"UPDATE shop.payment_methods SET balance = 19 WHERE payment_method_id = '{GIFT}'",
    ],
)
async def test_data_that_moved_since_the_preview_stop_the_change(ann: Action, sql: Sql, meanwhile: str) -> None:
    call = changing(CHANGE, **GOOD | {"payment_method_id": GIFT})
    plan = await ann.preview(call)
    await sql(meanwhile)
    assert (await ann.run(call, plan)).status == "stale"
    assert len(await payments(sql, PENDING)) == 1


async def test_a_variant_sold_out_since_the_preview_is_refused(ann: Action, sql: Sql) -> None:
    call = changing(CHANGE, **GOOD)
    plan = await ann.preview(call)
    await sql(f"UPDATE shop.variants SET available = false WHERE item_id = '{BRASS}'")
    result = await ann.run(call, plan)
    assert (result.status, "(MODIFY-ITEMS)" in result.message) == ("failed", True)


async def test_an_order_paid_by_gift_card_gets_its_difference_on_another_gift_card(ann: Action, sql: Sql) -> None:
    await sql(f"UPDATE shop.variants SET price = 22.25 WHERE item_id = '{TALL}'")
    arguments: dict[str, JsonValue] = {"order_id": ON_GIFT, "item_ids": [VASE_ID], "new_item_ids": [TALL]}
    await carried_out(ann, changing(CHANGE, **arguments, payment_method_id=RICH))
    assert (await balance(sql, RICH), await balance(sql, GIFT)) == (Decimal("507.75"), Decimal(20))
