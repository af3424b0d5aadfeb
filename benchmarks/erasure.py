"""What erasing a customer takes, by the number of their orders: ``python -m benchmarks.erasure``.

On a fresh embedded PostgreSQL, through the product's own preview and execution, with sealed bodies as in production.
CPU seconds are those of the tools' process and of the database's, together: they do not depend on what else runs.
Exits with 1 when an order among many costs much more than one among few.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.auditing import machine
from leverframe.call_timeouts import attempt
from leverframe.contracts.plan import PlannedCall
from leverframe.subject_keys import SubjectKeys
from tests.support.many_orders import store_orders
from tests.support.two_customers import Action
from tools.scope import ScopedSessions, create_engine
from worker.embedded.postgres import start_postgres
from worker.keys.store import KeyStore
from worker.testing.keys import PAYLOADS

ORDERS = (100, 400, 1600, 3200)
MOST = 1.6
"""How many times as much an order may cost among the most as among the fewest: a square would be 32 times."""


@dataclass(frozen=True)
class Cost:
    """What one erasure took."""

    orders: int
    changes: int
    """Of its plan."""
    preview: float
    """CPU seconds of the database and of Python, as those of ``execution``."""
    execution: float
    seconds: float
    """Of the execution by the clock."""

    @property
    def per_order(self) -> float:
        """CPU milliseconds of both for each order."""
        return 1000 * (self.preview + self.execution) / self.orders


async def measure(orders: Sequence[int]) -> list[Cost]:
    """Erase a customer for each number of orders, in a database of its own."""
    async with AsyncExitStack() as stack:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leverframe-bench-")))
        postgres = stack.enter_context(start_postgres(state, durable=False))
        # One connection, so that all is done by one process of the database.
        owner, tools, keys = (
            create_engine(url, pool_size=1) for url in (postgres.owner_url, postgres.tools_url, postgres.keys_url)
        )
        for engine in (owner, tools, keys):
            stack.push_async_callback(engine.dispose)
        store = KeyStore(keys, PAYLOADS)
        sessions = ScopedSessions(tools, postgres.scope_key, SubjectKeys(store))
        async with tools.connect() as connection:
            pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        database = psutil.Process(pid)
        await _erased(owner, store, sessions, database, 1)
        return [await _erased(owner, store, sessions, database, count) for count in orders]


async def _erased(
    owner: AsyncEngine, store: KeyStore, sessions: ScopedSessions, database: psutil.Process, orders: int
) -> Cost:
    customer = f"ida_holm_{orders}"
    await store_orders(owner, customer, orders, first=1_000_000 + orders * 1000)
    await store.ensure(f"{orders:016x}")
    action = Action(sessions, id=f"customer_erasure-{orders:016x}-000000000001", subject=customer)
    arguments = {"replacement": f"erased-{orders:032x}"}
    erasing = PlannedCall(call="erasing", key="erasing#1", tool="customers.erase", arguments={**arguments})
    begun = _cpu(database)
    plan = await action.preview(erasing)
    previewed, started = _cpu(database), time.perf_counter()
    result = await action.run(erasing, plan)
    if result.status != "succeeded":
        raise RuntimeError(f"the erasure of {orders} orders ended {result.status}: {result.message}")
    return Cost(
        orders,
        len(plan.calls[0].changes),
        previewed - begun,
        _cpu(database) - previewed,
        time.perf_counter() - started,
    )


def _cpu(database: psutil.Process) -> float:
    times = database.cpu_times()
    return time.process_time() + float(times.user) + float(times.system)


def growth(costs: Sequence[Cost]) -> float:
    """How many times as much an order costs among the most as among the fewest."""
    return costs[-1].per_order / costs[0].per_order


def told(costs: Sequence[Cost]) -> Table:
    """All figures."""
    table = Table(title="Erasing a customer: CPU seconds of the database and of Python", caption=machine())
    for column in ("orders", "changes", "preview", "execution", "together", "ms per order", "s by the clock", "limit"):
        table.add_column(column, justify="right")
    for cost in costs:
        table.add_row(
            f"{cost.orders:,}",
            f"{cost.changes:,}",
            f"{cost.preview:.2f}",
            f"{cost.execution:.2f}",
            f"{cost.preview + cost.execution:.2f}",
            f"{cost.per_order:.2f}",
            f"{cost.seconds:.1f}",
            f"{attempt(cost.changes).total_seconds():.0f} s",
        )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.erasure", description=__doc__)
    parser.add_argument("--orders", type=int, nargs="+", default=ORDERS, help="customers with so many, few first")
    parser.add_argument("--most", type=float, default=MOST, help="times an order may cost among the most of the fewest")
    options = parser.parse_args()
    costs = asyncio.run(measure(options.orders))
    console = Console(width=120)
    console.print(told(costs))
    grown = growth(costs)
    said = f"An order costs {grown:.2f} times as much among {costs[-1].orders:,} as among {costs[0].orders:,}"
    if grown > options.most:
        sys.exit(f"Too much: {said}, and may cost {options.most:g} times as much.")
    console.print(f"{said}; it may cost {options.most:g} times as much.", highlight=False)


if __name__ == "__main__":
    main()
