"""What returns, exchanges and changes of items have in common, as stories: who decides, what is refused and asked."""

from typing import Any

import pytest

from activities.policy import load_policy
from tests.support.rig import BOS, CHAIR, Rig
from tests.workflows.item_stories import (
    BLUE,
    BOS_CARD,
    CHANGE,
    EXCHANGE,
    GIFT,
    GONE,
    OPEN,
    POT_ID,
    RED,
    RETURN,
    RUG_ID,
    STORIES,
    WIDE,
    Story,
    approved,
    ended,
    shown,
)
from worker.testing.rig import propose

EACH = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.action)


@EACH
async def test_nothing_happens_before_a_person_approves_nor_when_one_rejects(stocked: Rig, story: Story) -> None:
    before = await stocked.snapshot()
    status = await shown(stocked, story)
    assert status.plan is not None
    assert (status.role, status.quorum) == ("support", 1)
    assert await stocked.snapshot() == before
    await stocked.operator.reject(status.action_id, status.plan.code, "the customer called and keeps it")
    assert (await stocked.result(status.action_id)).kind == "rejected"
    assert await stocked.snapshot() == before


@EACH
async def test_an_order_in_another_status_is_declined_with_the_clause(stocked: Rig, story: Story) -> None:
    before = await stocked.snapshot()
    order_id, clause = story.wrong_status
    outcome = await ended(stocked, story, propose("decline", clause=clause), text=f"{story.text}, of {order_id}")
    assert outcome.kind == "declined"
    assert load_policy().clauses[clause].text in outcome.reply
    assert await stocked.snapshot() == before


@EACH
async def test_a_second_time_is_declined_with_a_clause_of_its_own(stocked: Rig, story: Story) -> None:
    assert (await approved(stocked, await shown(stocked, story))).kind == "done"
    before = await stocked.snapshot()
    outcome = await ended(
        stocked, story, propose("decline", clause=story.again), text=f"{story.text}, {story.order_id}"
    )
    assert outcome.kind == "declined"
    assert load_policy().clauses[story.again].text in outcome.reply
    assert await stocked.snapshot() == before


@EACH
async def test_which_order_is_meant_is_asked_and_the_answer_decides(stocked: Rig, story: Story) -> None:
    text, other = story.unclear
    arguments: dict[str, Any] = {"item_ids": [RUG_ID], "payment_method_id": GIFT}
    if story is not RETURN:
        card = next(
            row for row in await stocked.sql("SELECT * FROM shop.payment_methods") if row["source"] != "gift_card"
        )
        arguments = {"changes": [f"{RUG_ID}_to_{WIDE}"], "payment_method_id": card["payment_method_id"]}
    stocked.script[:] = [
        propose("ask", missing="which_order", about_id="orders"),
        story.answer(**{**arguments, "order_id": other}),
    ]
    action_id = await stocked.start(text, action=story.action)
    asked = await stocked.until(action_id, lambda status: status.awaiting == "user")
    assert asked.question is not None
    assert other in asked.question
    assert story.order_id in asked.question
    assert story.wrong_status[0] not in asked.question
    assert BOS not in asked.question

    await stocked.service.reply(action_id, f"the one of {other}")
    status = await stocked.until(action_id, lambda status: status.awaiting == "operator")
    outcome = await approved(stocked, status)
    assert outcome.kind == "done"
    assert other in outcome.reply
    assert (await stocked.order(other))["status"] == story.status
    assert (await stocked.order(story.order_id))["status"] != story.status


@EACH
async def test_data_that_moved_is_confirmed_anew(stocked: Rig, story: Story) -> None:
    first = await shown(stocked, story)
    assert first.plan is not None
    await stocked.sql("UPDATE shop.variants SET price = 25.50 WHERE item_id = :i", i=RED)
    await stocked.sql("UPDATE shop.orders SET version = version + 1 WHERE order_id = :o", o=story.order_id)
    await stocked.operator.approve(first.action_id, first.plan.code)
    digest = first.plan.digest
    again = await stocked.until(
        first.action_id, lambda status: status.plan is not None and status.plan.digest != digest
    )
    assert (await stocked.order(story.order_id))["status"] != story.status
    assert again.notice is not None
    assert "The data changed after the plan was shown; nothing was written" in again.notice
    assert (await approved(stocked, again)).kind == "done"
    assert (await stocked.order(story.order_id))["status"] == story.status
    effects = await stocked.kinds(first.action_id, "effect")
    assert len(effects) == 1


@EACH
async def test_a_plan_that_can_no_longer_be_made_goes_to_a_person(stocked: Rig, story: Story) -> None:
    async def sold_out() -> None:
        await stocked.sql("UPDATE shop.variants SET available = false WHERE item_id = :i", i=RED)
        await stocked.sql("UPDATE shop.payment_methods SET closed = true WHERE payment_method_id LIKE 'credit_card%'")

    stocked.before["preview"] = sold_out
    outcome = await ended(stocked, story, story.answer())
    assert outcome.kind == "handed_over"
    assert (await stocked.order(story.order_id))["status"] != story.status


ILLEGAL: list[tuple[Story, dict[str, Any], dict[str, Any]]] = [
    (RETURN, {"order_id": BOS}, {"order_id": OPEN}),
    (RETURN, {"item_ids": ["9999999999"]}, {"item_ids": [POT_ID, RED]}),
    (RETURN, {"item_ids": []}, {"item_ids": [POT_ID] * 11}),
    (RETURN, {"item_ids": POT_ID}, {"clause": "RETURN-REFUND"}),
    (RETURN, {"payment_method_id": BOS_CARD}, {"payment_method_id": GIFT}),
    *[
        (story, one, other)
        for story in (EXCHANGE, CHANGE)
        for one, other in (
            ({"order_id": BOS}, {"order_id": CHAIR}),
            ({"changes": [f"{POT_ID}_to_{WIDE}"]}, {"changes": [f"{POT_ID}_to_{GONE}"]}),
            ({"changes": [f"{POT_ID}_to_{BLUE}"]}, {"changes": [f"{RUG_ID}_to_{WIDE}"]}),
            ({"changes": [f"9999999999_to_{RED}"]}, {"changes": [f"{POT_ID}_to_{RED}"] * 6}),
            ({"item_ids": [RUG_ID], "new_item_ids": [WIDE]}, {"changes": [POT_ID, RED]}),
            ({"payment_method_id": BOS_CARD}, {"payment_method_id": None}),
        )
    ],
]
"""Answers of a hostile model that differ from the right one in one argument: two, for it is asked twice."""


@pytest.mark.parametrize(("story", "one", "other"), ILLEGAL)
async def test_what_the_user_cannot_have_meant_ends_at_a_person_with_nothing_changed(
    stocked: Rig, story: Story, one: dict[str, Any], other: dict[str, Any]
) -> None:
    before = await stocked.snapshot()
    outcome = await ended(stocked, story, story.answer(**one), story.answer(**other))
    assert outcome.kind == "handed_over"
    assert len(stocked.model.requests) == 2
    assert await stocked.snapshot() == before
    problems = [problem["what"] for problem in await stocked.kinds(outcome.action_id, "problem")]
    assert len(problems) == 2
    assert all("The model proposed what this action does not allow" in problem for problem in problems)


@EACH
async def test_another_users_order_that_is_named_is_declined(stocked: Rig, story: Story) -> None:
    before = await stocked.snapshot()
    outcome = await ended(stocked, story, propose("decline", clause="OWN-ORDERS"), text=f"{story.text} of {BOS}")
    assert outcome.kind == "declined"
    assert await stocked.snapshot() == before


@EACH
async def test_no_personal_data_reaches_the_model(stocked: Rig, story: Story) -> None:
    await shown(stocked, story, text=f"{story.text}; write to mia.berg@example.com")
    sent = str(stocked.model.requests)
    assert "Clay Pot, standard" in sent
    assert "<EMAIL_1>" in sent
    assert "mia.berg" not in sent
    assert "Elm Avenue" not in sent
