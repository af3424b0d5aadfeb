"""Returns of delivered items, as stories: what is noted, where the money is to go, what is asked."""

from tests.support.rig import Rig
from tests.workflows.item_stories import (
    ARRIVED,
    ARRIVED_TOO,
    CARD,
    GIFT,
    POT_ID,
    RETURN,
    RUG_ID,
    approved,
    changed,
    ended,
    shown,
)
from worker.testing.rig import propose


async def test_an_approved_return_is_noted_on_the_order_and_moves_no_money_yet(stocked: Rig) -> None:
    before = await stocked.snapshot()
    status = await shown(stocked, RETURN)
    outcome = await approved(stocked, status)
    assert (outcome.kind, outcome.state) == ("done", "returned")
    assert ARRIVED in outcome.reply
    rows = await changed(stocked, before)
    assert list(rows) == ["orders"]
    [order] = rows["orders"]
    assert (order["order_id"], order["status"]) == (ARRIVED, "return requested")
    assert (order["return_items"], order["return_payment_method_id"]) == ([POT_ID], CARD)
    [effect] = await stocked.kinds(status.action_id, "effect")
    assert effect["planned"]["tool"] == "orders.request_return"
    assert status.plan is not None
    assert effect["changes"] == [change.model_dump(mode="json") for change in status.plan.calls[0].changes]


async def test_everything_is_every_line_of_the_order(stocked: Rig) -> None:
    answer = RETURN.answer(item_ids=["everything"])
    status = await shown(stocked, RETURN, answer, text=f"I want to send back everything in {ARRIVED}")
    await approved(stocked, status)
    assert (await stocked.order(ARRIVED))["return_items"] == sorted([POT_ID, RUG_ID])


async def test_a_refund_can_go_to_a_gift_card_where_the_user_says_so(stocked: Rig) -> None:
    answer = RETURN.answer(payment_method_id=GIFT)
    status = await shown(stocked, RETURN, answer, text="I return the clay pot, refund to my gift card please")
    await approved(stocked, status)
    assert (await stocked.order(ARRIVED))["return_payment_method_id"] == GIFT


async def test_which_items_are_meant_is_asked(stocked: Rig) -> None:
    stocked.script[:] = [
        propose("ask", missing="which_items", about_id=ARRIVED),
        RETURN.answer(item_ids=[RUG_ID]),
    ]
    action_id = await stocked.start(f"I'd like to return something of {ARRIVED}", action=RETURN.action)
    asked = await stocked.until(action_id, lambda status: status.awaiting == "user")
    assert asked.question is not None
    assert "1 × Clay Pot (standard): 20.00" in asked.question
    assert "1 × Wool Rug (standard): 60.00" in asked.question
    assert "Desk lamp" not in asked.question
    await stocked.service.reply(action_id, "the rug")
    status = await stocked.until(action_id, lambda status: status.awaiting == "operator")
    await approved(stocked, status)
    assert (await stocked.order(ARRIVED))["return_items"] == [RUG_ID]


async def test_a_method_that_a_refund_cannot_go_to_is_asked_for_again(stocked: Rig) -> None:
    stocked.script[:] = [
        propose("ask", missing="which_payment_method", about_id=ARRIVED_TOO),
        RETURN.answer(order_id=ARRIVED_TOO, item_ids=[RUG_ID], payment_method_id=GIFT),
    ]
    action_id = await stocked.start(f"return {ARRIVED_TOO}, the money to my credit card", action=RETURN.action)
    asked = await stocked.until(action_id, lambda status: status.awaiting == "user")
    assert asked.question is not None
    assert "Gift card, balance 20.00" in asked.question
    assert "Credit card" not in asked.question
    await stocked.service.reply(action_id, "then the gift card")
    await approved(stocked, await stocked.until(action_id, lambda status: status.awaiting == "operator"))
    assert (await stocked.order(ARRIVED_TOO))["return_payment_method_id"] == GIFT


async def test_a_method_that_a_refund_cannot_go_to_may_be_declined(stocked: Rig) -> None:
    before = await stocked.snapshot()
    answer = propose("decline", clause="RETURN-REFUND")
    outcome = await ended(stocked, RETURN, answer, text="I return the clay pot, refund me by PayPal")
    assert outcome.kind == "declined"
    assert "original payment method or to a gift card" in outcome.reply
    assert await stocked.snapshot() == before
