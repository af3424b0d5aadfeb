"""Calls of the outside data set through the whole product: a customer's words, the workflow, an operator's approval."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from leverframe import Leverframe
from machines.registry import machine_for
from tests.outside.checking import Checker
from tests.outside.data import SHARED, Case, Documents, read
from tests.outside.expecting import into_itself
from tests.outside.replay import opened
from tests.outside.sampling import spread
from tests.outside.translating import WRITES, translated
from tests.outside.wishing import answer, wording
from tests.support.rig import Rig
from tests.support.typed import typed
from worker.testing.serving import as_person

CALLS = 10


@dataclass
class Desk:
    """The product and the outside shop, on one database."""

    rig: Rig
    checker: Checker
    cases: tuple[Case, ...]
    second: Leverframe
    """Another operator, for what needs two."""


@pytest.fixture
async def desk(rig: Rig) -> AsyncIterator[Desk]:
    data = read(SHARED)
    if data is None:
        pytest.skip(f"there are no outside data at {SHARED}")
    clear = [case for case in data.cases if case.expected == "allow" and not case.setup and not into_itself(case.call)]
    async with opened(rig.database, data) as checker:
        second = Leverframe(await as_person(rig.client, "rita@support"), task_queue_prefix=rig.prefix)
        yield Desk(rig, checker, spread(clear, lambda case: case.call.name, CALLS), second)


@pytest.mark.timeout(600)
async def test_the_whole_product_leaves_the_rows_that_its_tools_alone_leave(desk: Desk) -> None:
    """That those are the rows which the data set expects is for the replay to show."""
    assert {case.call.name for case in desk.cases} == WRITES.keys()
    for case in desk.cases:
        expected = await by_the_tools(desk, case)
        assert expected["orders"] or expected["users"]
        assert await by_the_product(desk, case) == expected, case.id


async def by_the_tools(desk: Desk, case: Case) -> Documents:
    outcome = await desk.checker.actor.fulfil(case.as_user, translated(case.call, case.as_user))
    assert outcome.fulfilled, outcome
    return await desk.checker.differing()


async def by_the_product(desk: Desk, case: Case) -> Documents:
    rig = desk.rig
    rig.script[:] = [answer(case.call)]
    action, _ = WRITES[case.call.name]
    action_id = await rig.start(wording(case.call), subject=case.as_user, action=action)
    ends = {state.id for state in machine_for(action).final_states}
    status = await rig.until(action_id, lambda now: now.awaiting != "nobody" or now.state in ends)
    assert status.plan is not None, (case.id, status)
    for operator in (rig.operator, desk.second)[: status.quorum]:
        await operator.approve(action_id, status.plan.code, amount=typed(status.plan))
    outcome = await rig.result(action_id)
    assert outcome.kind == "done", (case.id, outcome)
    return await desk.checker.differing()
