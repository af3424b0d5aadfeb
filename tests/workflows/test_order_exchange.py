"""Exchanges of delivered items, as stories: what is noted, and what is asked of the user."""

from decimal import Decimal

from tests.support.rig import Rig
from tests.workflows.item_stories import (
    ARRIVED,
    BLUE,
    CARD,
    EXCHANGE,
    GIFT,
    POT_ID,
    RED,
    RUG_ID,
    WIDE,
    approved,
    changed,
    ended,
    shown,
)
from worker.testing.rig import propose


async def test_an_approved_exchange_is_noted_on_the_order_and_moves_no_money_yet(stocked: Rig) -> None:
    before = await stocked.snapshot()
    status = await shown(stocked, EXCHANGE)
    outcome = await approved(stocked, status)
    assert (outcome.kind, outcome.state) == ("done", "exchanged")
    assert ARRIVED in outcome.reply
    rows = await changed(stocked, before)
    assert list(rows) == ["orders"]
    [order] = rows["orders"]
    assert (order["order_id"], order["status"]) == (ARRIVED, "exchange requested")
    assert (order["exchange_items"], order["exchange_new_items"]) == ([POT_ID], [RED])
    assert (order["exchange_payment_method_id"], order["exchange_price_difference"]) == (GIFT, Decimal("4.00"))
    [effect] = await stocked.kinds(status.action_id, "effect")
    assert effect["planned"]["arguments"] == {
        "order_id": ARRIVED,
        "item_ids": [POT_ID],
        "new_item_ids": [RED],
        "payment_method_id": GIFT,
    }


async def test_several_items_are_exchanged_at_once(stocked: Rig) -> None:
    answer = EXCHANGE.answer(changes=[f"{POT_ID}_to_{BLUE}", f"{RUG_ID}_to_{WIDE}"], payment_method_id=CARD)
    text = f"In {ARRIVED}, exchange the clay pot for the blue one and the rug for the wide one, by credit card"
    await approved(stocked, await shown(stocked, EXCHANGE, answer, text=text))
    order = await stocked.order(ARRIVED)
    assert order["exchange_items"] == sorted([POT_ID, RUG_ID])
    assert order["exchange_new_items"] == sorted([BLUE, WIDE])
    assert order["exchange_price_difference"] == Decimal("33.00")


async def test_the_variant_and_then_the_payment_are_asked_for(stocked: Rig) -> None:
    stocked.script[:] = [
        propose("ask", missing="which_variant", about_id=POT_ID),
        propose("ask", missing="which_payment_method", about_id=ARRIVED),
        EXCHANGE.answer(payment_method_id=CARD),
    ]
    action_id = await stocked.start("Can I exchange the clay pot?", action=EXCHANGE.action)
    asked = await stocked.until(action_id, lambda status: status.awaiting == "user")
    assert asked.question is not None
    assert "Clay Pot (standard)" in asked.question
    assert "- red: 24.00" in asked.question
    assert "gone" not in asked.question
    await stocked.service.reply(action_id, "the red one")
    asked = await stocked.until(
        action_id, lambda status: status.awaiting == "user" and "difference" in (status.question or "")
    )
    assert asked.question is not None
    assert "Gift card, balance 20.00" in asked.question
    assert "Credit card ending in" in asked.question
    await stocked.service.reply(action_id, "my credit card")
    await approved(stocked, await stocked.until(action_id, lambda status: status.awaiting == "operator"))
    assert (await stocked.order(ARRIVED))["exchange_payment_method_id"] == CARD


async def test_a_gift_card_that_cannot_cover_the_difference_is_declined(stocked: Rig) -> None:
    before = await stocked.snapshot()
    answer = propose("decline", clause="EXCHANGE-PRICE")
    text = f"Exchange the rug of {ARRIVED} for the wide one, from my gift card"
    outcome = await ended(stocked, EXCHANGE, answer, text=text)
    assert outcome.kind == "declined"
    assert "a gift card must cover it" in outcome.reply
    assert await stocked.snapshot() == before


async def test_where_no_variant_is_available_the_exchange_is_declined(stocked: Rig) -> None:
    await stocked.sql("UPDATE shop.variants SET available = false WHERE item_id = :i", i=WIDE)
    outcome = await ended(
        stocked, EXCHANGE, propose("decline", clause="EXCHANGE-DELIVERED"), text=f"Exchange the rug of {ARRIVED}"
    )
    assert outcome.kind == "declined"
