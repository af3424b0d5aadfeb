"""What is measured, running: the product's stack with each role as a process of its own, and the same by hand."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from temporalio.client import Client

from benchmarks import plain
from benchmarks.actions import Bench
from benchmarks.processes import POSTGRES
from benchmarks.ways import ACTION, NAIVE, QUEUED, Played, by_hand, leverframe
from leverframe import Leverframe
from leverframe.contracts.names import Role, task_queue
from leverframe.pseudonym import Pseudonyms
from worker.connection import connect
from worker.embedded.process import ManagedProcess, ServiceError, start_process
from worker.embedded.reaper import server_pid
from worker.embedded.stack import Stack, embedded_stack
from worker.keys.issuing import Issuer
from worker.roles.polling import polls, worker_identity
from worker.settings.base import PREFIX, load
from worker.settings.llm import ModelSettings
from worker.settings.service import ServiceSettings
from worker.settings.shared import WorkerSettings
from worker.testing.postgres import libpq

READY_WITHIN = 60.0


@dataclass(frozen=True)
class Parts:
    """All that runs."""

    stack: Stack
    model: ManagedProcess
    hands: Mapping[str, Mapping[Role, ManagedProcess]]
    """Of each prefix, the processes of its roles."""
    client: Client
    """Without encryption, for what is written by hand."""

    def processes(self) -> dict[str, int]:
        """Process ids by name; this process is the client."""
        postgres = server_pid(self.stack.state_dir / "postgres")
        if postgres is None:
            raise ServiceError("the database has ended")
        served = {"key service": self.stack.keys.process, "Temporal": self.stack.temporal.process, "model": self.model}
        plain_ones = {f"{prefix} {role}": one for prefix, roles in self.hands.items() for role, one in roles.items()}
        managed: dict[str, ManagedProcess] = {**plain_ones, **served}
        managed |= {str(role): one for role, one in self.stack.workers.processes.items()}
        return {"client": os.getpid(), POSTGRES: postgres} | {name: one.pid for name, one in managed.items()}

    async def fresh(self) -> None:
        """The workflow worker begins anew."""
        await self.stack.workers.stop("workflows")
        await self.stack.workers.start("workflows")

    def bench(self, beside: Callable[[], Mapping[str, int]] = dict) -> Bench:
        """What measures them; ``beside`` tells what else runs, as :meth:`processes` does."""
        log = self.stack.state_dir / "postgres" / "log"
        return Bench(lambda: {**self.processes(), **beside()}, libpq(self.stack.postgres.owner_url), log, self.fresh)

    def by_hand(self) -> list[Played]:
        """What is written by hand."""
        return [by_hand(self.client, QUEUED), by_hand(self.client, NAIVE)]

    async def leverframe(self) -> Played:
        """As the product runs."""
        stack = self.stack
        settings = ServiceSettings.model_validate(
            {name: stack.environment[f"{PREFIX}{name.upper()}"] for name in ServiceSettings.model_fields}
        )
        client = await connect(environment=stack.environment, payload_keys=stack.payload_keys, people=stack.people)
        pseudonyms = Pseudonyms(settings.pseudonym_key.get_secret_value())
        service = Leverframe(client, pseudonyms, issuer_keys=settings.issuer.public, people=stack.people)
        issuer = Issuer(settings, load(WorkerSettings).tenant)
        return leverframe(service, client, lambda who: issuer.mint(ACTION, subject=who, requester="shop"))


@asynccontextmanager
async def parts(state: Path) -> AsyncIterator[Parts]:
    """Everything on this machine, its state in a folder."""
    async with AsyncExitStack() as running:
        address = state / "model.url"
        model = await start_process(
            "model", [sys.executable, "-m", "benchmarks.scripted", str(address)], state / "model.log"
        )
        running.push_async_callback(model.stop)
        await until(model, partial(asyncio.to_thread, address.exists))
        url = address.read_text()
        settings = ModelSettings(model_url=url, model_name="scripted", model_concurrency=50)
        stack = await running.enter_async_context(embedded_stack(state, model=settings))
        client = await Client.connect(stack.temporal.address)
        environment = {
            plain.TEMPORAL: stack.temporal.address,
            plain.DATABASE: stack.postgres.owner_url,
            plain.MODEL: url,
        }
        hands: dict[str, dict[Role, ManagedProcess]] = {NAIVE: {}, QUEUED: {}}

        async def start(prefix: str, role: Role, roles: tuple[Role, ...]) -> None:
            process = hands[prefix][role] = await _by_hand(prefix, role, roles, state, environment)
            running.push_async_callback(process.stop)
            await until(process, lambda: polls(client, role, prefix, worker_identity(role, process.pid)))

        async with asyncio.TaskGroup() as starting:
            starting.create_task(start(NAIVE, "workflows", plain.ROLES))
            for role in plain.ROLES:
                starting.create_task(start(QUEUED, role, (role,)))
        yield Parts(stack, model, hands, client)


async def _by_hand(
    prefix: str, role: Role, roles: tuple[Role, ...], state: Path, environment: Mapping[str, str]
) -> ManagedProcess:
    command = [sys.executable, "-m", "benchmarks.plain", f"{task_queue(role, prefix)}={','.join(roles)}"]
    return await start_process(f"{prefix}-{role}", command, state / f"{prefix}-{role}.log", env=environment)


async def until(process: ManagedProcess, ready: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a process that has been started; raises ``ServiceError`` when it ends, or takes too long."""
    deadline = time.monotonic() + READY_WITHIN
    while not await ready():
        process.check()
        if time.monotonic() > deadline:
            raise ServiceError(f"{process.name} is not ready; see {process.log}")
        await asyncio.sleep(0.05)
