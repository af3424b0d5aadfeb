import os
import socket
from collections.abc import Mapping, Sequence

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client, Interceptor

from leverframe import ServerUnreachable
from leverframe.codec import data_converter
from leverframe.contracts.names import Role, task_queue
from leverframe.keys import PayloadKeys
from leverframe.reaching import reach
from leverframe.subject_keys import SubjectKeys


async def connect(
    interceptors: Sequence[Interceptor] = (),
    environment: Mapping[str, str] | None = None,
    identity: str | None = None,
    payload_keys: PayloadKeys | None = None,
    people: SubjectKeys | None = None,
) -> Client:
    """A client as Temporal's standard environment configures it (``TEMPORAL_ADDRESS``, ...).

    ``environment`` is read instead of this process's variables; ``identity`` is what the client claims to
    be. With ``payload_keys`` whatever it sends is encrypted, with ``people`` under the key of the person whom it is
    about. Raises :class:`~leverframe.ServerUnreachable`.
    """
    converter = data_converter(payload_keys, people)
    try:
        return await reach(converter, environment=environment, identity=identity, interceptors=interceptors)
    except ServerUnreachable as error:
        raise ServerUnreachable(f"{error}, or start one with 'make up'.") from error


def worker_identity(role: Role, pid: int | None = None) -> str:
    """How this process's worker (or that of process ``pid`` on this machine) calls itself."""
    return f"{role}-{os.getpid() if pid is None else pid}@{socket.gethostname()}"


async def polls(client: Client, role: Role, prefix: str, identity: str) -> bool:
    """Whether the worker of that identity is asking for the role's tasks."""
    kind = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW if role == "workflows" else TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
    described = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace, task_queue=TaskQueue(name=task_queue(role, prefix)), task_queue_type=kind
        ),
        retry=True,
    )
    return any(poller.identity == identity for poller in described.pollers)
