"""What the payment provider answers to a refund is looked at before it is booked or told, in every action."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from audit.audit import audit_action
from leverframe.call_timeouts import TRIED
from tests.support.refund_stories import CANCELLATION, ITEM_CHANGE, PAYMENT_CHANGE, REFUND, STORIES, Story, approved
from tests.support.refunding import Refunding, refunding_rig
from tests.support.rig import LAMP
from tests.support.stripe_double import StripeDouble
from worker.testing.postgres import Database
from worker.testing.servers import skipping_server

NOT_KNOWN = "It is not known whether what was asked of stripe.refunds has happened"
TEN_DAYS = timedelta(days=10)
WAITED_FOR = (CANCELLATION, PAYMENT_CHANGE, ITEM_CHANGE)


async def counted(refunding: Refunding) -> list[tuple[str, bool]]:
    """What the books have as given back, and whether it is still pending there."""
    rows = await refunding.rig.refunds()
    return [(str(row["amount"]), bool(row["pending"])) for row in rows if row["failure"] is None]


async def effects(refunding: Refunding, action_id: str) -> list[str]:
    return [effect["planned"]["tool"] for effect in await refunding.rig.kinds(action_id, "effect")]


@pytest.mark.parametrize("status", ["failed", "canceled"])
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.action)
async def test_a_refund_that_comes_to_nothing_at_once_is_not_booked_and_a_person_is_asked(
    refunding: Refunding, story: Story, status: str
) -> None:
    refunding.answers(status)
    action_id = await approved(refunding, story)
    outcome = await refunding.rig.result(action_id)
    assert outcome.kind == "handed_over"
    assert await counted(refunding) == []
    assert (await refunding.rig.order(story.order_id))["status"] == "pending", "nothing half done"
    assert len(refunding.proxy.asked) == 1
    problems = [problem["what"] for problem in await refunding.rig.kinds(action_id, "problem")]
    assert any(f": {status}. (REFUND-PROVIDER)" in problem for problem in problems)
    assert await effects(refunding, action_id) == []


@pytest.mark.parametrize("story", WAITED_FOR, ids=lambda story: story.action)
async def test_a_pending_refund_is_waited_for_and_the_books_say_so_until_it_has_arrived(
    refunding: Refunding, story: Story
) -> None:
    refunding.answers("pending")
    action_id = await approved(refunding, story)
    await refunding.settling(action_id)
    assert await counted(refunding) == [(story.amount, True)]
    refunding.turns("succeeded")
    await refunding.wake(action_id)
    outcome = await refunding.rig.result(action_id)
    assert (outcome.kind, outcome.state) == ("done", story.done)
    assert story.order_id in outcome.reply
    assert await counted(refunding) == [(story.amount, False)]
    assert len(refunding.proxy.asked) == 1


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.action)
async def test_a_pending_refund_that_fails_counts_no_more(refunding: Refunding, story: Story) -> None:
    refunding.answers("pending")
    action_id = await approved(refunding, story)
    await refunding.settling(action_id)
    refunding.turns("failed")
    await refunding.wake(action_id)
    outcome = await refunding.rig.result(action_id)
    assert outcome.kind == "handed_over"
    assert await counted(refunding) == []
    assert (await refunding.rig.refunds())[0]["failure"] == "failed"
    if story is CANCELLATION:
        assert (await refunding.rig.order(LAMP))["status"] == "pending", "the order is reinstated"
    else:
        assert f"refund of {story.amount} for order {story.order_id}" in outcome.reply
        assert "has not reached you" in outcome.reply


@pytest.mark.parametrize("story", [CANCELLATION, REFUND], ids=lambda story: story.action)
async def test_a_refund_that_stays_pending_goes_to_a_person(
    database: Database, stripe_server: StripeDouble, story: Story
) -> None:
    async with skipping_server() as days, refunding_rig(days, database, stripe_server) as refunding:
        refunding.answers("pending")
        action_id = await approved(refunding, story)
        await refunding.settling(action_id)
        await days.sleep(TEN_DAYS)
        outcome = await refunding.rig.result(action_id)
        assert (outcome.kind, outcome.state) == ("handed_over", "unsettled")
        assert "do not know yet" in outcome.reply
        assert await counted(refunding) == [(story.amount, True)]


async def test_a_provider_that_is_away_for_longer_than_it_is_tried_leaves_it_to_a_person(
    database: Database, stripe_server: StripeDouble
) -> None:
    """The order is cancelled with its refund or not at all: whoever takes it over finds it as it was."""
    async with skipping_server() as days, refunding_rig(days, database, stripe_server) as refunding:
        refunding.proxy.goes_wrong("500 before", times=10_000)
        action_id = await approved(refunding, CANCELLATION)
        await asyncio.wait_for(refunding.proxy.struck.wait(), 30)
        await days.sleep(2 * TRIED)
        assert (await refunding.rig.result(action_id)).kind == "handed_over"
        audit = await audit_action(refunding.rig.auditor, action_id, refunding.rig.people)
        told = [str(entry.body["what"]) for entry in audit.entries if entry.kind == "problem"]
        assert any(NOT_KNOWN in what for what in told)
        assert [problem.what.startswith(NOT_KNOWN) for problem in audit.problems] == [True]
        assert "effect" not in [entry.kind for entry in audit.entries]
        assert (refunding.moved, await counted(refunding)) == ([], [])


async def test_a_success_that_nobody_told_of_is_found_when_the_time_is_over(
    database: Database, stripe_server: StripeDouble
) -> None:
    async with skipping_server() as days, refunding_rig(days, database, stripe_server) as refunding:
        refunding.answers("pending")
        action_id = await approved(refunding, CANCELLATION)
        await refunding.settling(action_id)
        refunding.turns("succeeded")
        await days.sleep(TEN_DAYS)
        assert (await refunding.rig.result(action_id)).state == "cancelled"
        assert await counted(refunding) == [("54.10", False)]


@pytest.mark.parametrize("status", ["requires_action", "in_review", "SUCCEEDED", None])
@pytest.mark.parametrize("story", [CANCELLATION, REFUND], ids=lambda story: story.action)
async def test_what_waits_for_somebody_or_is_not_known_here_goes_to_a_person_at_once(
    refunding: Refunding, story: Story, status: str | None
) -> None:
    refunding.answers(status)
    action_id = await approved(refunding, story)
    outcome = await refunding.rig.result(action_id)
    assert (outcome.kind, outcome.state) == ("handed_over", "unsettled")
    assert f"refund of {story.amount}" in outcome.reply
    assert "do not know yet" in outcome.reply
    assert await counted(refunding) == [(story.amount, True)], "its money may still move"


async def test_the_reply_is_in_the_users_language(refunding: Refunding) -> None:
    refunding.answers("requires_action")
    german = replace(CANCELLATION, text=f"Bitte storniert meine Bestellung {LAMP}, ich brauche sie nicht mehr, danke")
    outcome = await refunding.rig.result(await approved(refunding, german))
    assert "wissen aber noch nicht, ob sie angekommen ist" in outcome.reply


async def test_an_answer_that_is_lost_and_a_refund_that_has_failed_meanwhile(refunding: Refunding) -> None:
    """The next try finds its own refund, which came to nothing: that is no result to be booked."""
    refunding.answers("failed")
    refunding.proxy.goes_wrong("reset after")
    outcome = await refunding.rig.result(await approved(refunding, CANCELLATION))
    assert outcome.kind == "handed_over"
    assert await counted(refunding) == []
    assert (await refunding.rig.order(LAMP))["status"] == "pending"
    assert len(refunding.proxy.asked) == 1


async def test_withdrawing_while_a_cancellation_waits_for_the_bank_leaves_it_to_a_person(refunding: Refunding) -> None:
    refunding.answers("pending")
    action_id = await approved(refunding, CANCELLATION)
    await refunding.settling(action_id)
    await refunding.rig.withdraw(action_id)
    outcome = await refunding.rig.result(action_id)
    assert (outcome.kind, outcome.state) == ("handed_over", "unsettled")
    assert (await refunding.rig.order(LAMP))["status"] == "cancelled"
