"""Changes of the items of pending orders, as stories: what the order becomes and how the difference is settled."""

from decimal import Decimal

from tests.support.rig import Rig
from tests.workflows.item_stories import (
    BLUE,
    CARD,
    CHANGE,
    GIFT,
    OPEN,
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


async def test_an_approved_change_replaces_the_item_and_takes_the_difference(stocked: Rig) -> None:
    before = await stocked.snapshot()
    status = await shown(stocked, CHANGE)
    outcome = await approved(stocked, status)
    assert (outcome.kind, outcome.state) == ("done", "changed")
    assert OPEN in outcome.reply
    rows = await changed(stocked, before)
    assert sorted(rows) == ["order_items", "order_payments", "orders", "payment_methods"]
    [item], [payment], [order], [card] = (rows[table] for table in sorted(rows))
    assert (item["order_id"], item["item_id"], item["price"]) == (OPEN, RED, Decimal("24.00"))
    assert item["options"] == {"style": "red"}
    assert (payment["transaction_type"], payment["amount"]) == ("payment", Decimal("4.00"))
    assert (payment["order_id"], payment["payment_method_id"]) == (OPEN, GIFT)
    assert (order["order_id"], order["status"]) == (OPEN, "pending (item modified)")
    assert (card["payment_method_id"], card["balance"]) == (GIFT, Decimal("16.00"))


async def test_what_a_cheaper_item_leaves_over_is_given_back(stocked: Rig) -> None:
    answer = CHANGE.answer(changes=[f"{POT_ID}_to_{BLUE}"], payment_method_id=CARD)
    text = "Please change the clay pot to the blue one, money back to my credit card"
    await approved(stocked, await shown(stocked, CHANGE, answer, text=text))
    [refund] = await stocked.refunds(OPEN)
    assert (refund["amount"], refund["payment_method_id"]) == (Decimal("2.00"), CARD)


async def test_several_items_are_changed_at_once(stocked: Rig) -> None:
    answer = CHANGE.answer(changes=[f"{POT_ID}_to_{RED}", f"{RUG_ID}_to_{WIDE}"], payment_method_id=CARD)
    text = f"In {OPEN}: the clay pot in red and the rug in wide, by credit card"
    await approved(stocked, await shown(stocked, CHANGE, answer, text=text))
    items = await stocked.sql("SELECT item_id FROM shop.order_items WHERE order_id = :o ORDER BY position", o=OPEN)
    assert [item["item_id"] for item in items] == [RED, WIDE]
    payments = await stocked.sql("SELECT amount FROM shop.order_payments WHERE order_id = :o ORDER BY position", o=OPEN)
    assert [payment["amount"] for payment in payments] == [Decimal("80.00"), Decimal("39.00")]


async def test_an_order_that_was_changed_is_not_cancelled_any_more(stocked: Rig) -> None:
    await approved(stocked, await shown(stocked, CHANGE))
    before = await stocked.snapshot()
    stocked.script[:] = [propose("decline", clause="CANCEL-PENDING")]
    outcome = await stocked.result(await stocked.start(f"cancel {OPEN}, I no longer need it"))
    assert outcome.kind == "declined"
    assert await stocked.snapshot() == before


async def test_a_gift_card_that_cannot_cover_the_difference_is_declined(stocked: Rig) -> None:
    before = await stocked.snapshot()
    answer = propose("decline", clause="MODIFY-PRICE")
    text = f"Change the rug of {OPEN} to the wide one, from my gift card"
    outcome = await ended(stocked, CHANGE, answer, text=text)
    assert outcome.kind == "declined"
    assert "gift card must" in outcome.reply
    assert await stocked.snapshot() == before
