"""What a real server writes about decisions and previews is found again, encrypted as it is."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio import activity, workflow
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.history import Found, find
from leverframe.contracts.calling import Previewed
from leverframe.contracts.decision import Choice, Decision
from tests.activities.approvals_desk import asked, plan

SHOWN = plan()
DECISION = Decision(code=SHOWN.code, note="seen")


@activity.defn
async def preview() -> Previewed:
    return Previewed(plan=SHOWN)


@workflow.defn(sandboxed=False)
class Waiting:
    """Takes a decision, shows a plan, and takes decisions until it is told to stop."""

    def __init__(self) -> None:
        self.decided = self.shown = self.stopped = False

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: self.decided)
        await workflow.execute_activity(preview, schedule_to_close_timeout=timedelta(seconds=30))
        self.shown = True
        await workflow.wait_condition(lambda: self.stopped)

    @workflow.update
    async def approve(self, *decision: Any) -> None:
        self.decided = True
        await workflow.wait_condition(lambda: self.shown)

    @workflow.signal(name="approve")
    def approve_signal(self, *decision: Any) -> None: ...

    @workflow.signal
    def reject(self, *decision: Any) -> None: ...

    @workflow.signal
    def stop(self) -> None:
        self.stopped = True


Handle = WorkflowHandle[Waiting, None]


@pytest.fixture
async def handle(temporal: WorkflowEnvironment) -> AsyncIterator[Handle]:
    queue = f"test-{uuid4().hex[:8]}"
    async with Worker(temporal.client, task_queue=queue, workflows=[Waiting], activities=[preview]):
        handle = await temporal.client.start_workflow(Waiting.run, id=queue, task_queue=queue)
        await handle.execute_update("approve", DECISION, id="first")
        yield handle
        await handle.signal("stop")
        await handle.result()


async def read(
    temporal: WorkflowEnvironment,
    handle: Handle,
    choice: Choice,
    *,
    update_id: str | None = None,
    signal_index: int | None = None,
) -> Found | None:
    request = asked(update_id=update_id, signal_index=signal_index)
    request = request.model_copy(update={"choice": choice, "digest": SHOWN.digest})
    return await find(handle.fetch_history_events(), temporal.client.data_converter, request)


async def test_decisions_and_plans_are_found(temporal: WorkflowEnvironment, handle: Handle) -> None:
    await handle.execute_update("approve", DECISION, id="second")
    await handle.signal("reject", DECISION)
    await handle.signal("approve", "not a decision")
    update = await read(temporal, handle, "approve", update_id="second")
    signal = await read(temporal, handle, "reject", signal_index=0)
    odd = await read(temporal, handle, "approve", signal_index=1)
    assert update is not None
    assert signal is not None
    assert odd is not None
    assert (update.sent.decision, signal.sent.decision, odd.sent.decision) == (DECISION, DECISION, None)
    identity = temporal.client.config()["service_client"].config.identity
    for found in (update, signal, odd):
        assert found.shown is not None
        assert found.shown.plan == SHOWN
        assert found.shown.event_id < found.sent.event_id
        assert found.shown.at <= found.sent.at
        assert (found.sent.principal, found.sent.claimed) == (None, identity)


async def test_what_is_not_there_is_not_found(temporal: WorkflowEnvironment, handle: Handle) -> None:
    assert await read(temporal, handle, "reject", update_id="first") is None
    assert await read(temporal, handle, "approve", update_id="another") is None
    assert await read(temporal, handle, "approve", signal_index=0) is None


async def test_a_plan_that_was_shown_later_was_not_shown(temporal: WorkflowEnvironment, handle: Handle) -> None:
    """The first decision was sent before the preview had run."""
    early = await read(temporal, handle, "approve", update_id="first")
    assert early is not None
    assert early.shown is None
