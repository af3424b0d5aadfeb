"""Everything is killed, stopped and filled up while actions run: ``python -m tests.faults.chaos --minutes 10``.

The embedded services and workers, each a process of its own, with a scripted model that takes whatever lever is
offered. Every few seconds one of them is killed (SIGKILL) or stalls (SIGSTOP), or the disk is full. What matters is
counted in the database afterwards: no money twice, none without its cancellation, no problem in the ledger, and every
action at its end. Exits with 1 where one of these does not hold.
"""

import argparse
import asyncio
import contextlib
import os
import platform
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import psutil  # type: ignore[import-untyped]
from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from audit.audit import audit_all
from leverframe import Leverframe
from leverframe.errors import ActionFailed, LeverframeError
from tests.faults.breaking import Service, full_disk, small_disk, watch
from tools.scope import create_engine
from tools.shop.generator import DemoItem, DemoOrder, demo_customer
from tools.shop.store import store
from worker.cli.operate import sdk
from worker.embedded.stack import Stack, embedded_stack
from worker.keys.issuing import Issuer
from worker.settings.base import load
from worker.settings.llm import ModelSettings
from worker.settings.service import ServiceSettings
from worker.settings.shared import WorkerSettings
from worker.testing.scripted_model import ScriptedModel, greedy

ACTION, WISH = "order_cancellation", "cancel my lamp, I no longer need it"
AT_ONCE = 4
PAUSE = (1.0, 8.0)
"""Seconds between two faults."""
STALL = (3.0, 20.0)
"""Seconds of a stall or of a full disk."""
DISK = "2g"
ENDS_WITHIN = 600.0
"""Seconds that what still runs is given once everything works again."""
TRIES_AGAIN_AFTER = 0.5
PASSING = (LeverframeError, RPCError, OSError, SQLAlchemyError, RuntimeError)
"""What a client is told while something is away; Temporal's core says RuntimeError of a refused connection."""

T = TypeVar("T")


@dataclass
class Figures:
    """What was done, and what came of it."""

    started: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    stalls: Counter[str] = field(default_factory=Counter)
    full_disks: int = 0
    refunded_twice: int = 0
    unequal: int = 0
    """Orders that are cancelled and not refunded, or the other way round."""
    problems: int = 0
    """Of the ledger, as the audit finds them."""

    @property
    def hold(self) -> bool:
        ended = sum(self.outcomes.values()) == len(self.started)
        return ended and not (self.refunded_twice or self.unequal or self.problems)


async def chaos(minutes: float, seed: int, state: Path, disk: bool) -> Figures:
    """Run for so long, and then until everything has ended. ``disk``: the state lies on a disk that may be filled."""
    figures, chance = Figures(), random.Random(seed)
    async with ScriptedModel(greedy) as model:
        answering = ModelSettings(model_url=model.base_url, model_name="scripted")
        async with embedded_stack(state, model=answering) as stack, client(stack) as service:
            services = services_of(stack)
            watching = asyncio.create_task(watch(services))
            try:
                end = time.monotonic() + minutes * 60
                breaking = asyncio.create_task(break_things(services, figures, chance, end, state if disk else None))
                async with asyncio.TaskGroup() as lives:
                    for lane in range(AT_ONCE):
                        lives.create_task(live(stack, service, figures, lane, end))
                await breaking
                await count(stack, figures)
            finally:
                watching.cancel()
                for broken in services:
                    broken.end()
    return figures


@contextlib.asynccontextmanager
async def client(stack: Stack) -> AsyncIterator[Leverframe]:
    os.environ.update(stack.environment)
    async with sdk(service=load(ServiceSettings)) as service:
        yield service


def services_of(stack: Stack) -> list[Service]:
    """Every process but the model's, which is a double here."""
    folder = stack.state_dir / "postgres"
    postmaster = psutil.Process(int((folder / "postmaster.pid").read_text().splitlines()[0]))
    lock = Path(postmaster.cmdline()[postmaster.cmdline().index("-k") + 1]) / ".s.PGSQL.5432.lock"
    managed = {
        "Temporal": stack.temporal.process,
        "key service": stack.keys.process,
        **{f"worker {role}": process for role, process in stack.workers.processes.items()},
    }
    return [
        Service("PostgreSQL", postmaster, (folder / "postmaster.pid", lock)),
        *(Service(name, psutil.Process(process.pid)) for name, process in managed.items()),
    ]


async def break_things(
    services: list[Service], figures: Figures, chance: random.Random, end: float, disk: Path | None
) -> None:
    faults = ["kill"] * 6 + ["stall"] * 2 + (["full disk"] if disk else [])
    while time.monotonic() < end:
        await asyncio.sleep(chance.uniform(*PAUSE))
        fault, service = chance.choice(faults), chance.choice(services)
        if fault == "kill":
            service.kill()
            figures.kills[service.name] += 1
        elif fault == "stall":
            figures.stalls[service.name] += 1
            await service.stall(chance.uniform(*STALL))
        elif disk:
            figures.full_disks += 1
            async with full_disk(disk):
                await asyncio.sleep(chance.uniform(*STALL))


async def live(stack: Stack, service: Leverframe, figures: Figures, lane: int, end: float) -> None:
    """One customer after the other asks, and what waits is approved, whatever fails meanwhile."""
    issuer = Issuer(load(ServiceSettings), load(WorkerSettings).tenant)
    number = 0
    while time.monotonic() < end:
        number += 1
        order_id = f"#W{lane:02}{number:05}"
        subject = f"customer_{lane}_{number}"
        await persist(partial(fill, stack, subject, order_id))
        right = issuer.mint(ACTION, subject=subject, requester="storefront")
        action = await persist(partial(service.start, ACTION, request_id=subject, capability=right, text=WISH))
        figures.started.append(action)
        async with asyncio.timeout(ENDS_WITHIN + max(0.0, end - time.monotonic())):
            figures.outcomes[await until_ended(service, action)] += 1


async def fill(stack: Stack, subject: str, order_id: str) -> None:
    engine = create_engine(stack.postgres.owner_url)
    try:
        order = DemoOrder(order_id=order_id, items=(DemoItem(name="Desk lamp", price="54.10"),))
        await store(engine, demo_customer(subject, [order]))
    finally:
        await engine.dispose()


async def persist(ask: Callable[[], Awaitable[T]]) -> T:
    """As a client that tries again: what was asked before and counts is not done twice."""
    while True:
        with contextlib.suppress(*PASSING):
            return await ask()
        await asyncio.sleep(TRIES_AGAIN_AFTER)


async def until_ended(service: Leverframe, action: str) -> str:
    """Approve whatever waits; return how the action ended."""
    while True:
        status = await persist(partial(service.status, action))
        if status.awaiting == "operator" and status.plan is not None:
            with contextlib.suppress(*PASSING):
                await service.approve(action, status.plan.code)
        try:
            return (await service.result(action, within=TRIES_AGAIN_AFTER)).kind
        except ActionFailed:
            return "failed"
        except PASSING:
            continue


async def count(stack: Stack, figures: Figures) -> None:
    """What became of orders and money, and whether the ledger holds."""
    owner, auditor = create_engine(stack.postgres.owner_url), create_engine(stack.postgres.auditor_url)
    try:
        async with owner.connect() as connection:
            rows = (await connection.execute(text(STATES))).all()
        figures.refunded_twice = sum(row.refunds > 1 for row in rows)
        figures.unequal = sum((row.status == "cancelled") != (row.refunds == 1) for row in rows)
        figures.problems = sum(len(audit.problems) for audit in await audit_all(auditor, stack.people))
    finally:
        await owner.dispose()
        await auditor.dispose()


STATES = """SELECT o.status, count(p.*) FILTER (WHERE p.transaction_type = 'refund') AS refunds
FROM shop.orders o LEFT JOIN shop.order_payments p USING (order_id)
WHERE o.customer_id LIKE 'customer%' GROUP BY o.order_id, o.status"""


def show(figures: Figures, console: Console) -> None:
    table = Table("what", "count", title="Chaos")
    table.add_row("actions started", str(len(figures.started)))
    for kind, number in sorted(figures.outcomes.items()):
        table.add_row(f"  ended {kind}", str(number))
    table.add_row("kill -9", str(sum(figures.kills.values())))
    for name, number in sorted(figures.kills.items()):
        table.add_row(f"  {name}", str(number))
    table.add_row("stalls", str(sum(figures.stalls.values())))
    table.add_row("full disks", str(figures.full_disks))
    table.add_row("money moved twice", str(figures.refunded_twice))
    table.add_row("cancelled and not refunded, or refunded and not cancelled", str(figures.unequal))
    table.add_row("problems in the ledger", str(figures.problems))
    console.print(table)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--minutes", type=float, default=10.0)
    arguments.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    chosen, console = arguments.parse_args(), Console()
    console.print(f"{platform.platform()}, {os.cpu_count()} cores, seed {chosen.seed}, {chosen.minutes} minutes")
    disk = os.geteuid() == 0 and sys.platform == "linux"
    if not disk:
        console.print("Without root there is no disk to fill: the others only.")
    with (
        tempfile.TemporaryDirectory(prefix="leverframe-chaos-") as folder,
        small_disk(Path(folder), DISK) if disk else contextlib.nullcontext(),
    ):
        figures = asyncio.run(chaos(chosen.minutes, chosen.seed, Path(folder) / "state", disk))
    show(figures, console)
    return 0 if figures.hold else 1


if __name__ == "__main__":
    sys.exit(main())
