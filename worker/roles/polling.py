"""Whether a worker asks Temporal for tasks, and under which name it does."""

import os
import socket

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, DescribeTaskQueueResponse
from temporalio.client import Client

from leverframe.contracts.names import Role, task_queue


def worker_identity(role: Role, pid: int | None = None) -> str:
    """How this process's worker (or that of process ``pid`` on this machine) calls itself."""
    return f"{role}-{os.getpid() if pid is None else pid}@{socket.gethostname()}"


async def polls(client: Client, role: Role, prefix: str, identity: str) -> bool:
    """Whether the worker of that identity is asking for the role's tasks."""
    return any(poller.identity == identity for poller in (await described(client, role, prefix)).pollers)


async def described(client: Client, role: Role, prefix: str) -> DescribeTaskQueueResponse:
    """The role's task queue, with those who ask for its tasks and the limits that it is held to."""
    asked = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=task_queue(role, prefix)),
        task_queue_type=queue_type(role),
        report_config=True,
    )
    return await client.workflow_service.describe_task_queue(asked, retry=True)


def queue_type(role: Role) -> TaskQueueType.ValueType:
    """What the tasks are that stand in the role's task queue."""
    return TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW if role == "workflows" else TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
