"""Above a limit, an action goes on only when whoever approves has typed how much money goes back."""

import pytest

from leverframe import InvalidRequest, Refused
from tests.support.rig import CHAIR, Rig, cancel


async def test_a_dear_plan_is_approved_with_its_amount(rig: Rig) -> None:
    rig.script[:] = [cancel(CHAIR)]
    before = await rig.snapshot()
    status = await rig.waiting(f"cancel {CHAIR}, I no longer need it")
    assert status.plan is not None
    assert status.amount_needed
    handle = rig.client.get_workflow_handle(status.action_id)
    shown = (await handle.query("__temporal_workflow_metadata")).current_details
    assert "The money that it is about: **140.00**" in shown
    assert f'`{{"code": "{status.plan.code}", "amount": "…", "note": "why"}}`' in shown
    assert "To approve, type the amount" in shown

    code = status.plan.code
    for amount, words in (
        (None, "No amount"),
        ("…", "Unreadable amount"),
        ("140,00", "Unreadable amount"),
        ("120.00", "Wrong amount"),
    ):
        with pytest.raises(Refused, match=words) as refused:
            await rig.operator.approve(status.action_id, code, "looks right", amount)
        assert "140" not in str(refused.value)
    with pytest.raises(InvalidRequest, match="amount: String should have at most 32 characters"):
        await rig.operator.approve(status.action_id, code, amount="1" * 33)
    # The number without its quotes, as it may be written in the Temporal UI.
    await handle.signal("approve", {"code": code, "amount": 140.00})
    told = await rig.until(status.action_id, lambda now: "could not be read" in (now.notice or ""))
    assert "the amount in quotes too" in str(told.notice)
    assert await rig.snapshot() == before

    receipt = await rig.operator.approve(status.action_id, code, "read it", "$ 140.00")
    assert "Approved." in receipt.message
    assert (await rig.result(status.action_id)).kind == "done"
    assert (await rig.service.status(status.action_id)).notice is None, "what was refused is over"
    assert [str(row["amount"]) for row in await rig.refunds()] == ["140.00"]
    decisions = await rig.kinds(status.action_id, "decision")
    assert [(body["accepted"], body["amount"]) for body in decisions] == [
        (False, None),
        (False, None),
        (False, None),
        (False, "120.00"),
        (False, None),
        (True, "140.00"),
    ]


async def test_a_dear_plan_is_rejected_without_its_amount(rig: Rig) -> None:
    rig.script[:] = [cancel(CHAIR)]
    before = await rig.snapshot()
    status = await rig.waiting(f"cancel {CHAIR}, I no longer need it")
    assert status.plan is not None
    await rig.operator.reject(status.action_id, status.plan.code, "not as agreed")
    assert (await rig.result(status.action_id)).kind == "rejected"
    assert await rig.snapshot() == before


async def test_a_small_plan_is_approved_without_one(rig: Rig) -> None:
    status = await rig.waiting()
    assert status.plan is not None
    assert not status.amount_needed
    shown = await rig.client.get_workflow_handle(status.action_id).query("__temporal_workflow_metadata")
    assert "amount" not in shown.current_details.partition("### Confirmation code")[2].partition("###")[0]
    await rig.operator.approve(status.action_id, status.plan.code)
    assert (await rig.result(status.action_id)).kind == "done"
