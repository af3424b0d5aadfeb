"""Moving a pending order to another payment method: which money moves, once, and what is refused."""

import asyncio
from decimal import Decimal

import pytest
from pydantic import JsonValue

from tests.support.two_customers import BOBS, Action, Everything, Sql, cancelling, refunding
from tests.tools.shelf import (
    ARRIVED,
    BOBS_CARD,
    CARD,
    CLOSED,
    GIFT,
    ON_GIFT,
    PAYPAL,
    PENDING,
    RICH,
    SENT,
    balance,
    carried_out,
    carried_out_by_another,
    changing,
    payments,
    rule_of_refusal,
)

CHANGE = "orders.change_payment"
TOTAL, VASE = Decimal("110.00"), Decimal("30.00")
GOOD: dict[str, JsonValue] = {"order_id": PENDING, "payment_method_id": PAYPAL}


async def test_the_new_method_pays_before_the_old_one_gets_its_money_back(ann: Action, sql: Sql) -> None:
    output = await carried_out(ann, changing(CHANGE, **GOOD))
    assert (output["status"], output["amount"], output["payment_method"]) == ("pending", "110.00", "PayPal")
    assert str(output["refunded_to"]).startswith("credit card ending")
    assert await payments(sql, PENDING) == [
        ("payment", TOTAL, CARD),
        ("payment", TOTAL, PAYPAL),
        ("refund", TOTAL, CARD),
    ]
    assert await sql(f"SELECT status FROM shop.orders WHERE order_id = '{PENDING}'") == [("pending",)]


async def test_gift_cards_are_charged_and_credited(ann: Action, sql: Sql) -> None:
    await carried_out(ann, changing(CHANGE, order_id=ON_GIFT, payment_method_id=RICH))
    assert (await balance(sql, GIFT), await balance(sql, RICH)) == (20 + VASE, 500 - VASE)


@pytest.mark.parametrize(("holds", "enough"), [("109.99", False), ("110.00", True)])
async def test_a_gift_card_covers_the_whole_total_or_pays_nothing(
    ann: Action, sql: Sql, everything: Everything, holds: str, enough: bool
) -> None:
    await sql(f"UPDATE shop.payment_methods SET balance = {holds} WHERE payment_method_id = '{RICH}'")
    call = changing(CHANGE, **GOOD | {"payment_method_id": RICH})
    if enough:
        await carried_out(ann, call)
        assert await balance(sql, RICH) == 0
    else:
        assert await rule_of_refusal(ann, everything, call) == "MODIFY-PAYMENT"


REFUSED: list[tuple[dict[str, JsonValue], str]] = [
    ({"order_id": BOBS}, "OWN-ORDERS"),
    ({"order_id": "#W"}, "OWN-ORDERS"),
    ({"order_id": ARRIVED}, "MODIFY-PENDING"),
    ({"order_id": SENT}, "MODIFY-PENDING"),
    ({"payment_method_id": CARD}, "MODIFY-PAYMENT"),
    ({"order_id": ON_GIFT, "payment_method_id": GIFT}, "MODIFY-PAYMENT"),
    ({"payment_method_id": GIFT}, "MODIFY-PAYMENT"),
    ({"payment_method_id": BOBS_CARD}, "PAYMENT-OWN"),
    ({"payment_method_id": "gift_card"}, "PAYMENT-OWN"),
    ({"payment_method_id": ""}, "PAYMENT-OWN"),
    ({"payment_method_id": CLOSED}, "PAYMENT-OWN"),
]


@pytest.mark.parametrize(("wrong", "rule"), REFUSED)
async def test_a_wrong_change_is_refused_and_changes_nothing(
    ann: Action, everything: Everything, wrong: dict[str, JsonValue], rule: str
) -> None:
    assert await rule_of_refusal(ann, everything, changing(CHANGE, **GOOD | wrong)) == rule


@pytest.mark.parametrize("then", [CARD, RICH, PAYPAL])
async def test_it_is_changed_only_once(ann: Action, everything: Everything, then: str) -> None:
    await carried_out_by_another(ann, changing(CHANGE, **GOOD))
    call = changing(CHANGE, **GOOD | {"payment_method_id": then})
    assert await rule_of_refusal(ann, everything, call) == "PAYMENT-ONCE"


async def test_money_does_not_go_back_to_a_method_that_was_closed(
    ann: Action, sql: Sql, everything: Everything
) -> None:
    await sql(f"UPDATE shop.payment_methods SET closed = true WHERE payment_method_id = '{CARD}'")
    assert await rule_of_refusal(ann, everything, changing(CHANGE, **GOOD)) == "PAYMENT-OWN"


async def test_a_cancelled_order_gives_back_what_it_still_has_and_not_twice(ann: Action, sql: Sql) -> None:
    await carried_out_by_another(ann, changing(CHANGE, **GOOD | {"payment_method_id": RICH}))
    calls = (cancelling(PENDING), refunding(PENDING))
    plan = await ann.preview(*calls)
    assert [(await ann.run(call, plan)).status for call in calls] == ["succeeded"] * 2
    assert (await payments(sql, PENDING))[3:] == [("refund", TOTAL, RICH)]
    assert await balance(sql, RICH) == 500


async def test_a_gift_card_used_since_the_preview_pays_nothing(ann: Action, sql: Sql) -> None:
    call = changing(CHANGE, **GOOD | {"payment_method_id": RICH})
    plan = await ann.preview(call)
    await sql(f"UPDATE shop.payment_methods SET balance = 499 WHERE payment_method_id = '{RICH}'")
    assert (await ann.run(call, plan)).status == "stale"
    assert (await balance(sql, RICH), len(await payments(sql, PENDING))) == (Decimal(499), 1)


async def test_of_actions_that_run_at_once_one_moves_the_money(ann: Action, sql: Sql) -> None:
    call = changing(CHANGE, **GOOD | {"payment_method_id": RICH})
    actions = [Action(ann.sessions, id=f"{ann.id[:-1]}{number}") for number in range(4)]
    plans = [await each.preview(call) for each in actions]
    results = await asyncio.gather(*(each.run(call, plan) for each, plan in zip(actions, plans, strict=True)))
    assert sorted(result.status for result in results) == ["failed"] * 3 + ["succeeded"]
    assert (await balance(sql, RICH), len(await payments(sql, PENDING))) == (Decimal(390), 3)


async def test_one_gift_card_does_not_pay_for_two_orders_at_once(ann: Action, sql: Sql) -> None:
    await sql(f"UPDATE shop.payment_methods SET balance = 120 WHERE payment_method_id = '{RICH}'")
    calls = [changing(CHANGE, order_id=order_id, payment_method_id=RICH) for order_id in (PENDING, ON_GIFT)]
    actions = [Action(ann.sessions, id=f"{ann.id[:-1]}{number}") for number in range(2)]
    plans = [await each.preview(call) for each, call in zip(actions, calls, strict=True)]
    runs = (each.run(call, plan) for each, call, plan in zip(actions, calls, plans, strict=True))
    statuses = sorted([result.status for result in await asyncio.gather(*runs)])
    assert statuses in (["failed", "succeeded"], ["stale", "succeeded"])
    assert await balance(sql, RICH) in (Decimal(10), Decimal(90))
