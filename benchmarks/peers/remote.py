"""A way that another interpreter plays."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from temporalio.client import Client

from benchmarks.patience import Patience
from benchmarks.ways import Run
from worker.embedded.process import ServiceError, log_tail

MODEL = "peers model"
"""The scripted model of the peers, which calls tools."""
READY_WITHIN = 60.0


@dataclass
class Remote:
    """A peer, played by a process of its own."""

    name: str
    client: Client
    process: asyncio.subprocess.Process
    log: Path
    asked: dict[int, asyncio.Future[Mapping[str, str | float]]] = field(default_factory=dict)
    number: int = 0

    @property
    def parts(self) -> tuple[str, ...]:
        return ("client", "Temporal", "PostgreSQL", MODEL, f"{self.name} client", f"{self.name} workflows")

    async def play(self, customer: str, patience: Patience) -> Run:
        self.number += 1
        line = {"n": self.number, "customer": customer, "order": order_of(customer), "patience": id(patience)}
        answer = self.asked[self.number] = asyncio.get_running_loop().create_future()
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(line).encode() + b"\n")
        said = await answer
        if "error" in said:
            raise RuntimeError(f"{self.name}: {said['error']}: nothing was measured; see {self.log}")
        return Run(str(said["id"]), float(said["to_waiting"]), float(said["to_done"]))

    async def listen(self) -> None:
        """Until the process ends."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            said = json.loads(line)
            self.asked.pop(said["n"]).set_result(said)
        problem = ServiceError(f"{self.name}'s player has ended. The end of {self.log}:\n{log_tail(self.log)}")
        for answer in self.asked.values():
            answer.set_exception(problem)


def order_of(customer: str) -> str:
    """Each customer has one order."""
    return f"#W{customer.rpartition('_')[2]}"


@asynccontextmanager
async def played(
    name: str, client: Client, command: Sequence[str], environment: Mapping[str, str], log: Path
) -> AsyncIterator[Remote]:
    """The peer, ready to play."""
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=errors, env=environment
        )
    remote = Remote(name, client, process, log)
    ready = remote.asked[0] = asyncio.get_running_loop().create_future()
    listening = asyncio.create_task(remote.listen())
    try:
        await asyncio.wait_for(ready, READY_WITHIN)
        yield remote
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await listening
