import asyncio
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL

from temporalio.client import Client

from leverframe.contracts.names import Role
from worker.embedded.process import ManagedProcess, ServiceError, start_process
from worker.roles.polling import polls, worker_identity
from worker.settings.base import load
from worker.settings.shared import WorkerSettings

READY_WITHIN = 60.0
STOP_WITHIN = 20.0
POLL = 0.05


@dataclass
class Workers:
    """The roles' workers, each in a process of its own, which can be stopped, killed and started again."""

    client: Client
    environments: Mapping[Role, Mapping[str, str]] = field(repr=False)
    """The roles to run, and each role's own variables; what is not secret comes from this process too."""
    folder: Path
    """Where each role writes its log, ``worker-{role}.log``."""
    processes: dict[Role, ManagedProcess] = field(default_factory=dict)
    """Those that run."""

    async def start(self, *roles: Role) -> None:
        """Start these roles (all by default); returns when each asks for tasks."""
        async with asyncio.TaskGroup() as starting:
            for role in roles or self.environments:
                starting.create_task(self._start(role))

    async def stop(self, *roles: Role) -> None:
        """Let these roles (all by default) finish what they do, and end them."""
        await asyncio.gather(*(process.stop(STOP_WITHIN) for process in self._taken(roles)))

    async def kill(self, *roles: Role) -> None:
        """End these roles (all by default) as ``kill -9`` does."""
        await asyncio.gather(*(process.kill() for process in self._taken(roles)))

    def check(self) -> None:
        """Raise :class:`~worker.embedded.process.ServiceError` when one has ended by itself."""
        for process in self.processes.values():
            process.check()

    def _taken(self, roles: tuple[Role, ...]) -> list[ManagedProcess]:
        return [self.processes.pop(role) for role in roles or tuple(self.processes) if role in self.processes]

    async def _start(self, role: Role) -> None:
        process = await start_process(
            f"worker-{role}",
            [sys.executable, "-m", "worker", "run", "--roles", role],
            self.folder / f"worker-{role}.log",
            env=self.environments[role],
            # Killed with the stack, not told to end: without a server they could only wait for their grace to pass.
            when_orphaned=SIGKILL,
        )
        self.processes[role] = process
        prefix = load(WorkerSettings).task_queue_prefix
        deadline = time.monotonic() + READY_WITHIN
        while not await polls(self.client, role, prefix, worker_identity(role, process.pid)):
            process.check()
            if time.monotonic() > deadline:
                raise ServiceError(f"the {role} worker asked for no task; see {process.log}")
            await asyncio.sleep(POLL)
