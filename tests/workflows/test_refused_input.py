"""Refused input uses up nothing that right input needs: the server takes so many updates of an action and no more."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment

from leverframe import NoAnswer, Refused
from leverframe.contracts.decision import Decision
from tests.support.rig import LAMP, Rig, open_rig
from worker.testing.postgres import Database
from worker.testing.rig import propose
from worker.testing.servers import dev_server
from workflows import refusal_counts
from workflows.refusal_counts import RECORDED

UPDATES = RECORDED + 20
"""What the server of these tests takes; 2,000 by default."""


@asynccontextmanager
async def taking(most: int) -> AsyncIterator[WorkflowEnvironment]:
    """A server that takes so many updates of an action."""
    async with await dev_server("--dynamic-config-value", f"history.maxTotalUpdates={most}") as environment:
        yield environment


@pytest.fixture(scope="module")
async def sparing() -> AsyncIterator[WorkflowEnvironment]:
    async with taking(UPDATES) as environment:
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


@pytest.mark.parametrize("wrong", [RECORDED + 200, pytest.param(2500, marks=pytest.mark.heavy)])
async def test_wrong_signals_fill_no_history(rig: Rig, wrong: int) -> None:
    status = await rig.waiting()
    assert status.plan is not None
    handle = rig.client.get_workflow_handle(status.action_id)
    for _ in range(wrong):
        await handle.signal("approve", Decision(code="0" * 12))
    await handle.signal("approve", Decision(code=status.plan.code))
    assert (await rig.result(status.action_id)).kind == "done"
    decisions = await rig.kinds(status.action_id, "decision")
    assert [one["accepted"] for one in decisions] == [False] * RECORDED + [True]


async def test_of_each_plan_so_many_refusals_are_recorded(rig: Rig) -> None:
    """Else whoever has spent them on one plan does as they like, unseen, on the next."""
    status = await rig.waiting()
    first = status.plan
    assert first is not None
    handle = rig.client.get_workflow_handle(status.action_id)
    for _ in range(RECORDED + 5):
        await handle.signal("approve", Decision(code="0" * 12))
    await rig.sql("UPDATE shop.order_payments SET amount = 50.00 WHERE order_id = :o", o=LAMP)
    await rig.operator.approve(status.action_id, first.code)
    again = await rig.until(status.action_id, lambda one: one.plan is not None and one.plan.digest != first.digest)
    assert again.plan is not None
    with pytest.raises(Refused, match="Wrong code"):
        await rig.operator.approve(status.action_id, "1" * 12)
    await rig.operator.approve(status.action_id, again.plan.code)
    assert (await rig.result(status.action_id)).kind == "done"
    decisions = await rig.kinds(status.action_id, "decision")
    assert Counter((one["digest"], one["accepted"]) for one in decisions) == {
        (first.digest, False): RECORDED,
        (first.digest, True): 1,
        (again.plan.digest, False): 1,
        (again.plan.digest, True): 1,
    }


DEFAULT = 2000
"""What a server takes unless it is told otherwise."""


@pytest.mark.parametrize(
    ("most", "crowded"), [(150, 100), pytest.param(DEFAULT, refusal_counts.CROWDED, marks=pytest.mark.heavy)]
)
@pytest.mark.parametrize("what", ["approve", "withdraw"])
async def test_a_right_one_counts_after_any_number_of_people_who_may_not(
    database: Database, monkeypatch: pytest.MonkeyPatch, what: str, most: int, crowded: int
) -> None:
    """Who knows the code and may not decide is asked about, again and again, and that uses up the server's updates."""
    monkeypatch.setattr(refusal_counts, "CROWDED", crowded)
    many = most + 100
    async with taking(most) as server, open_rig(server, database) as rig:
        status = await rig.waiting()
        assert status.plan is not None
        handle = (await rig.person("storefront"))._client.get_workflow_handle(status.action_id)
        sent = {"approve": {"code": status.plan.code}, "withdraw": {"capability": "A" * 99}}[what]
        together, told = asyncio.Semaphore(10), Counter[str]()

        async def send() -> None:
            async with together:
                with pytest.raises(WorkflowUpdateFailedError) as refused:
                    await handle.execute_update(what, sent)
                told[str(refused.value.cause)[:40]] += 1

        await asyncio.gather(*(send() for _ in range(many)))
        assert await updates(rig, status.action_id) <= crowded + 10
        assert any("So much was refused" in why for why in told)
        code = status.plan.code
        right = rig.operator.approve(status.action_id, code) if what == "approve" else rig.withdraw(status.action_id)
        with pytest.raises(NoAnswer, match=r"sent as a signal.*look at the action"):
            await right
        assert (await rig.result(status.action_id)).kind == {"approve": "done", "withdraw": "withdrawn"}[what]
        assert len(await rig.refunds()) == (what == "approve")
