"""What nobody can carry out is refused by the workflow at once, in words, and does not stay open."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import Priority
from temporalio.exceptions import ApplicationError

from leverframe.contracts.names import task_queue
from leverframe.contracts.request import ActionRequest
from tests.support.keys import capability
from tests.support.rig import MIA, Rig
from worker.testing.keys import ISSUER, TURN

INPUTS: list[list[Any]] = [
    [],
    ["text"],
    [{"action": "order_cancellation"}],
    [None],
    [None] * 3,
    [b"\xff\xfe"],
    [[]],
    [7],
]


def request(action: str, **other: Any) -> ActionRequest:
    fields = {
        "action": action, "request_id": "1", "capability": capability(MIA, action=action),
        "issuer_key": str(ISSUER.public[max(ISSUER.public)]), "requester": "storefront", "text": "cancel it",
        "pseudonym": "0" * 16,
    }  # fmt: skip
    return ActionRequest.model_validate({**fields, **other})


async def refused(client: Client, rig: Rig, action: str, *args: Any, turn: Priority = TURN) -> str:
    handle: Any = await client.start_workflow(
        action, args=args, id=f"{action}-{uuid4().hex}", task_queue=task_queue("workflows", rig.prefix), priority=turn
    )
    with pytest.raises(WorkflowFailureError) as failed:
        await asyncio.wait_for(handle.result(), 15)
    assert isinstance(failed.value.cause, ApplicationError)
    return failed.value.cause.message


@pytest.mark.parametrize("action", ["order_cancelation", "drop_all_tables", "customer_erasures", "x" * 64])
async def test_an_action_that_is_not_known(rig: Rig, action: str) -> None:
    assert "there is no action" in await refused(rig.client, rig, action, request(action))


@pytest.mark.parametrize("args", INPUTS, ids=repr)
async def test_an_input_that_is_no_request(rig: Rig, args: list[Any]) -> None:
    assert "expected one ActionRequest" in await refused(rig.client, rig, "order_cancellation", *args)


@pytest.mark.parametrize("kind", ["drop_all_tables", "order_return", "Order Cancellation"])
async def test_a_workflow_of_another_kind_than_the_request(rig: Rig, kind: str) -> None:
    told = await refused(rig.client, rig, kind, request("order_cancellation"))
    assert "must be the requested action 'order_cancellation'" in told


@pytest.mark.parametrize("turn", [Priority.default, Priority(fairness_key="another")])
async def test_a_workflow_in_another_tenants_turn(rig: Rig, turn: Priority) -> None:
    told = await refused(rig.client, rig, "order_cancellation", request("order_cancellation"), turn=turn)
    assert "its fairness key must be its capability's tenant, 'test'" in told
