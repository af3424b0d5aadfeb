"""What the customer names is what happens, or nothing: with a model that takes whatever lever is offered."""

from datetime import date, timedelta
from typing import Any

import pytest

from leverframe import Status
from tests.support.rig import BO, BOS, CHAIR, LAMP, MIA, Rig
from tools.shop.generator import DemoItem, DemoOrder, demo_customer
from tools.shop.newest import NEWEST
from tools.shop.store import store
from worker.testing.scripted_model import greedy

IVA = "iva_moor_1003"
LONG_AGO = "#W3999999"
DAY = timedelta(days=1)


async def reached(rig: Rig, text: str, subject: str, action: str = "order_cancellation") -> Status:
    """Where the action waits, or that it has ended."""
    rig.script[:] = [greedy]
    action_id = await rig.start(text, subject=subject, action=action)
    return await rig.until(action_id, lambda status: status.awaiting != "nobody" or status.state in ENDS)


ENDS = ("declined", "handed_over")


def order_of(status: Status) -> str:
    assert status.plan is not None
    found = status.plan.calls[0].planned.arguments["order_id"]
    assert isinstance(found, str)
    return found


@pytest.mark.parametrize(
    "text",
    ["cancel order 9999999", "cancel order 12345", "Bitte stornieren Sie die Bestellung Nr. 9999999",
     "annulez la commande n° 9999999", "cancela el pedido 9999999", "请取消订单９９９９９９９"],
)  # fmt: skip
async def test_the_only_order_does_not_take_the_place_of_one_that_is_not_found(rig: Rig, text: str) -> None:
    before = await rig.snapshot()
    status = await reached(rig, text, BO)
    assert (status.plan, status.awaiting) == (None, "user")
    assert status.question is not None
    assert BOS in status.question, "what they have is listed"
    await rig.service.reply(status.action_id, "２００００01")
    status = await rig.until(status.action_id, lambda status: status.awaiting == "operator")
    assert order_of(status) == BOS
    assert await rig.snapshot() == before


async def test_it_is_said_that_nothing_was_found(rig: Rig) -> None:
    status = await reached(rig, "cancel order 9999999", BO)
    assert status.question is not None
    assert status.question.startswith("We find nothing with that number among your orders.")
    await rig.service.reply(status.action_id, "order 8888888")
    status = await rig.until(status.action_id, lambda now: now.awaiting == "user" and len(rig.model.requests) == 2)
    await rig.service.reply(status.action_id, "order 7777777")
    outcome = await rig.result(status.action_id)
    assert outcome.kind in ("declined", "handed_over"), "no endless question"


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("payment_refund", f"refund {BOS}/3"),
        ("payment_refund", "refund my order to the card ending in 1111"),
        ("order_payment_change", "pay my order with gift card 9999999"),
        ("order_payment_change", "pay my order with my card ending in 1111"),
        ("order_address_change", "send my order to the same address as order 9999999"),
        ("order_item_change", "change item 9999999999 of my order"),
    ],
)
async def test_no_other_payment_card_address_or_item_takes_the_place_of_a_missing_one(
    rig: Rig, action: str, text: str
) -> None:
    before = await rig.snapshot()
    status = await reached(rig, text, BO, action)
    assert status.plan is None
    assert await rig.snapshot() == before


@pytest.mark.parametrize(
    "text", ["cancel w 1000001", "cancel =23W1000001", "cancel #WlOOOOO1", "取消订单１０００００１"]
)
async def test_an_own_order_is_found_however_it_is_written(rig: Rig, text: str) -> None:
    status = await reached(rig, text, MIA)
    assert order_of(status) == LAMP


async def test_words_that_join_others_decide_nothing(rig: Rig) -> None:
    odd = [DemoOrder(order_id=f"#W500000{number}", items=(DemoItem(name=name, price="10.00"),))
           for number, name in enumerate(("First Aid Set", "Game for the Family", "Order and Chaos"))]  # fmt: skip
    await store(rig.owner, demo_customer(IVA, odd))
    status = await reached(rig, "please cancel my first order and the set, for me", IVA)
    assert (status.plan, status.awaiting) == (None, "user")
    await rig.service.reply(status.action_id, "the one with the game")
    status = await rig.until(status.action_id, lambda now: now.awaiting != "nobody" and now.question != status.question)
    await rig.withdraw(status.action_id, IVA)


async def many(rig: Rig, **status: Any) -> None:
    """More orders than a read lists: the oldest is the only one of a lamp, and older than all of them."""
    newest = date(2026, 5, 4)
    items = (DemoItem(name="Wool Rug", price="60.00"),)
    orders = [
        DemoOrder(
            order_id=f"#W{4000001 + age}", items=items, status="delivered", placed_on=newest - timedelta(days=age)
        )
        for age in range(NEWEST + 5)
    ]
    old = {"items": (DemoItem(name="Desk Lamp", price="54.10"),), "placed_on": newest - 400 * DAY, **status}
    await store(rig.owner, demo_customer(IVA, [*orders, DemoOrder(order_id=LONG_AGO, **old)]))


@pytest.mark.parametrize("text", ["cancel #W3999999", "cancel order no. 3999999", "W-3999999 stornieren bitte"])
async def test_an_order_older_than_the_newest_is_their_own(rig: Rig, text: str) -> None:
    await many(rig)
    status = await reached(rig, text, IVA)
    assert order_of(status) == LONG_AGO


@pytest.mark.parametrize(
    ("action", "text", "status"),
    [
        ("payment_refund", "refund order 3999999", "delivered"),
        ("order_address_change", "send order 3999999 to 12 Garden Street, Austin, TX 78701, USA", "pending"),
        ("order_return", "return the lamp of order 3999999", "delivered"),
    ],
)
async def test_every_read_looks_up_the_order_that_is_named(rig: Rig, action: str, text: str, status: str) -> None:
    await many(rig, status=status)
    now = await reached(rig, text, IVA, action)
    assert now.plan is not None
    assert LONG_AGO in str(now.plan.calls[0].planned.arguments)


async def test_what_was_not_listed_is_not_denied(rig: Rig) -> None:
    await many(rig)
    status = await reached(rig, "please cancel my order", IVA)
    assert (status.plan, status.awaiting) == (None, "user")
    assert status.question is not None
    assert "Only your newest orders are listed here" in status.question
    await rig.service.reply(status.action_id, "order 3999999")
    status = await rig.until(status.action_id, lambda now: now.awaiting == "operator")
    assert order_of(status) == LONG_AGO


@pytest.mark.parametrize("answer", ["both", "all of them please", "beide", "les deux", "ambos", "两个都取消"])
async def test_both_leads_somewhere(rig: Rig, answer: str) -> None:
    before = await rig.snapshot()
    status = await reached(rig, "please cancel my order", MIA)
    first = status.question
    assert first is not None
    await rig.service.reply(status.action_id, answer)
    status = await rig.until(status.action_id, lambda now: now.question not in (None, first))
    await rig.service.reply(status.action_id, answer)
    outcome = await rig.result(status.action_id)
    assert outcome.kind == "handed_over"
    assert await rig.snapshot() == before


async def test_both_and_then_the_one_to_begin_with(rig: Rig) -> None:
    status = await reached(rig, f"please cancel {LAMP} and {CHAIR}", MIA)
    assert status.question is not None
    assert "one order at a time" in status.question
    await rig.service.reply(status.action_id, f"then {CHAIR} first")
    status = await rig.until(status.action_id, lambda now: now.awaiting == "operator")
    assert order_of(status) == CHAIR
