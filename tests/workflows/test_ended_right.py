"""A right that ends before the action does: told at the start, nobody is waited for in vain, and rejecting works."""

from datetime import timedelta
from uuid import uuid4

import pytest

from leverframe import Refused
from leverframe.capability import Claims, Use
from machines.registry import machine_for
from machines.waiting_times import longest_wait
from tests.support.keys import capability
from tests.support.rig import MIA, Rig
from tests.workflows.test_settling import code
from tools.revocations import revoke_token
from worker.testing.keys import VERIFIER
from worker.testing.rig import propose
from worker.testing.waiting import until

SECOND = 1 / 86_400


async def start(rig: Rig, days: float, text: str = "cancel my lamp, I no longer need it") -> str:
    return await rig.service.start(
        "order_cancellation", request_id=uuid4().hex, capability=capability(MIA, days=days), text=text
    )


async def test_a_right_that_cannot_last_is_told_at_the_start(rig: Rig) -> None:
    action_id = await start(rig, days=longest_wait(machine_for("order_cancellation")).days - 1)
    await until(lambda: rig.kinds(action_id, "plan"), bool)
    (problem,) = await rig.kinds(action_id, "problem")
    assert "it must ask with a right that lasts longer" in problem["what"]


async def test_a_right_that_lasts_is_not_spoken_of(rig: Rig) -> None:
    action_id = await start(rig, days=longest_wait(machine_for("order_cancellation")).days + 1)
    await until(lambda: rig.kinds(action_id, "plan"), bool)
    assert await rig.kinds(action_id, "problem") == []


@pytest.mark.parametrize("asked", [False, True])
async def test_nobody_is_waited_for_longer_than_the_right_lasts(rig: Rig, asked: bool) -> None:
    before = await rig.snapshot()
    if asked:
        rig.script[:] = [propose("ask", missing="which_order")]
    action_id = await start(rig, 20 * SECOND, "cancel my order" if asked else "cancel my lamp, I no longer need it")
    waiting = await rig.until(action_id, lambda status: status.awaiting != "nobody")
    assert "The right to act for this user ends" in (waiting.notice or "")
    outcome = await rig.result(action_id)
    assert outcome.kind == "expired"
    assert action_id not in [one.action_id async for one in rig.service.pending()]
    assert await rig.snapshot() == before


async def test_a_revoked_right_approves_nothing_and_can_be_rejected(rig: Rig) -> None:
    token = capability(MIA)
    action_id = await rig.service.start(
        "order_cancellation", request_id=uuid4().hex, capability=token, text="cancel my lamp, I no longer need it"
    )
    status = await rig.until(action_id, lambda now: now.awaiting == "operator")
    claims: Claims = VERIFIER.verify(token, Use("record", action_id))
    assert await revoke_token(rig.owner, claims.token_id, "the service was taken over")
    with pytest.raises(Refused, match="the right to act for this user does not allow it, or has ended"):
        await rig.operator.approve(action_id, code(status))
    assert (await rig.operator.reject(action_id, code(status))).accepted
    assert (await rig.result(action_id)).kind == "rejected"


@pytest.mark.parametrize(
    ("action", "days"),
    [("support_request", 3), ("order_return", 6), ("payment_refund", 16), ("customer_erasure", 23)],
)
def test_the_longest_wait_is_a_matter_of_the_machine_alone(action: str, days: int) -> None:
    # An hour for the model.
    assert longest_wait(machine_for(action)) == timedelta(days=days, hours=1)
