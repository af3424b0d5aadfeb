"""Why an action does not go on, as far as the Temporal server can tell."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, PendingWorkflowTaskState, TaskQueueType
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflow.v1 import PendingWorkflowTaskInfo
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryReverseRequest,
)
from temporalio.client import Client, RPCTimeoutOrCancelledError
from temporalio.service import RPCError

from leverframe.errors import LeverframeError
from leverframe.key_service import AWAY
from leverframe.telling import inert

LOOK = 3.0
"""Seconds for all that is asked here."""
NEWEST = 50
"""Events of the history in which the last failure is looked for."""
AGAIN = 3
"""Failures of one workflow task after which nobody waits for it: one alone may be a worker that is short of time."""
SETTLED = (EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED)


@dataclass(frozen=True)
class Standstill:
    """Why an action gives no answer."""

    why: str
    """In words."""
    awaited: str | None = None
    """Whose worker has to run for it to go on, where none takes up its tasks."""


@dataclass
class Untaken:
    """What somebody who waits for an action has seen at the last look."""

    since: int = 0
    """Of the workflow task that lay there and that nobody had taken up, in nanoseconds."""

    def again(self, task: PendingWorkflowTaskInfo) -> bool:
        """Whether it is the same one: between two hops each task lies there for a moment."""
        before, self.since = self.since, task.scheduled_time.ToNanoseconds()
        return before == self.since


async def standstill(client: Client, action_id: str) -> Standstill | None:
    """Why an action gives no answer; ``None`` where the server does not say either."""
    return await _looked(client, action_id, None)


async def stuck(client: Client, action_id: str, untaken: Untaken) -> Standstill | None:
    """The same for an action that is waited for: ``None`` unless it certainly cannot go on now."""
    return await _looked(client, action_id, untaken)


async def _looked(client: Client, action_id: str, untaken: Untaken | None) -> Standstill | None:
    try:
        async with asyncio.timeout(LOOK):
            described = (await client.get_workflow_handle(action_id).describe()).raw_description
            task = described.pending_workflow_task if described.HasField("pending_workflow_task") else None
            if task is not None and task.attempt > 1 and (failure := await _failure(client, action_id)) is not None:
                if AWAY in failure:
                    return Standstill(f"those who run it cannot read or write now: {failure}")
                if untaken is None or task.attempt > AGAIN:
                    told = f"its next step fails again and again, {task.attempt} times so far: {failure}"
                    return Standstill(told)
                return None
            return await _worker(client, described, task, untaken) if untaken is None or task is not None else None
    except (TimeoutError, RPCTimeoutOrCancelledError, RPCError):
        return None


async def _failure(client: Client, action_id: str) -> str | None:
    """The error of the newest workflow task; ``None`` if it did not fail."""
    asked = GetWorkflowExecutionHistoryReverseRequest(
        namespace=client.namespace, execution=WorkflowExecution(workflow_id=action_id), maximum_page_size=NEWEST
    )
    events = (await client.workflow_service.get_workflow_execution_history_reverse(asked)).history.events
    newest = next((event for event in events if event.event_type in SETTLED), None)
    if newest is None or newest.event_type != EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
        return None
    failure = newest.workflow_task_failed_event_attributes.failure
    try:
        return inert(await client.data_converter.decode_failure(failure))
    except LeverframeError:
        return "its error cannot be read here"


async def _worker(
    client: Client,
    described: DescribeWorkflowExecutionResponse,
    task: PendingWorkflowTaskInfo | None,
    untaken: Untaken | None,
) -> Standstill | None:
    """What the worker of this action does not do; ``None`` for one who waits, unless it is certain."""
    queue = described.execution_config.task_queue.name
    build = described.workflow_execution_info.versioning_info.deployment_version.build_id
    asked = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    pollers = (await client.workflow_service.describe_task_queue(asked)).pollers
    able = [poller for poller in pollers if not build or poller.deployment_options.build_id == build]
    who = f"the worker version {inert(build)!r}, on which it stays," if build else f"the workflow worker of {queue}"
    awaited = f"a worker of {inert(build)!r}" if build else "such a worker"
    if not able:
        return Standstill(f"{who} is gone: none asks for its tasks", awaited)
    if task is not None and _left_alone(task, able) and (untaken is None or untaken.again(task)):
        return Standstill(f"{who} is gone or too busy: none has taken up its task", awaited)
    return None if untaken is not None else Standstill(f"{who} does not answer")


def _left_alone(task: PendingWorkflowTaskInfo, pollers: Sequence[PollerInfo]) -> bool:
    """Whether a task lies there and nobody has asked for any since."""
    lies = task.state == PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED
    since = task.scheduled_time.ToNanoseconds()
    return lies and all(poller.last_access_time.ToNanoseconds() < since for poller in pollers)
