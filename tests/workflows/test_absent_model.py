"""A model server that is away is waited for, and operators are told; minutes pass at once on the skipping server."""

import itertools
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest

from leverframe import Status
from leverframe.contracts import names
from machines.states import PATIENCE
from tests.support.keys import capability
from tests.support.rig import LAMP, MIA, Rig, cancel, keep_histories, open_rig
from tools.shop.generator import DemoItem, DemoOrder, demo_customer
from tools.shop.store import store
from worker.testing.postgres import Database
from worker.testing.rig import propose
from worker.testing.scripted_model import Answered, Drop, Hang, Raw
from worker.testing.servers import skipping_server
from worker.testing.waiting import until

IDA = "ida_holm_1003"
MALFORMED = Answered("Sure! It is cancelled.")
AWAY = [Drop(), *(Raw(b"busy", status=status) for status in (408, 429, 500, 502, 503, 504))]


@pytest.fixture
async def rig(database: Database, request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    async with skipping_server() as environment, open_rig(environment, database, model_timeout=1) as rig:
        yield rig
        await keep_histories(rig, request.node.name)


async def asked(rig: Rig, times: int = 1) -> None:
    async def count() -> int:
        return len(rig.model.requests)

    await until(count, lambda found: found >= times)


async def awaiting(rig: Rig, action_id: str) -> str:
    # Raw, since this server keeps an attribute that was unset, as null, which the SDK does not read.
    described = await rig.client.workflow_service.describe_workflow_execution(
        DescribeWorkflowExecutionRequest(
            namespace=rig.client.namespace, execution=WorkflowExecution(workflow_id=action_id)
        )
    )
    attributes = described.workflow_execution_info.search_attributes.indexed_fields
    return str(json.loads(attributes[names.AWAITING.name].data))


async def details(rig: Rig, action_id: str) -> str:
    return str((await rig.client.get_workflow_handle(action_id).query("__temporal_workflow_metadata")).current_details)


def planned(status: Status) -> bool:
    return status.awaiting == "operator"


async def test_twenty_actions_outlive_five_minutes_without_a_model(rig: Rig) -> None:
    orders = [f"#W30000{number}" for number in range(10, 30)]
    lamp = DemoItem(name="Desk lamp", price="54.10")
    await store(rig.owner, demo_customer(IDA, [DemoOrder(order_id=order, items=(lamp,)) for order in orders]))
    away, kinds = True, itertools.cycle(AWAY)

    def answer(request: dict[str, Any]) -> Any:
        return next(kinds) if away else cancel(next(order for order in orders if order in str(request["messages"][-1])))

    rig.script[:] = [answer]
    actions = [await rig.start(f"cancel order {order}, I no longer need it", subject=IDA) for order in orders]
    await asked(rig, len(orders))
    await rig.environment.sleep(timedelta(minutes=5))
    for action_id in actions:
        status = await rig.until(action_id, lambda status: status.model_since is not None)
        assert (status.state, status.awaiting, await awaiting(rig, action_id)) == ("deciding", "nobody", "model")
        assert status.model_since is not None
        assert status.deadline == (datetime.fromisoformat(status.model_since) + PATIENCE).isoformat()
        shown = await details(rig, action_id)
        assert "Waiting for the model" in shown
        assert "The model has not answered since" in shown
        assert "tried until" in shown
    away = False
    await rig.environment.sleep(timedelta(seconds=31))
    for action_id in actions:
        status = await rig.until(action_id, planned)
        assert await awaiting(rig, action_id) == "support"
        assert status.model_since is None
        assert "has not answered" not in await details(rig, action_id)
        assert status.plan is not None
        await rig.operator.approve(action_id, status.plan.code)
    outcomes = [await rig.result(action_id) for action_id in actions]
    assert [outcome.kind for outcome in outcomes] == ["done"] * len(orders)
    assert sorted(refund["order_id"] for refund in await rig.refunds("#W30000%")) == orders
    for action_id in actions:
        (problem,) = await rig.kinds(action_id, "problem")
        assert "has not answered since" in problem["what"]
        assert len(await rig.kinds(action_id, "effect")) == 2


async def test_when_patience_is_over_a_person_takes_over(rig: Rig) -> None:
    before = await rig.snapshot()
    rig.script[:] = [Raw(b"busy", status=503)]
    action_id = await rig.start()
    await asked(rig)
    await rig.environment.sleep(PATIENCE + timedelta(seconds=1))
    assert (await rig.result(action_id)).kind == "handed_over"
    late, problem = await rig.kinds(action_id, "problem")
    assert "has not answered since" in late["what"]
    assert "could not be asked" in problem["what"]
    assert "the model server is not ready (status 503)" in problem["cause"]
    # Every half a minute, once it has been away for a while.
    assert 100 < len(rig.model.requests) < 140
    assert await awaiting(rig, action_id) == "nobody"
    assert await rig.snapshot() == before


async def test_a_model_that_hangs_is_told_of_and_an_action_can_be_withdrawn_meanwhile(rig: Rig) -> None:
    rig.script[:] = [Hang()]
    action_id = await rig.start()
    await asked(rig)
    await rig.environment.sleep(timedelta(seconds=40))
    await rig.until(action_id, lambda status: status.model_since is not None)
    assert await awaiting(rig, action_id) == "model"
    await rig.withdraw(action_id)
    assert (await rig.result(action_id)).kind == "withdrawn"
    assert await awaiting(rig, action_id) == "nobody"
    assert "has not answered" not in await details(rig, action_id)


async def test_a_model_that_answers_at_once_is_not_spoken_of(rig: Rig) -> None:
    status = await rig.waiting()
    await rig.environment.sleep(timedelta(minutes=2))
    assert await rig.kinds(status.action_id, "problem") == []
    assert await awaiting(rig, status.action_id) == "support"


async def test_an_answer_that_cannot_be_read_is_counted_apart(rig: Rig) -> None:
    away = [Raw(b"busy", status=503)] * 3
    rig.script[:] = [*away, MALFORMED, *away, MALFORMED, *away, MALFORMED, *away, cancel()]
    await rig.until(await rig.start(), planned)
    tried = [request["temperature"] for request in rig.model.requests]
    assert len(tried) == len(rig.script)
    assert tried[-1] > 0
    rig.script[len(rig.script) :] = [MALFORMED, *away, MALFORMED, MALFORMED, *away, MALFORMED, cancel()]
    action_id = await rig.start()
    assert (await rig.result(action_id)).kind == "handed_over"
    (problem,) = await rig.kinds(action_id, "problem")
    assert "gave no usable proposal" in problem["what"]
    assert "the answer is not JSON" in problem["cause"]
    assert len(rig.model.requests) == len(rig.script) - 1


async def test_a_server_is_not_asked_sooner_than_it_says(rig: Rig) -> None:
    rig.script[:] = [Raw(b"busy", status=429, headers={"retry-after": "120"}), cancel()]
    action_id = await rig.start()
    await asked(rig)
    await rig.environment.sleep(timedelta(seconds=100))
    assert len(rig.model.requests) == 1
    await rig.environment.sleep(timedelta(seconds=30))
    await rig.until(action_id, planned)
    assert len(rig.model.requests) == 2


async def test_the_model_is_not_tried_for_longer_than_the_right_to_act_lasts(rig: Rig) -> None:
    rig.script[:] = [Drop()]
    token = capability(MIA, days=10 / 1440)
    action_id = await rig.service.start(
        "order_cancellation", request_id="short", capability=token, text=f"cancel {LAMP}"
    )
    await asked(rig)
    await rig.environment.sleep(timedelta(minutes=10))
    assert (await rig.result(action_id)).kind == "handed_over"


async def test_a_question_asks_the_model_anew_with_the_same_patience(rig: Rig) -> None:
    rig.script[:] = [Drop(), propose("ask", missing="which_order"), Drop(), cancel()]
    action_id = await rig.start("cancel my order")
    await rig.until(action_id, lambda status: status.awaiting == "user")
    await rig.service.reply(action_id, "the lamp")
    await rig.until(action_id, planned)
