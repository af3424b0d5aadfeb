""" "Please reply and a colleague will look at it": what a user writes after the end is read by a person."""

from typing import Any

import pytest
from temporalio.client import WorkflowFailureError

from audit.audit import audit_all
from leverframe import InvalidRequest, Refused
from leverframe.capability_uses import case_id, feedback_id
from leverframe.cases import case_act
from leverframe.contracts import names
from leverframe.contracts.case import MOST_MESSAGES, Case
from leverframe.following_up import MOST_CASES
from tests.support.keys import capability
from tests.support.rig import BO, MIA, Rig, cancel
from worker.testing.keys import TURN
from worker.testing.rig import UNSCRIPTED, propose
from worker.testing.waiting import until


async def declined(rig: Rig) -> str:
    rig.script[:] = [propose("decline", clause="CANCEL-PENDING")]
    action_id = await rig.start("cancel #W1000004, it came too late")
    assert (await rig.result(action_id)).kind == "declined"
    return action_id


async def write(rig: Rig, action_id: str, text: str, request_id: str = "1", subject: str = MIA) -> str:
    token = capability(subject, requester="storefront", action="order_cancellation")
    return await rig.service.follow_up(action_id, request_id=request_id, capability=token, text=text)


async def read(rig: Rig, case: str, count: int) -> Case:
    found: Case = await until(lambda: rig.operator.cases.look(case), lambda case: len(case.messages) >= count)
    return found


async def test_an_answer_to_a_refusal_is_read_by_a_person(rig: Rig) -> None:
    action_id = await declined(rig)
    case_of = await write(rig, action_id, "but it never left your shop, call me: mia@example.com")
    assert case_of == case_id(action_id)
    case = await read(rig, case_of, 1)
    assert case.messages == ("but it never left your shop, call me: <EMAIL_1>",)
    assert (case.role, case.outcome, case.why.messages) == (
        "support",
        "declined",
        ("cancel #W1000004, it came too late",),
    )
    assert "please reply and a colleague will look at it" in case.reply
    assert "once more after the action had ended" in case.reason
    # What is sent once more is read once, and what is new is added to the case that is open.
    await write(rig, action_id, "but it never left your shop, call me: mia@example.com")
    await write(rig, action_id, "it is still there", "2")
    assert len((await read(rig, case_of, 2)).messages) == 2
    await rig.operator.cases.handle(case_of, "resolve", case_act("It was stuck; sent back."))
    assert [one["what"] for one in await rig.kinds(action_id, "case")] == ["opened", "written", "written", "resolve"]


async def test_it_is_bounded_in_number(rig: Rig) -> None:
    action_id = await declined(rig)
    for number in range(MOST_MESSAGES):
        case = await write(rig, action_id, "please", str(number))
    await read(rig, case, MOST_MESSAGES)
    with pytest.raises(Refused, match="a person must answer first"):
        await write(rig, action_id, "please", "one more")
    for number in range(MOST_CASES - 1):
        await rig.operator.cases.handle(case, "resolve", case_act("Answered."))
        await rig.client.get_workflow_handle(case).result()
        await write(rig, action_id, "and yet", f"again {number}")
    await rig.operator.cases.handle(case, "resolve", case_act("Answered for good."))
    await rig.client.get_workflow_handle(case).result()

    async def refusal() -> str:
        try:
            return await write(rig, action_id, "no", "at last")
        except Refused as refused:
            return str(refused)

    # The server's lists are a moment late.
    assert "start a new action" in await refusal()


async def test_who_may_write_and_about_what(rig: Rig) -> None:
    action_id = await declined(rig)
    with pytest.raises(InvalidRequest, match="for another user than the action"):
        await write(rig, action_id, "mine", subject=BO)
    with pytest.raises(InvalidRequest, match="text"):
        await write(rig, action_id, "  ")
    rig.script[:] = [cancel()]
    waiting = await rig.waiting()
    with pytest.raises(Refused, match="has not ended"):
        await write(rig, waiting.action_id, "now")
    rig.script[:] = [UNSCRIPTED]
    handed: Any = await rig.start()
    await rig.result(handed)
    case = await write(rig, handed, "and my number is in the account")
    # It goes to the case that was open already.
    assert [one.what for one in (await read(rig, case, 1)).story] == ["opened", "written"]


async def think(rig: Rig, action_id: str, thumb: Any, text: str = "", subject: str = MIA) -> None:
    token = capability(subject, requester="storefront", action="order_cancellation")
    await rig.service.feedback(action_id, thumb, capability=token, text=text)


async def test_what_a_user_thinks_of_it_is_kept_masked_and_the_last_of_three_counts(rig: Rig) -> None:
    action_id = await declined(rig)
    assert await rig.operator.feedback_on(action_id) is None
    for _ in range(2):
        await think(rig, action_id, "down")
    await think(rig, action_id, "down", "too slow, write to mia@example.com")
    found = await until(lambda: rig.operator.feedback_on(action_id), lambda found: found is not None and found.text)
    assert (found.thumb, found.text) == ("down", "too slow, write to <EMAIL_1>")
    await think(rig, action_id, "up")
    await think(rig, action_id, "up")
    with pytest.raises(Refused, match="3 times already"):
        await think(rig, action_id, "down")
    given = await until(lambda: rig.kinds(action_id, "feedback"), lambda given: len(given) == 3)
    assert given == [{"thumb": "down"}, {"thumb": "down", "text": found.text}, {"thumb": "up"}]
    latest = await rig.operator.feedback_on(action_id)
    assert latest is not None
    assert latest.thumb == "up"
    (audit,) = [one for one in await audit_all(rig.auditor, rig.people) if one.action_id == action_id]
    assert audit.ok


async def test_who_may_say_what_they_think_and_of_what(rig: Rig) -> None:
    action_id = await declined(rig)
    with pytest.raises(InvalidRequest, match="for another user than the action"):
        await think(rig, action_id, "up", subject=BO)
    with pytest.raises(InvalidRequest, match="thumb: Input should be 'up' or 'down'"):
        await think(rig, action_id, "sideways")
    with pytest.raises(InvalidRequest, match="text: String should have at most 1000 characters"):
        await think(rig, action_id, "up", "x" * 1001)
    await write(rig, action_id, "and yet")
    with pytest.raises(InvalidRequest, match="what came after the end of one"):
        await think(rig, case_id(action_id), "up")
    rig.script[:] = [cancel()]
    waiting = await rig.waiting()
    with pytest.raises(Refused, match="has not ended"):
        await think(rig, waiting.action_id, "up")
    assert await rig.kinds(action_id, "feedback") == []


async def test_a_stolen_login_says_nothing_in_a_users_name(rig: Rig) -> None:
    """Started without the SDK: the capability in it must hold for the action, and it records feedback alone."""
    action_id, others = await declined(rig), await declined(rig)
    await think(rig, others, "up")
    first = rig.client.get_workflow_handle(feedback_id(others, 1))
    await first.result()
    started = (await first.fetch_history()).events[0].workflow_execution_started_event_attributes
    (request,) = await rig.client.data_converter.decode(started.input.payloads, [dict])
    forged = {**request, "action_id": action_id}
    queue = names.task_queue("workflows", rig.prefix)
    for place, expected in ((feedback_id(action_id, 1), "CapabilityRefused"), (f"{action_id}/1", "InvalidRequest")):
        with pytest.raises(WorkflowFailureError) as failed:
            await rig.client.execute_workflow(names.FEEDBACK, forged, id=place, task_queue=queue, priority=TURN)
        told = (failed.value.cause, failed.value.cause.__cause__)
        assert expected in {getattr(one, "type", None) for one in told}, told
    assert await rig.kinds(action_id, "feedback") == []
