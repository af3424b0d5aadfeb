"""The workflows role in a process of its own, which can be frozen: ``python -m worker run --roles workflows``."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.support.command import forked
from tests.support.rig import Rig
from worker.testing.keys import PAYLOAD_RING


class WorkflowProcess:
    """Runs until the block ends."""

    def __init__(self, process: BaseProcess) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def freeze(self) -> None:
        """It is there and answers nothing, as one that hangs."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    async def end(self) -> None:
        """It is gone, without a word to anybody."""
        self._process.kill()
        await asyncio.to_thread(self._process.join)


@asynccontextmanager
async def workflow_process(
    rig: Rig, folder: Path, module: str = "worker", **environment: str
) -> AsyncIterator[WorkflowProcess]:
    """The worker of the rig's workflows; the rig itself must serve the other roles alone."""
    own = {
        "TEMPORAL_ADDRESS": rig.client.service_client.config.target_host,
        "TEMPORAL_NAMESPACE": rig.client.namespace,
        "LEVERFRAME_TASK_QUEUE_PREFIX": rig.prefix,
        "LEVERFRAME_PAYLOAD_KEYS": PAYLOAD_RING,
        "LEVERFRAME_STATE_DIR": str(folder),
    }
    process = await asyncio.to_thread(
        forked,
        *(module, "run", "--roles", "workflows"),
        environment=os.environ | own | rig.key_service | environment,
        output=folder / "workflows.log",
    )
    running = WorkflowProcess(process)
    try:
        yield running
    finally:
        await running.end()
