"""Refused input uses up nothing that right input needs: the server takes so many updates of an action and no more."""

from collections.abc import AsyncIterator

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment

from leverframe import Refused
from leverframe.contracts.decision import Decision
from tests.support.rig import Rig, open_rig
from worker.testing.postgres import Database
from worker.testing.rig import propose
from worker.testing.servers import dev_server
from workflows.refusals import RECORDED

UPDATES = RECORDED + 20
"""What the server of these tests takes; 2,000 by default."""


@pytest.fixture(scope="module")
async def sparing() -> AsyncIterator[WorkflowEnvironment]:
    async with await dev_server("--dynamic-config-value", f"history.maxTotalUpdates={UPDATES}") as environment:
        yield environment


@pytest.fixture
async def rig(sparing: WorkflowEnvironment, database: Database) -> AsyncIterator[Rig]:
    async with open_rig(sparing, database) as opened:
        yield opened


async def updates(rig: Rig, action_id: str) -> int:
    """How many updates stand in the history."""
    history = await rig.client.get_workflow_handle(action_id).fetch_history()
    accepted = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
    return sum(event.event_type == accepted for event in history.events)


@pytest.mark.parametrize(
    "payload", [[{"code": "0" * 12}], ["nothing that can be read"], [{"code": "ab"}, {}]], ids=repr
)
async def test_a_right_approval_counts_after_any_number_of_wrong_ones(rig: Rig, payload: list[object]) -> None:
    status = await rig.waiting()
    assert status.plan is not None
    handle = rig.client.get_workflow_handle(status.action_id)
    for number in range(UPDATES + 30):
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await handle.execute_update(("approve", "reject")[number % 2], args=payload)
        assert "Wrong code" in str(refused.value.cause) or "could not be read" in str(refused.value.cause)
    assert await updates(rig, status.action_id) == RECORDED
    receipt = await rig.operator.approve(status.action_id, status.plan.code)
    assert receipt.accepted
    assert (await rig.result(status.action_id)).kind == "done"
    decisions = await rig.kinds(status.action_id, "decision")
    assert [one["accepted"] for one in decisions] == [False] * RECORDED + [True]
    assert "no longer recorded" in decisions[RECORDED - 1]["reason"]
    assert "no longer recorded" not in decisions[0]["reason"]


async def test_a_right_answer_counts_after_any_number_of_early_decisions_and_empty_answers(rig: Rig) -> None:
    rig.script[:] = [propose("ask", missing="which_order"), propose("hand_over", why="unclear")]
    action_id = await rig.start("cancel my order")
    await rig.until(action_id, lambda status: status.awaiting == "user")
    for number in range(UPDATES + 30):
        sending = rig.service.reply(action_id, " ") if number % 2 else rig.operator.approve(action_id, "0" * 12)
        with pytest.raises(Refused, match=r"Too early|Expected one text"):
            await sending
    assert (await rig.service.reply(action_id, "the lamp")).accepted
    assert (await rig.result(action_id)).kind == "handed_over"


async def test_wrong_signals_fill_no_history(rig: Rig) -> None:
    status = await rig.waiting()
    assert status.plan is not None
    handle = rig.client.get_workflow_handle(status.action_id)
    for _ in range(RECORDED + 200):
        await handle.signal("approve", Decision(code="0" * 12))
    await handle.signal("approve", Decision(code=status.plan.code))
    assert (await rig.result(status.action_id)).kind == "done"
    decisions = await rig.kinds(status.action_id, "decision")
    assert [one["accepted"] for one in decisions] == [False] * RECORDED + [True]
