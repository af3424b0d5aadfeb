"""Withdrawing ends cleanly at any state, and never in the middle of a write."""

from typing import Any

import pytest

from leverframe import Refused
from leverframe.contracts.withdrawal import Through, Withdrawal
from leverframe.keys import SigningKeys
from tests.support.keys import capability
from tests.support.rig import BO, LAMP, MIA, Rig
from worker.testing.keys import private
from worker.testing.rig import propose
from worker.testing.scripted_model import Hang


async def test_withdrawn_while_it_waits_for_approval(rig: Rig) -> None:
    before = await rig.snapshot()
    status = await rig.waiting()
    await rig.withdraw(status.action_id)
    outcome = await rig.result(status.action_id)
    assert outcome.kind == "withdrawn"
    assert await rig.snapshot() == before
    (entry,) = await rig.kinds(status.action_id, "withdrawal")
    # Who withdraws is whom the withdrawal's own capability names, and not who has asked for the action.
    assert (entry["accepted"], entry["by"]) == (True, "service")


@pytest.mark.parametrize(
    ("behaviour", "state"), [(propose("ask", missing="which_order"), "asking"), (Hang(), "deciding")]
)
async def test_withdrawn_in_other_states(rig: Rig, behaviour: Any, state: str) -> None:
    before = await rig.snapshot()
    rig.script[:] = [behaviour]
    action_id = await rig.start("cancel my order")
    await rig.until(action_id, lambda status: status.state == state)
    await rig.withdraw(action_id)
    assert (await rig.result(action_id)).kind == "withdrawn"
    assert await rig.snapshot() == before


async def test_withdrawn_at_once(rig: Rig) -> None:
    before = await rig.snapshot()
    action_id = await rig.start()
    await rig.withdraw(action_id)
    assert (await rig.result(action_id)).kind == "withdrawn"
    assert await rig.snapshot() == before


async def test_withdrawn_while_it_reads(rig: Rig) -> None:
    before, action_id = await rig.snapshot(), ""

    async def withdraw() -> None:
        await rig.withdraw(action_id)

    rig.before["orders.list"] = withdraw
    action_id = await rig.start(f"cancel {LAMP}, I no longer need it")
    assert (await rig.result(action_id)).kind == "withdrawn"
    assert await rig.snapshot() == before
    moved = [(one["source"], one["event"]) for one in await rig.kinds(action_id, "transition")]
    assert moved[-1] == ("reading", "withdraw")


async def test_withdrawn_in_the_middle_of_a_write_is_too_late(rig: Rig) -> None:
    status = await rig.waiting()
    assert status.plan is not None
    async with rig.owner.begin() as blocker:
        # Somebody else holds the order's row, so that the write stays under way.
        await blocker.exec_driver_sql("SELECT * FROM shop.orders WHERE order_id = %s FOR UPDATE", (LAMP,))
        await rig.operator.approve(status.action_id, status.plan.code)
        await rig.until(status.action_id, lambda status: status.state == "cancelling")
        await rig.withdraw(status.action_id)
        late = await rig.until(status.action_id, lambda status: status.notice is not None)
        assert "too late" in (late.notice or "")
    outcome = await rig.result(status.action_id)
    assert outcome.kind == "done"
    assert (await rig.order(LAMP))["status"] == "cancelled"
    assert len(await rig.refunds()) == 1
    (entry,) = await rig.kinds(status.action_id, "withdrawal")
    assert not entry["accepted"]


async def test_cancelling_by_way_of_temporal_withdraws_nothing(rig: Rig) -> None:
    status = await rig.waiting()
    assert status.plan is not None
    handle = rig.client.get_workflow_handle(status.action_id)
    await handle.cancel()
    noted = await rig.until(status.action_id, lambda now: now.notice is not None)
    assert "asked Temporal to cancel this action. That changes nothing" in (noted.notice or "")
    assert (noted.awaiting, noted.plan) == ("operator", status.plan)
    await rig.operator.approve(status.action_id, status.plan.code)
    assert (await rig.result(status.action_id)).kind == "done"
    assert await rig.kinds(status.action_id, "withdrawal") == []
    assert [entry["what"] for entry in await rig.kinds(status.action_id, "problem")] == [noted.notice]


async def test_only_whom_the_users_issuer_has_given_a_capability_withdraws(rig: Rig) -> None:
    other, status = await rig.waiting("cancel my lamp, please"), await rig.waiting()
    through = Through(action_id=other.action_id, action="customer_erasure", plan="0" * 64)
    refused = {
        capability(BO): "for another user than the action",
        capability(MIA, action="order_return"): "not for 'order_cancellation'",
        capability(MIA, issuer=SigningKeys.parse(private(99))): "does not allow it",
        capability(MIA, action_id=other.action_id): "does not allow it",
        capability(MIA, days=-1): "does not allow it",
        "made-up": "does not allow it",
    }
    for token, why in refused.items():
        with pytest.raises(Refused, match=why):
            await rig.service.withdraw(status.action_id, token)
    handle = rig.client.get_workflow_handle(status.action_id)
    own = capability(MIA, action="customer_erasure")
    for sent in (Withdrawal(capability=own, through=through), "withdraw it", None):
        await handle.signal("withdraw", sent)
    assert (await rig.service.status(status.action_id)).awaiting == "operator"
    receipt = await rig.service.withdraw(status.action_id, capability(MIA, requester="the call centre"))
    assert receipt.message == "Withdrawn. Nothing more will be done."
    assert (await rig.result(status.action_id)).kind == "withdrawn"
    entries = await rig.kinds(status.action_id, "withdrawal")
    assert [entry["by"] for entry in entries if entry["accepted"]] == ["the call centre"]
    assert len([entry for entry in entries if entry.get("reason")]) == len(refused) + 3
    with pytest.raises(Refused, match="has ended"):
        await rig.withdraw(status.action_id)
