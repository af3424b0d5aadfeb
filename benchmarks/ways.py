"""The ways of doing the same: an order is cancelled and refunded, once a person has approved it."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from temporalio.client import Client

from benchmarks.patience import Patience
from benchmarks.plain import ROLES as PLAIN_ROLES
from benchmarks.plain import PlainRequest, PlainWorkflow
from leverframe import Leverframe, Status
from leverframe.contracts.names import ROLES, task_queue

NAIVE, QUEUED = "plain", "plain-queues"
"""Prefixes of the queues of what is written by hand: all on one queue, and each role on its own."""
ACTION, TEXT = "order_cancellation", "please cancel my lamp, I no longer need it"
ALWAYS = ("client", "Temporal", "PostgreSQL", "model")
"""Whoever else works, these do."""


@dataclass(frozen=True)
class Run:
    """One action."""

    id: str
    to_waiting: float
    """Seconds from the start call until a query says that it waits for approval."""
    to_done: float
    """Seconds from the approval until the result is there."""


class Way(Protocol):
    """One way of doing it."""

    @property
    def name(self) -> str: ...

    @property
    def parts(self) -> tuple[str, ...]:
        """The processes that work for it, as what measures names them."""

    @property
    def client(self) -> Client:
        """Reads its histories."""

    async def play(self, customer: str, patience: Patience) -> Run:
        """An action from its start to its end, approved as soon as it waits."""


@dataclass(frozen=True)
class Played:
    """One that this process plays."""

    name: str
    parts: tuple[str, ...]
    client: Client
    start: Callable[[str], Awaitable[str]]
    """For a customer; returns the workflow's id."""
    waiting: Callable[[str], Awaitable[object | None]]
    """What waits to be approved, or ``None``."""
    approve: Callable[[str, object], Awaitable[None]]
    """What waits; returns once it is done."""

    async def play(self, customer: str, patience: Patience) -> Run:
        started = time.perf_counter()
        action = await self.start(customer)
        plan = await patience.until(lambda: self.waiting(action))
        waits = time.perf_counter()
        await self.approve(action, plan)
        return Run(action, waits - started, time.perf_counter() - waits)


def leverframe(service: Leverframe, client: Client, mint: Callable[[str], str]) -> Played:
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

    return Played("Leverframe", (*ALWAYS, "key service", *ROLES), client, start, waiting, approve)


def by_hand(client: Client, prefix: str) -> Played:
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
    return Played(name, (*ALWAYS, *(f"{prefix} {role}" for role in roles)), client, start, waiting, approve)
