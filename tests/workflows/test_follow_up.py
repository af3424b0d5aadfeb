""" "Please reply and a colleague will look at it": what a user writes after the end is read by a person."""

from typing import Any

import pytest

from leverframe import InvalidRequest, Refused
from leverframe.capability_uses import case_id
from leverframe.cases import case_act
from leverframe.contracts.case import MOST_MESSAGES, Case
from leverframe.following_up import MOST_CASES
from tests.support.keys import capability
from tests.support.rig import BO, MIA, Rig, cancel
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
