"""The workflows role in a process of its own, which can be frozen: ``python -m worker run --roles workflows``."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.rig import Rig
from worker.testing.keys import PAYLOAD_RING


class WorkflowProcess:
    """Runs until the block ends."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    def freeze(self) -> None:
        """It is there and answers nothing, as one that hangs."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    async def end(self) -> None:
        """It is gone, without a word to anybody."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def workflow_process(rig: Rig, folder: Path, **environment: str) -> AsyncIterator[WorkflowProcess]:
    """The worker of the rig's workflows; the rig itself must serve the other roles alone."""
    own = {
        "TEMPORAL_ADDRESS": rig.client.service_client.config.target_host,
        "TEMPORAL_NAMESPACE": rig.client.namespace,
        "LEVERFRAME_TASK_QUEUE_PREFIX": rig.prefix,
        "LEVERFRAME_PAYLOAD_KEYS": PAYLOAD_RING,
        "LEVERFRAME_STATE_DIR": str(folder),
    }
    with (folder / "workflows.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "worker", "run", "--roles", "workflows"),
            env=os.environ | own | rig.key_service | environment,
            stdout=log,
            stderr=log,
        )
    running = WorkflowProcess(process)
    try:
        yield running
    finally:
        await running.end()
