"""The ways of doing the same: an order is cancelled and refunded, once a person has approved it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from statistics import median
from typing import TypeVar

from temporalio.client import Client

from benchmarks.plain import ROLES as PLAIN_ROLES
from benchmarks.plain import PlainRequest, PlainWorkflow
from leverframe import Leverframe, Status
from leverframe.contracts.names import ROLES, task_queue

NAIVE, QUEUED = "plain", "plain-queues"
"""Prefixes of the queues of what is written by hand: all on one queue, and each role on its own."""
ACTION, TEXT = "order_cancellation", "please cancel my lamp, I no longer need it"
ALWAYS = ("client", "Temporal", "PostgreSQL", "model")
"""Whoever else works, these do."""
FIRST, STEP, BEGIN = 0.9, 0.03, 0.005
"""Shares of the time that actions took of late until they waited: the first look, and those that follow; and the step
in seconds while nothing is known yet."""
OF_LATE = 20

Found = TypeVar("Found")


@dataclass
class Patience:
    """Looks whether an action waits hardly before it does: each look is work for the server and the workflow worker."""

    _took: list[float] = field(default_factory=list)

    async def until(self, look: Callable[[], Awaitable[Found | None]]) -> Found:
        """What a look finds, once it finds something."""
        started, usual = time.perf_counter(), median(self._took[-OF_LATE:]) if self._took else 0.0
        await asyncio.sleep(usual * FIRST)
        while (found := await look()) is None:
            await asyncio.sleep(usual * STEP or BEGIN)
        self._took.append(time.perf_counter() - started)
        return found


@dataclass(frozen=True)
class Run:
    """One action."""

    id: str
    to_waiting: float
    """Seconds from the start call until a query says that it waits for approval."""
    to_done: float
    """Seconds from the approval until the result is there."""


@dataclass(frozen=True)
class Way:
    """One way of doing it."""

    name: str
    parts: tuple[str, ...]
    """The processes that work for it, as :meth:`~benchmarks.parts.Parts.processes` names them."""
    client: Client
    start: Callable[[str], Awaitable[str]]
    """For a customer; returns the workflow's id."""
    waiting: Callable[[str], Awaitable[object | None]]
    """What waits to be approved, or ``None``."""
    approve: Callable[[str, object], Awaitable[None]]
    """What waits; returns once it is done."""

    async def play(self, customer: str, patience: Patience) -> Run:
        """An action from its start to its end, approved as soon as it waits."""
        started = time.perf_counter()
        action = await self.start(customer)
        plan = await patience.until(lambda: self.waiting(action))
        waits = time.perf_counter()
        await self.approve(action, plan)
        return Run(action, waits - started, time.perf_counter() - waits)


def leverframe(service: Leverframe, client: Client, mint: Callable[[str], str]) -> Way:
    """As the product runs: six roles, a key for each person, payloads encrypted; ``mint`` a customer's capability."""

    async def start(customer: str) -> str:
        return await service.start(ACTION, request_id=customer, capability=mint(customer), text=TEXT)

    async def waiting(action: str) -> Status | None:
        status = await service.status(action)
        return status if status.plan else None

    async def approve(action: str, found: object) -> None:
        assert isinstance(found, Status)
        assert found.plan is not None
        await service.approve(action, found.plan.code)
        outcome = await service.result(action)
        if outcome.kind != "done":
            raise RuntimeError(f"{action} ended {outcome.kind}: nothing was measured")

    return Way("Leverframe", (*ALWAYS, "key service", *ROLES), client, start, waiting, approve)


def by_hand(client: Client, prefix: str) -> Way:
    """The same business steps by hand: no law, no plan, no ledger, no identity, full database rights."""
    roles = PLAIN_ROLES if prefix == QUEUED else PLAIN_ROLES[:1]
    queues: dict[str, str] = {
        role: task_queue(role if prefix == QUEUED else "workflows", prefix) for role in PLAIN_ROLES
    }

    async def start(customer: str) -> str:
        request = PlainRequest(customer, TEXT, queues)
        handle = await client.start_workflow(
            PlainWorkflow.run, request, id=f"{prefix}-{customer}", task_queue=queues["workflows"]
        )
        return handle.id

    async def waiting(action: str) -> object | None:
        return await client.get_workflow_handle(action).query(PlainWorkflow.waiting) or None

    async def approve(action: str, _: object) -> None:
        handle = client.get_workflow_handle(action)
        await handle.signal(PlainWorkflow.approve)
        await handle.result()

    name = "plain, by role queues" if prefix == QUEUED else "plain"
    return Way(name, (*ALWAYS, *(f"{prefix} {role}" for role in roles)), client, start, waiting, approve)
