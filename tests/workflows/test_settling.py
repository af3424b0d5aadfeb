"""One moment decides what becomes of a plan: whoever sent a decision is told what then happens."""

import asyncio
from uuid import uuid4

import pytest

from leverframe import Leverframe, Receipt, Refused, Status
from tests.support.rig import LAMP, SOFA, Rig, cancel
from worker.testing.serving import as_person

SAID_DONE = "is being carried out"
WITHDRAWN = "Withdrawn. Nothing more will be done."


async def said(sending: "asyncio.Future[Receipt] | asyncio.Task[Receipt]") -> str:
    """What the sender of a decision is told."""
    try:
        return (await sending).message
    except Refused as refused:
        return str(refused)


def code(status: Status) -> str:
    assert status.plan is not None
    return status.plan.code


@pytest.mark.parametrize("offset", range(0, 200, 20))
async def test_approved_and_withdrawn_at_once(rig: Rig, offset: int) -> None:
    status = await rig.waiting()
    approving = asyncio.create_task(rig.operator.approve(status.action_id, code(status)))
    # No wait for a state: the two are to cross each other at every distance.
    await asyncio.sleep(offset / 1000)
    withdrawn = await said(asyncio.ensure_future(rig.withdraw(status.action_id)))
    told, outcome = await said(approving), await rig.result(status.action_id)
    assert (withdrawn == WITHDRAWN) == (outcome.kind == "withdrawn"), withdrawn
    assert outcome.kind in ("done", "withdrawn")
    assert (SAID_DONE in told) == (outcome.kind == "done"), told
    assert len(await rig.refunds(LAMP)) == (outcome.kind == "done")
    assert (outcome.kind == "done") or "withdrawn" in told or "ended" in told


@pytest.mark.parametrize("offset", range(0, 160, 40))
async def test_rejected_and_withdrawn_at_once(rig: Rig, offset: int) -> None:
    status = await rig.waiting()
    rejecting = asyncio.create_task(rig.operator.reject(status.action_id, code(status)))
    await asyncio.sleep(offset / 1000)
    withdrawn = await said(asyncio.ensure_future(rig.withdraw(status.action_id)))
    told, outcome = await said(rejecting), await rig.result(status.action_id)
    assert (withdrawn == WITHDRAWN) == (outcome.kind == "withdrawn"), withdrawn
    assert outcome.kind in ("rejected", "withdrawn")
    assert told.startswith("Rejected.") == (outcome.kind == "rejected"), told


@pytest.mark.parametrize("offset", range(0, 100, 25))
async def test_approved_and_rejected_at_once(rig: Rig, offset: int) -> None:
    status = await rig.waiting()
    other = Leverframe(await as_person(rig.client, f"person-{uuid4().hex[:4]}"))
    approving = asyncio.create_task(rig.operator.approve(status.action_id, code(status)))
    await asyncio.sleep(offset / 1000)
    rejecting = asyncio.create_task(other.reject(status.action_id, code(status)))
    approved, rejected, outcome = await said(approving), await said(rejecting), await rig.result(status.action_id)
    assert (SAID_DONE in approved) == (outcome.kind == "done"), approved
    assert rejected.startswith("Rejected.") == (outcome.kind == "rejected"), rejected


@pytest.mark.parametrize("choice", ["approve", "reject"])
async def test_decided_while_the_plan_is_being_recorded_and_then_withdrawn(rig: Rig, choice: str) -> None:
    """The workflow has told of the decision, and is still busy with something else when it is withdrawn."""
    told: list[str] = []

    async def decide_then_withdraw() -> None:
        status = await rig.service.status(action_id)
        decide = rig.operator.approve if choice == "approve" else rig.operator.reject
        told.append((await decide(action_id, code(status))).message)
        await rig.withdraw(action_id)

    rig.before["record"] = decide_then_withdraw
    action_id = await rig.start()
    outcome = await rig.result(action_id)
    assert outcome.kind == ("done" if choice == "approve" else "rejected")
    assert told[0].startswith("Approved" if choice == "approve" else "Rejected")
    (entry,) = await rig.kinds(action_id, "withdrawal")
    assert not entry["accepted"]


async def test_withdrawn_while_a_decision_is_being_judged(rig: Rig) -> None:
    status = await rig.waiting()

    async def withdraw() -> None:
        await rig.withdraw(status.action_id)
        await rig.until(status.action_id, lambda now: now.awaiting == "nobody")

    rig.before["judge"] = withdraw
    with pytest.raises(Refused, match="Too late: this plan is withdrawn already"):
        await rig.operator.approve(status.action_id, code(status))
    assert (await rig.result(status.action_id)).kind == "withdrawn"


async def test_both_of_two_needed_people_are_told_that_they_counted(rig: Rig) -> None:
    """However their answers overtake each other."""
    rig.script[:] = [cancel(SOFA)]
    status = await rig.waiting(f"cancel {SOFA}, I no longer need it")
    people = [Leverframe(await as_person(rig.client, f"person-{uuid4().hex[:4]}")) for _ in range(2)]
    told = await asyncio.gather(
        *(said(asyncio.ensure_future(one.approve(status.action_id, code(status), amount="500.01"))) for one in people)
    )
    assert (await rig.result(status.action_id)).kind == "done"
    assert all(one.startswith("Approved") for one in told), told
