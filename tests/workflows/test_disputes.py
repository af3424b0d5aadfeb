"""A payment that the customer's bank claims back: seen before anybody is asked to approve a refund of it."""

from typing import Any

import pytest

from tests.support.faulty_proxy import Request
from tests.support.refund_stories import PAYMENT_CHANGE, REFUND, STORIES, Story, approved, asked
from tests.support.refunding import Refunding


def disputed(refunding: Refunding) -> None:
    """The provider says of each payment that it is disputed."""

    def edit(request: Request, told: dict[str, Any]) -> None:
        if told.get("object") == "payment_intent" and isinstance(told.get("latest_charge"), dict):
            told["latest_charge"]["disputed"] = True
        if told.get("object") == "charge":
            told["disputed"] = True

    refunding.proxy.edit = edit


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.action)
async def test_nobody_is_asked_to_refund_a_disputed_payment(refunding: Refunding, story: Story) -> None:
    disputed(refunding)
    outcome = await refunding.rig.result(await asked(refunding, story))
    assert outcome.kind == "handed_over"
    assert refunding.proxy.asked == []
    assert await refunding.rig.refunds() == []
    assert (await refunding.rig.order(story.order_id))["status"] == "pending"
    (action_id,) = refunding.rig.started
    problems = [problem["what"] for problem in await refunding.rig.kinds(action_id, "problem")]
    assert any("disputed" in problem and "REFUND-DISPUTED" in problem for problem in problems)
    assert await refunding.rig.kinds(action_id, "decision") == []


async def test_a_charge_by_its_own_id_too(refunding: Refunding) -> None:
    charge = refunding.stripe.call(f"/v1/payment_intents/{refunding.payment}")["latest_charge"]
    charge_id = charge["id"] if isinstance(charge, dict) else charge
    await refunding.rig.sql(
        "UPDATE shop.order_payments SET provider_payment = :c WHERE provider_payment = :p",
        c=charge_id,
        p=refunding.payment,
    )
    disputed(refunding)
    assert (await refunding.rig.result(await asked(refunding, REFUND))).kind == "handed_over"
    assert refunding.proxy.asked == []


async def test_one_that_is_disputed_between_the_approval_and_the_refund_is_not_refunded(refunding: Refunding) -> None:
    async def now() -> None:
        disputed(refunding)

    refunding.rig.before["judge"] = now
    outcome = await refunding.rig.result(await approved(refunding, PAYMENT_CHANGE))
    assert outcome.kind == "handed_over"
    assert refunding.proxy.asked == []
    assert await refunding.rig.refunds() == []


async def test_a_refund_that_was_made_before_the_dispute_is_still_found(refunding: Refunding) -> None:
    """Its answer was lost, and then the bank claims the payment back: what has moved is booked, and nothing more."""
    refunding.proxy.goes_wrong("reset after")
    status = await refunding.rig.until(await asked(refunding, REFUND), lambda status: status.awaiting == "operator")
    assert status.plan is not None
    await refunding.rig.operator.approve(status.action_id, status.plan.code)
    await refunding.proxy.struck.wait()
    disputed(refunding)
    await refunding.settling(status.action_id)
    assert len(refunding.proxy.asked) == 1
    assert refunding.moved == [1250]
