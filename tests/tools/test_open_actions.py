"""Withdrawing a customer's open actions on a real server: those of this customer here, but for what asks for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from leverframe.contracts import names
from leverframe.contracts.withdrawal import Withdrawal
from tools.errors import Unreachable
from tools.open_actions import OpenActions
from worker.testing.waiting import until

RIGHT = Withdrawal(capability="of-an-approved-call")


@workflow.defn(name="patient")
class Patient:
    """Waits until it is withdrawn."""

    def __init__(self) -> None:
        self._withdrawn = asyncio.Event()

    @workflow.run
    async def run(self) -> None:
        await self._withdrawn.wait()

    @workflow.signal(name=names.WITHDRAW)
    async def withdraw(self, right: Withdrawal) -> None:
        if right == RIGHT:
            self._withdrawn.set()


class Desk:
    """Starts actions of customers, and ends what is left of them."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.prefix = f"test-{uuid4().hex[:8]}"
        self.person = uuid4().hex[:16]
        self.ids: list[str] = []

    async def start(self, action_id: str, prefix: str = "") -> str:
        person = action_id.split("-")[1]
        await self.client.start_workflow(
            "patient",
            id=action_id,
            task_queue=names.task_queue("workflows", prefix or self.prefix),
            search_attributes=TypedSearchAttributes([SearchAttributePair(names.SUBJECT, person)]),
        )
        self.ids.append(action_id)
        return action_id

    def action(self, kind: str = "order_return", person: str = "") -> str:
        return f"{kind}-{person or self.person}-{uuid4().hex[:12]}"

    async def open(self) -> set[str]:
        """Those of its actions that have neither ended nor been asked to."""
        return {action_id for action_id in self.ids if not await self._ending(action_id)}

    async def _ending(self, action_id: str) -> bool:
        handle = self.client.get_workflow_handle(action_id)
        history = await handle.fetch_history()
        asked = any(event.HasField("workflow_execution_signaled_event_attributes") for event in history.events)
        return asked or (await handle.describe()).status != WorkflowExecutionStatus.RUNNING

    async def listed(self) -> None:
        """Wait until the server lists them all."""

        async def count() -> int:
            query = f"{names.SUBJECT.name} = '{self.person}' AND ExecutionStatus = 'Running'"
            return len([one async for one in self.client.list_workflows(query)])

        mine = sum(self.person in action_id for action_id in self.ids)
        await until(count, lambda found: found == mine)


@pytest.fixture
async def desk(temporal: WorkflowEnvironment) -> AsyncIterator[Desk]:
    desk = Desk(temporal.client)
    yield desk
    for action_id in desk.ids:
        with suppress(RPCError):
            await desk.client.get_workflow_handle(action_id).terminate()


def worker(desk: Desk) -> Worker:
    queue = names.task_queue("workflows", desk.prefix)
    return Worker(desk.client, task_queue=queue, workflows=[Patient], workflow_runner=UnsandboxedWorkflowRunner())


async def test_all_others_of_this_customer_here_and_nothing_else(desk: Desk) -> None:
    intake = await desk.start(desk.action("support_request"))
    own = await desk.start(f"{intake}/2")
    inside = await desk.start(f"{intake}/2/1")
    sibling = await desk.start(f"{intake}/1")
    alike = await desk.start(f"{intake}/21")
    other = await desk.start(desk.action())
    elsewhere = await desk.start(desk.action(), prefix="another")
    stranger = await desk.start(desk.action(person=uuid4().hex[:16]))
    await desk.listed()
    async with worker(desk):
        withdrawn = await OpenActions(desk.client, desk.prefix).withdraw_others(own, RIGHT)
    assert withdrawn == sorted([inside, sibling, alike, other])
    assert await desk.open() == {intake, own, elsewhere, stranger}
    assert await OpenActions(desk.client, desk.prefix).withdraw_others(own, RIGHT) == []


async def test_what_does_not_end_is_tried_again(desk: Desk) -> None:
    own, other = await desk.start(desk.action("customer_erasure")), await desk.start(desk.action())
    await desk.listed()
    actions = OpenActions(desk.client, desk.prefix, patience=0.5)
    with pytest.raises(Unreachable, match="has not ended yet"):
        await actions.withdraw_others(own, RIGHT)
    async with worker(desk):
        # It has been asked already, and ends now that somebody works on it.
        assert await OpenActions(desk.client, desk.prefix).withdraw_others(own, RIGHT) in ([other], [])
    assert await desk.open() == {own}


@pytest.mark.parametrize("action_id", ["", "customer_erasure", "x' OR ExecutionStatus = 'Running"])
async def test_what_is_no_action_withdraws_nothing(action_id: str, desk: Desk) -> None:
    other = await desk.start(desk.action())
    with pytest.raises(ValueError, match="expected the id of an action"):
        await OpenActions(desk.client, desk.prefix).withdraw_others(action_id, RIGHT)
    assert await desk.open() == {other}
