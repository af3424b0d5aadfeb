"""Decisions that do not count are refused in plain words and recorded; none of them stops the action."""

from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import WorkflowUpdateFailedError

from leverframe import Leverframe, Refused
from leverframe.contracts.decision import Choice, Decision
from tests.support.rig import Rig
from tests.workflows.test_deadlines import skipping  # noqa: F401 (a fixture)
from worker.testing.rig import propose
from worker.testing.serving import as_person
from worker.testing.waiting import until
from workflows.early import KEPT

pytestmark = pytest.mark.usefixtures("replayed")

LATE = "Too late: this plan is approved already. Nothing was changed by your decision."
OWN = "Too late: this plan is approved already, and your own decision counts. Nothing was changed by this one."


async def test_a_wrong_code_is_refused(rig: Rig) -> None:
    status = await rig.waiting()
    assert status.plan is not None
    for code in ("deadbeef", status.plan.code[:7], "0" * 64):
        with pytest.raises(Refused, match="Wrong code"):
            await rig.operator.approve(status.action_id, code)
    assert await rig.refunds() == []
    refused = await rig.kinds(status.action_id, "decision")
    assert [decision["accepted"] for decision in refused] == [False, False, False]
    assert "Wrong code" in refused[0]["reason"]
    assert (await rig.service.status(status.action_id)).awaiting == "operator"


async def test_an_early_decision_is_refused(rig: Rig) -> None:
    rig.script[:] = [propose("ask", missing="which_order")]
    action_id = await rig.start("cancel my order")
    await rig.until(action_id, lambda status: status.awaiting == "user")
    with pytest.raises(Refused, match="Too early: no plan waits for a decision"):
        await rig.operator.approve(action_id, "1a2b3c4d")
    (decision,) = await rig.kinds(action_id, "decision")
    assert not decision["accepted"]


async def test_a_repeated_or_late_decision_is_refused(rig: Rig) -> None:
    status = await rig.waiting()
    assert status.plan is not None
    await rig.operator.approve(status.action_id, status.plan.code)
    with pytest.raises(Refused, match=r"Too late|ended already"):
        await rig.operator.reject(status.action_id, status.plan.code)
    assert (await rig.result(status.action_id)).kind == "done"
    with pytest.raises(Refused, match="ended already"):
        await rig.operator.approve(status.action_id, status.plan.code)
    assert len(await rig.refunds()) == 1


@pytest.mark.parametrize("by_signal", [False, True], ids=["updates", "signals"])
async def test_whoever_decides_again_is_told_that_their_own_decision_counts(rig: Rig, by_signal: bool) -> None:
    """Others are told that it is too late; neither is recorded as one who has approved."""
    told: dict[str, str] = {}

    async def send(choice: Choice, name: str) -> str:
        person = Leverframe(await as_person(rig.client, name))
        decision = Decision(code=status.plan.code if status.plan else "")
        if not by_signal:
            with pytest.raises(Refused) as refused:
                await person.decide(status.action_id, choice, decision)
            return str(refused.value).removeprefix("Refused: ")
        before = len(await rig.kinds(status.action_id, "decision"))
        await person.signal(status.action_id, choice, decision)
        await until(lambda: rig.kinds(status.action_id, "decision"), lambda found: len(found) > before)
        return str((await rig.kinds(status.action_id, "decision"))[-1]["reason"])

    async def send_again() -> None:
        told["own"] = await send("approve", "olga@support")
        told["opposite"] = await send("reject", " OLGA@support")
        told["other"] = await send("approve", "rita@support")

    rig.before["orders.cancel"] = send_again
    status = await rig.waiting()
    assert status.plan is not None
    await rig.operator.approve(status.action_id, status.plan.code)
    assert (await rig.result(status.action_id)).kind == "done"
    assert told == {
        "own": OWN,
        "opposite": OWN,
        "other": LATE,
    }
    decisions = await rig.kinds(status.action_id, "decision")
    assert [one["accepted"] for one in decisions] == [True, False, False, False]
    assert [one["approver"]["person"] for one in decisions] == ["olga@support"] * 3 + ["rita@support"]
    (effect, *_) = await rig.kinds(status.action_id, "effect")
    assert [person["person"] for person in effect["approvals"]] == ["olga@support"]
    recorded = await rig.sql("SELECT person FROM leverframe.approvals WHERE action_id = :a", a=status.action_id)
    assert recorded == [{"person": "olga@support"}]


async def test_whoever_has_rejected_is_told_so_too(skipping: Rig) -> None:  # noqa: F811
    rig, told = skipping, list[str]()

    async def send_again() -> None:
        for name in ("olga@support", "rita@support"):
            person = Leverframe(await as_person(rig.client, name))
            with pytest.raises(Refused) as refused:
                await person.reject(status.action_id, status.plan.code if status.plan else "")
            told.append(str(refused.value).removeprefix("Refused: "))

    status = await rig.waiting()
    assert status.plan is not None
    # So long after it was asked for, what the user is told is written anew.
    await rig.environment.sleep(KEPT * 2)
    rig.before["reply"] = send_again
    await rig.operator.reject(status.action_id, status.plan.code)
    assert (await rig.result(status.action_id)).kind == "rejected"
    assert told[0] == OWN.replace("approved", "rejected")
    assert told[1] == LATE.replace("approved", "rejected")


@pytest.mark.parametrize("identity", ["storefront", "mia_berg_1001"])
async def test_nobody_approves_their_own_request(rig: Rig, identity: str) -> None:
    status = await rig.waiting()
    assert status.plan is not None
    requester = Leverframe(await as_person(rig.client, identity))
    with pytest.raises(Refused, match="cannot decide on it: another person must"):
        await requester.approve(status.action_id, status.plan.code)
    assert (await rig.service.status(status.action_id)).awaiting == "operator"


@pytest.mark.parametrize(
    "payload",
    [
        [],
        [None],
        ["1a2b3c4d"],
        [{"code": 5}],
        [{"code": ""}],
        [{"code": "1a2b3c4d", "note": "x" * 501}],
        [{"code": "1a2b3c4d", "digest": "more"}],
        [{"note": "no code"}],
        [["1a2b3c4d"]],
        [{"code": "1a2b3c4d"}, {"code": "1a2b3c4d"}],
        [b"\xff\xfe"],
        [{}],
    ],
    ids=repr,
)
async def test_a_decision_that_cannot_be_read_is_refused_and_harms_nothing(rig: Rig, payload: list[Any]) -> None:
    status = await rig.waiting()
    assert status.plan is not None
    handle = rig.client.get_workflow_handle(status.action_id)
    with pytest.raises(WorkflowUpdateFailedError) as refusal:
        await handle.execute_update("approve", args=payload)
    assert "This decision could not be read. Expected one JSON value like" in str(refusal.value.cause)
    await handle.signal("approve", args=payload)
    await handle.signal("unheard_of", args=payload)
    await rig.operator.approve(status.action_id, status.plan.code)
    assert (await rig.result(status.action_id)).kind == "done"
    decisions = await rig.kinds(status.action_id, "decision")
    assert [decision["accepted"] for decision in decisions] == [False, False, True]


async def test_signals_decide_too_and_name_their_sender(rig: Rig) -> None:
    status = await rig.waiting()
    assert status.plan is not None
    handle = rig.operator._client.get_workflow_handle(status.action_id)
    await handle.signal("reject", Decision(code="ffffffff"))
    await handle.signal("approve", Decision(code=status.plan.code, note="by signal"))
    assert (await rig.result(status.action_id)).kind == "done"
    wrong, right = await rig.kinds(status.action_id, "decision")
    assert (wrong["choice"], wrong["accepted"]) == ("reject", False)
    assert (right["choice"], right["accepted"], right["note"]) == ("approve", True, "by signal")
    assert right["approver"]["identity"] == "olga@support"


async def test_two_people_at_once_count_once(rig: Rig) -> None:
    status = await rig.waiting()
    assert status.plan is not None
    people = [await as_person(rig.client, f"person-{uuid4().hex[:4]}") for _ in range(4)]
    for person in people:
        handle = person.get_workflow_handle(status.action_id)
        await handle.signal("approve", Decision(code=status.plan.code))
    assert (await rig.result(status.action_id)).kind == "done"
    decisions = await rig.kinds(status.action_id, "decision")
    assert sum(decision["accepted"] for decision in decisions) == 1
    assert len(await rig.refunds()) == 1
