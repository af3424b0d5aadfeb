"""How much the customer wants back is what is proposed, or nothing: with a model that takes whatever is offered."""

import pytest

from leverframe.contracts.plan import Plan
from tests.support.rig import BO, BOS, Rig
from tests.workflows.test_references import reached


@pytest.mark.parametrize("text", ["20 CHF", "twenty euros", "退款20元", "two hundred dollars", "part of the money"])
async def test_a_limit_that_is_not_read_is_never_all_of_the_payment(rig: Rig, text: str) -> None:
    before = await rig.snapshot()
    status = await reached(rig, f"refund order {BOS}: {text}", BO, "payment_refund")
    assert (status.plan, status.awaiting) == (None, "user")
    assert status.question is not None
    assert "12.50" in status.question, "how much, in US dollars"
    await rig.service.reply(status.action_id, "20.00")
    status = await rig.until(status.action_id, lambda now: now.awaiting == "operator")
    assert amount_of(status.plan) == "20.00"
    assert await rig.snapshot() == before


async def test_who_never_says_it_in_dollars_gets_to_a_person(rig: Rig) -> None:
    before = await rig.snapshot()
    status = await reached(rig, f"refund order {BOS}: 20 CHF", BO, "payment_refund")
    await rig.service.reply(status.action_id, "20 CHF, as I said")
    await rig.until(status.action_id, lambda now: now.awaiting == "user" and len(rig.model.requests) == 2)
    await rig.service.reply(status.action_id, "twenty francs")
    outcome = await rig.result(status.action_id)
    assert outcome.kind == "handed_over"
    assert await rig.snapshot() == before


@pytest.mark.parametrize(
    ("text", "amount"),
    [("twenty dollars", "20.00"), ("$12.5", "12.50"), ("退款20美元", "20.00"), ("12,50 USD", "12.50")],
)
async def test_what_is_read_is_proposed(rig: Rig, text: str, amount: str) -> None:
    status = await reached(rig, f"refund order {BOS}: {text}", BO, "payment_refund")
    assert amount_of(status.plan) == amount


def amount_of(plan: Plan | None) -> str:
    assert plan is not None
    return str(plan.calls[0].planned.arguments["amount"])
