"""What is open, replayed on the code that runs here: what would break is found before anybody depends on it."""

import logging
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from temporalio.client import Client, WorkflowExecution, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from leverframe.codec import for_workflows
from leverframe.telling import inert


@dataclass(frozen=True)
class Replayed:
    """An open action or case, and what came of its history here."""

    workflow_id: str
    run_id: str
    breaks: str | None
    """Why it could not go on with this code; ``None`` if it can."""


async def replayed(client: Client, found: AsyncIterable[WorkflowExecution]) -> AsyncIterator[Replayed]:
    """Each with what this code makes of it; raises RPCError. What has ended meanwhile, and is gone, is left out."""
    from machines.registry import registry
    from workflows.action import ActionWorkflow
    from workflows.case import CaseWorkflow
    from workflows.telling import TellWorkflow

    registry()
    replayer = Replayer(
        workflows=[ActionWorkflow, CaseWorkflow, TellWorkflow],
        workflow_runner=UnsandboxedWorkflowRunner(),
        namespace=client.namespace,
        data_converter=for_workflows(client.data_converter),
    )
    with _in_silence():
        async with replayer.workflow_replay_iterator(_histories(client, found)) as results:
            async for result in results:
                error = result.replay_failure
                yield Replayed(result.history.workflow_id, result.history.run_id, inert(error) if error else None)


async def _histories(client: Client, found: AsyncIterable[WorkflowExecution]) -> AsyncIterator[WorkflowHistory]:
    async for one in found:
        try:
            yield await client.get_workflow_handle(one.id, run_id=one.run_id).fetch_history()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise


@contextmanager
def _in_silence() -> Iterator[None]:
    """Each failure is told by whoever asks, in a line: without the library's stack traces between."""
    logger = logging.getLogger("temporalio")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
