import asyncio
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL

from temporalio.client import Client

from leverframe.contracts.names import ROLES, Role
from worker.connection import polls, worker_identity
from worker.embedded.process import ManagedProcess, ServiceError, start_process
from worker.settings import WorkerSettings, load

READY_WITHIN = 60.0
STOP_WITHIN = 20.0
POLL = 0.05


@dataclass
class Workers:
    """The roles' workers in a process of their own, which can be stopped, killed and started again."""

    client: Client
    environment: dict[str, str]
    """The stack's variables for the workers; everything else comes from this process."""
    log: Path
    roles: Sequence[Role] = ROLES
    process: ManagedProcess | None = None
    """``None`` while they do not run."""

    async def start(self) -> None:
        """Start them; returns when each asks for tasks."""
        command = [sys.executable, "-m", "worker", "run", "--roles", ",".join(self.roles)]
        env = apart(os.environ) | self.environment
        # Killed with the stack, not told to end: without a server they could only wait for their grace to pass.
        self.process = await start_process("worker", command, self.log, env=env, when_orphaned=SIGKILL)
        async with asyncio.TaskGroup() as waiting:
            for role in self.roles:
                waiting.create_task(self._until_polling(role, self.process))

    async def _until_polling(self, role: Role, process: ManagedProcess) -> None:
        prefix = load(WorkerSettings).task_queue_prefix
        deadline = time.monotonic() + READY_WITHIN
        while not await polls(self.client, role, prefix, worker_identity(role, process.pid)):
            process.check()
            if time.monotonic() > deadline:
                raise ServiceError(f"the {role} worker asked for no task; see {self.log}")
            await asyncio.sleep(POLL)

    async def stop(self) -> None:
        """Let them finish what they do, and end them."""
        if self.process is not None:
            await self.process.stop(STOP_WITHIN)
            self.process = None

    async def kill(self) -> None:
        """End them as ``kill -9`` does."""
        if self.process is not None:
            await self.process.kill()
            self.process = None


def apart(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what would lead a process to another Temporal server."""
    return {name: value for name, value in environment.items() if not name.startswith("TEMPORAL_")}
