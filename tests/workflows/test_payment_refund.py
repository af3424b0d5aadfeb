"""Refunds, from the customer's words to the provider's books, as stories."""

import asyncio
from datetime import timedelta

import pytest

from machines.shop.refund_news import BANKS_TAKE
from tests.support.refunding import PAID, PAYMENT, Refunding, refund, refunding_rig
from tests.support.rig import BOS, CHAIR, GIFT, LAMP
from tests.support.stripe_double import StripeDouble
from worker.testing.postgres import Database
from worker.testing.rig import propose
from worker.testing.servers import skipping_server
from workflows.waiting import EAGER, REST


async def test_nothing_moves_before_somebody_has_approved_it_as_it_was_shown(refunding: Refunding) -> None:
    status = await refunding.wanted()
    assert status.plan is not None
    row, request = status.plan.calls[0].changes
    assert row.after is not None
    assert (row.after["amount"], request.after) == (
        "12.50",
        {"method": "refund", "payment": refunding.payment, "amount": "12.50", "currency": "USD"},
    )
    assert refunding.moved == []
    await refunding.rig.operator.approve(status.action_id, status.plan.code)
    await refunding.settling(status.action_id)
    assert refunding.moved == [1250]
    assert await refunding.booked() == [("12.50", None)]


async def test_a_refund_that_stays_ends_well_after_the_banks_time(
    database: Database, stripe_server: StripeDouble
) -> None:
    async with skipping_server() as days, refunding_rig(days, database, stripe_server) as refunding:
        action_id = await refunding.approved()
        await refunding.settling(action_id)
        await days.sleep(BANKS_TAKE)
        outcome = await refunding.rig.result(action_id)
        assert (outcome.kind, outcome.state) == ("done", "refunded")
        assert "12.50" in outcome.reply
        assert LAMP in outcome.reply
        assert refunding.moved == [1250]


async def test_a_refund_that_turns_failed_a_day_later_is_taken_back_in_the_books_and_handed_over(
    refunding: Refunding,
) -> None:
    action_id = await refunding.approved()
    await refunding.settling(action_id)
    refunding.stripe.turn(refunding.stripe.refunds(refunding.payment)[0]["id"], "failed")
    await refunding.wake(action_id)
    outcome = await refunding.rig.result(action_id)
    assert (outcome.kind, outcome.state) == ("handed_over", "bounced")
    assert "sent your refund of 12.50" in outcome.reply
    assert await refunding.booked() == [("12.50", "failed")]
    assert refunding.moved == []
    tools = [effect["planned"]["tool"] for effect in await refunding.rig.kinds(action_id, "effect")]
    assert tools == ["payments.refund_partly", "payments.void_refund"]


async def test_a_failure_that_nobody_told_of_is_found_when_the_time_is_over(
    database: Database, stripe_server: StripeDouble
) -> None:
    async with skipping_server() as days, refunding_rig(days, database, stripe_server) as refunding:
        action_id = await refunding.approved()
        await refunding.settling(action_id)
        await days.sleep(timedelta(days=1))
        refunding.stripe.turn(refunding.stripe.refunds(refunding.payment)[0]["id"], "failed")
        await days.sleep(BANKS_TAKE)
        outcome = await refunding.rig.result(action_id)
        assert outcome.state == "bounced"
        assert await refunding.booked() == [("12.50", "failed")]


async def test_a_wake_proves_nothing(refunding: Refunding) -> None:
    action_id = await refunding.approved()
    await refunding.settling(action_id)
    reads = len(refunding.proxy.seen)
    await refunding.wake(action_id)
    status = await refunding.rig.until(
        action_id, lambda status: status.state == "settling" and len(refunding.proxy.seen) > reads
    )
    assert status.state == "settling"
    assert await refunding.booked() == [("12.50", None)]


async def test_whoever_wakes_it_again_and_again_uses_up_no_patience(refunding: Refunding) -> None:
    action_id = await refunding.approved()
    deadline = (await refunding.settling(action_id)).deadline
    for _ in range(25):
        read = len(refunding.proxy.seen)
        await refunding.wake(action_id)
        await refunding.read_since(read)
        assert (await refunding.settling(action_id)).deadline == deadline, "nor is the wait any longer"
    refunding.turns("failed")
    await refunding.wake(action_id)
    assert (await refunding.rig.result(action_id)).state == "bounced"


async def test_a_flood_of_wakes_is_looked_at_now_and_then(database: Database, stripe_server: StripeDouble) -> None:
    """Or whoever may signal could fill the history, and end the action."""
    async with skipping_server() as days, refunding_rig(days, database, stripe_server) as refunding:
        action_id = await refunding.approved()
        await refunding.settling(action_id)
        for _ in range(EAGER):
            read = len(refunding.proxy.seen)
            await refunding.wake(action_id)
            await refunding.read_since(read)
            await refunding.settling(action_id)
        read = len(refunding.proxy.seen)
        await asyncio.gather(*(refunding.wake(action_id) for _ in range(10)))
        await days.sleep(REST / 2)
        assert len(refunding.proxy.seen) == read
        refunding.turns("failed")
        await days.sleep(REST)
        assert (await refunding.rig.result(action_id)).state == "bounced"


async def test_a_refund_that_stays_pending_goes_to_a_person(database: Database, stripe_server: StripeDouble) -> None:
    async with skipping_server() as days, refunding_rig(days, database, stripe_server) as refunding:
        action_id = await refunding.approved()
        await refunding.settling(action_id)
        refunding.stripe.turn(refunding.stripe.refunds(refunding.payment)[0]["id"], "pending")
        await days.sleep(BANKS_TAKE)
        outcome = await refunding.rig.result(action_id)
        assert (outcome.kind, outcome.state) == ("handed_over", "unsettled")
        assert await refunding.booked() == [("12.50", None)]


async def test_what_is_in_the_shops_own_books_needs_no_bank(refunding: Refunding) -> None:
    refunding.rig.script[:] = [refund("120.00", f"{GIFT}/1")]
    action_id = await refunding.approved(f"the chair of {GIFT} never came, my money back please")
    outcome = await refunding.rig.result(action_id)
    assert (outcome.kind, outcome.state) == ("done", "refunded")
    assert refunding.proxy.seen == []
    assert [str(row["amount"]) for row in await refunding.rig.refunds(GIFT)] == ["120.00"]


async def test_a_rejected_refund_moves_nothing(refunding: Refunding) -> None:
    status = await refunding.wanted()
    assert status.plan is not None
    await refunding.rig.operator.reject(status.action_id, status.plan.code, "not scratched")
    assert (await refunding.rig.result(status.action_id)).kind == "rejected"
    assert (refunding.moved, await refunding.booked()) == ([], [])


async def test_the_model_can_only_name_what_the_user_named_or_bought(refunding: Refunding) -> None:
    refunding.rig.script[:] = [refund("54.09")]
    action_id = await refunding.rig.start(f"Please refund 12.50 of {LAMP}", action="payment_refund")
    assert (await refunding.rig.result(action_id)).kind == "handed_over"
    offered = str(refunding.rig.model.requests[0])
    assert "54.10" in offered
    assert "54.09" not in offered


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (f"Refund 999.00 of {LAMP}", propose("decline", clause="REFUND-CAPTURED")),
        (f"Refund the order {BOS}", propose("decline", clause="OWN-ORDERS")),
    ],
)
async def test_what_cannot_go_back_is_declined_with_the_clause(refunding: Refunding, text: str, answer: object) -> None:
    refunding.rig.script[:] = [answer]
    outcome = await refunding.rig.result(await refunding.rig.start(text, action="payment_refund"))
    assert outcome.kind == "declined"
    assert refunding.moved == []


async def test_several_payments_are_asked_back(refunding: Refunding) -> None:
    refunding.rig.script[:] = [propose("ask", missing="which_payment"), refund("54.10")]
    action_id = await refunding.rig.start("I want my money back", action="payment_refund")
    asked = await refunding.rig.until(action_id, lambda status: status.awaiting == "user")
    assert asked.question is not None
    assert LAMP in asked.question
    assert CHAIR in asked.question
    assert BOS not in asked.question
    await refunding.rig.service.reply(action_id, f"{LAMP}, all of it")
    status = await refunding.rig.until(action_id, lambda status: status.awaiting == "operator")
    assert status.plan is not None
    assert status.plan.calls[0].planned.arguments == {"payment_id": PAYMENT, "amount": "54.10"}


async def test_above_the_limit_two_people_decide(refunding: Refunding) -> None:
    sofa = "#W1000005"
    refunding.rig.script[:] = [refund("500.01", f"{sofa}/1")]
    status = await refunding.wanted(f"refund all of {sofa}, it never came")
    assert status.quorum == 2


async def test_withdrawing_while_the_bank_takes_its_time_leaves_it_to_a_person(refunding: Refunding) -> None:
    action_id = await refunding.approved()
    await refunding.settling(action_id)
    await refunding.rig.withdraw(action_id)
    outcome = await refunding.rig.result(action_id)
    assert (outcome.kind, outcome.state) == ("handed_over", "unsettled")
    assert refunding.moved == [1250]
    assert sum(refunding.moved) < PAID
