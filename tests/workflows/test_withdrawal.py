"""Withdrawing ends cleanly at any state, and never in the middle of a write."""

from typing import Any

import pytest

from tests.rig import LAMP, Rig, propose
from tests.scripted_model import Hang


async def test_withdrawn_while_it_waits_for_approval(rig: Rig) -> None:
    before = await rig.snapshot()
    status = await rig.waiting()
    await rig.service.withdraw(status.action_id)
    outcome = await rig.result(status.action_id)
    assert outcome.kind == "withdrawn"
    assert await rig.snapshot() == before
    (entry,) = await rig.kinds(status.action_id, "withdrawal")
    assert entry["accepted"]


@pytest.mark.parametrize(
    ("behaviour", "state"), [(propose("ask", missing="which_order"), "asking"), (Hang(), "deciding")]
)
async def test_withdrawn_in_other_states(rig: Rig, behaviour: Any, state: str) -> None:
    before = await rig.snapshot()
    rig.script[:] = [behaviour]
    action_id = await rig.start("cancel my order")
    await rig.until(action_id, lambda status: status.state == state)
    await rig.service.withdraw(action_id)
    assert (await rig.result(action_id)).kind == "withdrawn"
    assert await rig.snapshot() == before


async def test_withdrawn_at_once(rig: Rig) -> None:
    before = await rig.snapshot()
    action_id = await rig.start()
    await rig.service.withdraw(action_id)
    assert (await rig.result(action_id)).kind == "withdrawn"
    assert await rig.snapshot() == before


async def test_withdrawn_in_the_middle_of_a_write_is_too_late(rig: Rig) -> None:
    status = await rig.waiting()
    assert status.plan is not None
    async with rig.owner.begin() as blocker:
        # Somebody else holds the order's row, so that the write stays under way.
        await blocker.exec_driver_sql("SELECT * FROM shop.orders WHERE order_id = %s FOR UPDATE", (LAMP,))
        await rig.operator.approve(status.action_id, status.plan.code)
        await rig.until(status.action_id, lambda status: status.state == "cancelling")
        await rig.service.withdraw(status.action_id)
        late = await rig.until(status.action_id, lambda status: status.notice is not None)
        assert "too late" in (late.notice or "")
    outcome = await rig.result(status.action_id)
    assert outcome.kind == "done"
    assert (await rig.order(LAMP))["status"] == "cancelled"
    assert len(await rig.refunds()) == 1
    (entry,) = await rig.kinds(status.action_id, "withdrawal")
    assert not entry["accepted"]
