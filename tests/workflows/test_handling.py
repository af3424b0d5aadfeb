"""What people do with a plan that waits, and that decides nothing: they say so, and it is in the ledger as theirs."""

from typing import Any

import pytest

from leverframe import Receipt, Refused, Status
from leverframe.contracts.decision import Act, Handling
from leverframe.contracts.names import CLAIMED
from leverframe.operating import Operating
from tests.support.rig import GIFT, SOFA, Rig, cancel
from tests.support.typed import typed

MISTAKE = f"Please cancel {GIFT}, I ordered it by mistake"


async def handle(person: Operating, status: Status, act: Act, **what: Any) -> Receipt:
    assert status.plan is not None
    return await person.handle(status.action_id, Handling(code=status.plan.code, act=act, **what))


async def listed(rig: Rig, action_id: str) -> str | None:
    return (await rig.client.get_workflow_handle(action_id).describe()).typed_search_attributes.get(CLAIMED)


async def test_who_is_on_it_is_told_and_keeps_nobody_from_deciding(rig: Rig) -> None:
    status = await rig.waiting()
    rita = await rig.person("rita@support")
    assert (await handle(rig.operator, status, "claim", note="asking the warehouse")).accepted
    told = (await rig.service.status(status.action_id)).claim
    assert told is not None
    assert (told.person, told.by, told.note) == ("olga@support", "olga@support", "asking the warehouse")
    assert await listed(rig, status.action_id) == "olga@support"
    assert (await handle(rita, status, "release")).accepted
    assert (await rig.service.status(status.action_id)).claim is None
    assert await listed(rig, status.action_id) is None
    assert (await handle(rig.operator, status, "claim")).accepted
    assert status.plan is not None
    await rita.reject(status.action_id, status.plan.code, note="no")
    assert (await rig.result(status.action_id)).kind == "rejected"
    done = [(one["act"], one["approver"]["person"]) for one in await rig.kinds(status.action_id, "handling")]
    assert done == [("claim", "olga@support"), ("release", "rita@support"), ("claim", "olga@support")]


async def test_what_is_handed_over_waits_on_with_its_deadline(rig: Rig) -> None:
    status = await rig.waiting()
    receipt = await handle(rig.operator, status, "hand_over", to="support lead", note="too much for me")
    assert "It waits as before until" in receipt.message
    now = await rig.service.status(status.action_id)
    assert (now.plan, now.deadline, now.role) == (status.plan, status.deadline, "support_lead")
    assert now.claim is not None
    assert (now.claim.person, now.claim.by) == ("", "olga@support")
    with pytest.raises(Refused, match="expected the role 'support' or 'support_lead'"):
        await handle(rig.operator, status, "hand_over", to="")
    assert (await handle(rig.operator, status, "hand_over", to="rita")).accepted
    assert (found := (await rig.service.status(status.action_id)).claim) is not None
    assert found.person == "rita"
    story = await rig.operator.story(status.action_id)
    assert [one.what for one in story.happened][-1].endswith("handed it over to rita")


async def test_a_correction_makes_another_plan_that_people_approve(rig: Rig) -> None:
    rig.script[:] = [cancel(GIFT)]
    status = await rig.waiting(MISTAKE)
    (reason,) = (await rig.operator.correctable(status.action_id)).arguments
    assert (reason.name, reason.now) == ("reason", "no longer needed")
    assert reason.options == ("ordered by mistake", "no longer needed")
    for wrong in ({"reason": "because"}, {"order_id": SOFA}, {"reason": "no longer needed"}, {}, {"clause": "X"}):
        with pytest.raises(Refused, match="That is not among what can be chosen"):
            await handle(rig.operator, status, "correct", arguments=wrong)
    await handle(rig.operator, status, "correct", arguments={"reason": "ordered by mistake"}, note="they say so")
    anew = await rig.until(
        status.action_id, lambda now: now.plan is not None and status.plan is not None and now.plan != status.plan
    )
    assert anew.plan is not None
    assert status.plan is not None
    assert anew.plan.calls[0].planned.arguments["reason"] == "ordered by mistake"
    # The old plan's code approves nothing any more.
    with pytest.raises(Refused, match="Wrong code"):
        await rig.operator.approve(status.action_id, status.plan.code, amount=typed(status.plan))
    # One person is enough here, so that whoever corrected it may approve it.
    await rig.operator.approve(status.action_id, anew.plan.code, amount=typed(anew.plan))
    assert (await rig.result(status.action_id)).kind == "done"
    assert (await rig.order(GIFT))["cancel_reason"] == "ordered by mistake"
    (done,) = [one for one in await rig.kinds(status.action_id, "handling") if one["accepted"]]
    assert (done["arguments"], done["approver"]["person"]) == ({"reason": "ordered by mistake"}, "olga@support")


async def test_whoever_corrected_a_plan_is_not_one_of_the_two_who_approve_it(rig: Rig) -> None:
    rig.script[:] = [cancel(SOFA)]
    status = await rig.waiting("cancel my sofa, I ordered it by mistake")
    await handle(rig.operator, status, "correct", arguments={"reason": "ordered by mistake"})
    anew = await rig.until(
        status.action_id, lambda now: now.plan is not None and status.plan is not None and now.plan != status.plan
    )
    assert anew.plan is not None
    code, amount = anew.plan.code, typed(anew.plan)
    with pytest.raises(Refused, match="your own approval is not one of them"):
        await rig.operator.approve(status.action_id, code, amount=amount)
    await (await rig.person("rita@support")).approve(status.action_id, code, amount=amount)
    assert (await rig.service.status(status.action_id)).plan is not None
    await (await rig.person("lea@support")).approve(status.action_id, code, amount=amount)
    assert (await rig.result(status.action_id)).kind == "done"


async def test_what_cannot_be_read_is_refused_in_words_and_changes_nothing(rig: Rig) -> None:
    status = await rig.waiting()
    assert status.plan is not None
    handle_of = rig.client.get_workflow_handle(status.action_id)
    for sent in ({}, "claim", {"code": status.plan.code, "act": "steal"}, {"code": status.plan.code}):
        await handle_of.signal("handle", sent)
    with pytest.raises(Refused, match="Wrong code"):
        await rig.operator.handle(status.action_id, Handling(code="0" * 12, act="claim"))
    now = await rig.service.status(status.action_id)
    assert (now.plan, now.claim) == (status.plan, None)
    assert all(not one["accepted"] for one in await rig.kinds(status.action_id, "handling"))


async def test_whoever_asked_for_it_claims_nothing(rig: Rig) -> None:
    status = await rig.waiting(requester="olga@support")
    with pytest.raises(Refused, match="Whoever asked for an action cannot decide on it"):
        await handle(rig.operator, status, "claim")
