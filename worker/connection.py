import os
import socket
from collections.abc import Mapping, Sequence

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client, Interceptor
from temporalio.envconfig import ClientConfig

from leverframe.client import DEFAULT_ADDRESS
from leverframe.codec import data_converter
from leverframe.contracts.names import Role, task_queue
from leverframe.keys import PayloadKeys
from leverframe.subject_keys import SubjectKeys


class TemporalUnreachable(RuntimeError):
    """There is no Temporal server where the configuration says."""


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
    about. Raises :class:`TemporalUnreachable`.
    """
    config = ClientConfig.load_client_connect_config(override_env_vars=environment)
    config.setdefault("target_host", DEFAULT_ADDRESS)
    try:
        return await Client.connect(
            **config,
            data_converter=data_converter(payload_keys, people),
            interceptors=[*interceptors],
            identity=identity,
        )
    except RuntimeError as error:
        address = config["target_host"]
        raise TemporalUnreachable(
            f"No Temporal server answers at {address} ({error}). Start one with 'make up', or name yours "
            "with TEMPORAL_ADDRESS."
        ) from error


def worker_identity(role: Role, pid: int | None = None) -> str:
    """How this process's worker (or that of process ``pid`` on this machine) calls itself."""
    return f"{role}-{os.getpid() if pid is None else pid}@{socket.gethostname()}"


async def polls(client: Client, role: Role, prefix: str, identity: str) -> bool:
    """Whether the worker of that identity is asking for the role's tasks."""
    kind = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW if role == "workflows" else TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
    described = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace, task_queue=TaskQueue(name=task_queue(role, prefix)), task_queue_type=kind
        )
    )
    return any(poller.identity == identity for poller in described.pollers)
