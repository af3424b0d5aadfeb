"""Orchestration overhead next to a hand-written plain Temporal workflow: ``make bench``.

Both run in this process on a real Temporal server and a real PostgreSQL, with a scripted model that answers at once,
so that what is measured is Temporal, the database and Leverframe.
"""

import asyncio
import json
import os
import platform
import re
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles

from rich.console import Console
from rich.table import Table
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.worker import Worker

from benchmarks.guards import GuardClock, GuardFigures, GuardRun, guard_figures, report_guards
from benchmarks.plain import PlainActivities, PlainRequest, PlainWorkflow
from benchmarks.tokens import measure_tokens, report_tokens
from leverframe import Leverframe
from leverframe.contracts.names import REPLY, ROLES, SCREEN
from leverframe.pseudonym import Pseudonyms
from tests.support.keys import capability
from tools.scope import create_engine
from tools.shop.generator import DemoItem, DemoOrder, demo_customer
from tools.shop.store import store
from worker.embedded.postgres import EmbeddedPostgres, start_postgres
from worker.roles.workers import RoleSettings, role_workers
from worker.settings.llm import ModelSettings
from worker.settings.shared import WorkerSettings
from worker.testing.keys import ISSUER, TENANT
from worker.testing.scripted_model import ScriptedModel
from worker.testing.servers import CONVERTER, dev_server
from worker.testing.serving import approvals_settings, tools_settings

PREFIX = "bench"
PSEUDONYMS = Pseudonyms(b"a benchmark's key, 16 bytes")
POLL = 0.005
"""Seconds between two looks at whether an action waits; the same for both ways."""


@dataclass(frozen=True)
class Run:
    """One action."""

    id: str
    to_waiting: float
    """Seconds from the start call until a query says that it waits for approval."""
    to_done: float
    """Seconds from the approval until the result is there."""


@dataclass(frozen=True)
class Figures:
    """What one way of doing it costs; times in milliseconds."""

    to_waiting_p50: float
    to_waiting_p95: float
    to_done_p50: float
    to_done_p95: float
    per_second: float
    """Actions per second with many in flight."""
    events: float
    """History events per action."""
    activities: float
    """Temporal activities per action."""


Way = Callable[[Client, str], Awaitable[Run]]


async def leverframe(client: Client, customer: str) -> Run:
    """An action through Leverframe, approved as soon as it waits."""
    service = Leverframe(client, PSEUDONYMS, PREFIX, ISSUER.public)
    token = capability(customer)
    started = time.perf_counter()
    action_id = await service.start("order_cancellation", request_id=customer, capability=token, text="cancel my lamp")
    while (status := await service.status(action_id)).plan is None:
        await asyncio.sleep(POLL)
    waiting = time.perf_counter()
    await service.approve(action_id, status.plan.code)
    outcome = await service.result(action_id)
    if outcome.kind != "done":
        raise RuntimeError(f"{action_id} ended {outcome.kind}: nothing was measured")
    return Run(action_id, waiting - started, time.perf_counter() - waiting)


async def plain(client: Client, customer: str) -> Run:
    """The same business steps by hand: no law, no plan, no ledger, no identity, full database rights."""
    request = PlainRequest(customer, "order_cancellation", "cancel my lamp")
    started = time.perf_counter()
    handle = await client.start_workflow(
        PlainWorkflow.run, args=[request, PREFIX, {"type": "object"}], id=f"plain-{customer}", task_queue="bench-plain"
    )
    while not await handle.query(PlainWorkflow.waiting):
        await asyncio.sleep(POLL)
    waiting = time.perf_counter()
    await handle.signal(PlainWorkflow.approve)
    await handle.result()
    return Run(handle.id, waiting - started, time.perf_counter() - waiting)


async def measure(
    client: Client, way: Way, customers: list[str], load: int, in_flight: int
) -> tuple[Figures, list[Run]]:
    """One after the other for the times, then many in flight for the throughput. Returns also the former runs."""
    for _ in range(3):
        await way(client, customers.pop())
    alone, loaded = customers[load:], customers[:load]
    runs = [await way(client, customer) for customer in alone]
    places = asyncio.Semaphore(in_flight)

    async def one(customer: str) -> None:
        async with places:
            await way(client, customer)

    started = time.perf_counter()
    await asyncio.gather(*map(one, loaded))
    per_second = load / (time.perf_counter() - started)
    counts = [counted(await history(client, run.id)) for run in runs]
    waiting, done = [run.to_waiting * 1000 for run in runs], [run.to_done * 1000 for run in runs]
    figures = Figures(
        to_waiting_p50=median(waiting),
        to_waiting_p95=quantiles(waiting, n=20)[-1],
        to_done_p50=median(done),
        to_done_p95=quantiles(done, n=20)[-1],
        per_second=per_second,
        events=median(events for events, _ in counts),
        activities=median(activities for _, activities in counts),
    )
    return figures, runs


async def history(client: Client, workflow_id: str) -> list[HistoryEvent]:
    """The events of a finished workflow."""
    return [event async for event in client.get_workflow_handle(workflow_id).fetch_history_events()]


def counted(events: list[HistoryEvent]) -> tuple[int, int]:
    """How many events there are, and how many scheduled activities among them."""
    kinds = [event.event_type for event in events]
    return len(kinds), kinds.count(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)


async def measure_guards(client: Client, clock: GuardClock, runs: list[Run]) -> GuardFigures:
    """Guard time of these actions."""
    return guard_figures(
        [
            GuardRun(
                activities=clock.runs[run.id],
                running=clock.seconds[run.id],
                with_temporal=seconds_of(await history(client, run.id), {SCREEN, REPLY}),
                action=run.to_waiting + run.to_done,
            )
            for run in runs
        ]
    )


def seconds_of(events: list[HistoryEvent], activities: set[str]) -> float:
    """From scheduling activities of these types until they have completed, together."""
    scheduled = {
        event.event_id: event.event_time.ToNanoseconds()
        for event in events
        if event.activity_task_scheduled_event_attributes.activity_type.name in activities
    }
    completed = (
        event.event_time.ToNanoseconds() - scheduled[began]
        for event in events
        if (began := event.activity_task_completed_event_attributes.scheduled_event_id) in scheduled
    )
    return sum(completed) / 1e9


@asynccontextmanager
async def parts(postgres: EmbeddedPostgres, clock: GuardClock) -> AsyncIterator[Client]:
    """Temporal, all workers, on whose guards the clock looks, and the scripted model."""
    async with AsyncExitStack() as stack:
        environment = await stack.enter_async_context(await dev_server())
        model = await stack.enter_async_context(ScriptedModel(_answer))
        settings = RoleSettings(
            worker=WorkerSettings(task_queue_prefix=PREFIX, tenant=TENANT),
            model=ModelSettings(model_url=model.base_url, model_name="scripted", model_concurrency=50),
            approvals=approvals_settings(postgres),
            tools=tools_settings(postgres),
        )
        client = environment.client
        clocked = Client(
            client.service_client, namespace=client.namespace, data_converter=CONVERTER, interceptors=[clock]
        )
        for worker in await stack.enter_async_context(role_workers(clocked, ROLES, settings)):
            await stack.enter_async_context(worker)
        engine = create_engine(postgres.owner_url)
        stack.push_async_callback(engine.dispose)
        by_hand = PlainActivities(engine)
        await stack.enter_async_context(
            Worker(
                environment.client,
                task_queue="bench-plain",
                workflows=[PlainWorkflow],
                activities=[by_hand.list_orders, by_hand.cancel, by_hand.refund],
            )
        )
        yield environment.client


def _answer(request: dict[str, object]) -> dict[str, object]:
    # The last order that the prompt names is the customer's own.
    order_id = re.findall(r"#W\d{7}", str(request["messages"]))[-1]
    arguments = {"order_id": order_id, "reason": "no longer needed", "clause": "CANCEL-PENDING"}
    return {"rationale": "It is asked for.", "proposal": {"event": "cancel", **arguments}}


async def seed(postgres: EmbeddedPostgres, customers: int) -> list[str]:
    """Customers with one pending order each."""
    engine = create_engine(postgres.owner_url)
    names = [f"bench_{number:07}" for number in range(customers)]
    lamp = DemoItem(name="Desk lamp", price="54.10")
    for number, name in enumerate(names):
        await store(engine, demo_customer(name, [DemoOrder(order_id=f"#W{number:07}", items=(lamp,))]))
    await engine.dispose()
    return names


def report(ours: Figures, theirs: Figures, in_flight: int) -> Table:
    """Both side by side, and the ratio."""
    table = Table(title=f"Orchestration overhead ({os.cpu_count()} cores, {platform.machine()})")
    for column in ("", "Leverframe", "plain Temporal", "ratio"):
        table.add_column(column, justify="right" if column else "left")
    rows = {
        "start → waiting, p50 ms": "to_waiting_p50",
        "start → waiting, p95 ms": "to_waiting_p95",
        "approval → done, p50 ms": "to_done_p50",
        "approval → done, p95 ms": "to_done_p95",
        f"actions/s, {in_flight} in flight": "per_second",
        "history events": "events",
        "activities": "activities",
    }
    for words, name in rows.items():
        one, other = getattr(ours, name), getattr(theirs, name)
        table.add_row(words, f"{one:.1f}", f"{other:.1f}", f"{one / other:.2f}")
    return table


async def main(alone: int, load: int, in_flight: int, output: Path | None) -> None:
    with tempfile.TemporaryDirectory() as folder, start_postgres(Path(folder)) as postgres:
        names = await seed(postgres, 2 * (alone + load + 3))
        half = len(names) // 2
        clock = GuardClock()
        async with parts(postgres, clock) as client:
            theirs, _ = await measure(client, plain, names[:half], load, in_flight)
            ours, runs = await measure(client, leverframe, names[half:], load, in_flight)
            guards = await measure_guards(client, clock, runs)
    tokens = measure_tokens()
    Console().print(report(ours, theirs, in_flight), report_guards(guards), report_tokens(tokens))
    if output:
        figures = {
            "leverframe": asdict(ours),
            "plain": asdict(theirs),
            "guards": asdict(guards),
            "tokens": asdict(tokens),
        }
        output.write_text(json.dumps(figures, indent=1) + "\n")
