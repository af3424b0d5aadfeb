"""Actions in every way, in turns: one at a time for the times, and many in flight for what a machine carries."""

import asyncio
import fcntl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from benchmarks.histories import history
from benchmarks.patience import Patience
from benchmarks.processes import cpu, resident
from benchmarks.results import Figures
from benchmarks.statements import counting
from benchmarks.ways import Played, Run, Way
from tools.scope import create_engine
from tools.shop.generator import DemoItem, DemoOrder, demo_customer
from tools.shop.store import store

ROUNDS = 5
"""Each way has so many turns."""


@dataclass(frozen=True)
class Bench:
    """What measures."""

    processes: Callable[[], Mapping[str, int]]
    """Process ids by name, as they are now."""
    owner: str
    """The database's superuser's connection string, as libpq takes it."""
    log: Path
    """Where the database's server writes its log."""
    fresh: Callable[[], Awaitable[None]]
    """Begins the workflow worker anew."""


@dataclass(frozen=True)
class Sizes:
    """How many actions of each way."""

    alone: int = 40
    """One after the other, for the times."""
    load: int = 200
    """For the throughput."""
    in_flight: int = 50
    """Of which so many at a time."""
    waiting: int = 100
    """Left waiting, for the memory that they take."""
    warm: int = 3
    """Before anything is measured."""
    counted: int = 4
    """Whose statements are counted, and as many histories."""

    @property
    def customers(self) -> int:
        return self.warm + self.alone + self.load + self.counted


@dataclass
class Block:
    """What was measured of one way in its turns of one kind."""

    runs: list[Run] = field(default_factory=list)
    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    """Milliseconds by part."""

    def each(self) -> dict[str, float]:
        """Milliseconds of each part for one action."""
        return {name: taken / len(self.runs) for name, taken in self.cpu.items()}


@dataclass(frozen=True)
class Turns:
    """Whose turn it is, also among processes that name the same file."""

    file: Path | None = None

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        if self.file is None:
            yield
            return
        with self.file.open("a") as held:
            await asyncio.to_thread(fcntl.flock, held, fcntl.LOCK_EX)
            yield
        await asyncio.sleep(0.2)  # The others wait already.


async def seed(bench: Bench, number: int, first: int = 0) -> list[str]:
    """Customers with one pending order each, numbered from the first."""
    engine = create_engine(bench.owner.replace("postgresql:", "postgresql+psycopg:", 1))
    names = [f"bench_{one:07}" for one in range(first, first + number)]
    lamp = DemoItem(name="Desk lamp", price="54.10")
    for one, name in enumerate(names, first):
        await store(engine, demo_customer(name, [DemoOrder(order_id=f"#W{one:07}", items=(lamp,))]))
    await engine.dispose()
    return names


async def measure(bench: Bench, ours: Played, others: Sequence[Way], sizes: Sizes, turns: Turns) -> dict[str, Figures]:
    """The figures of each way, by its name."""
    ways = (ours, *others)
    seeded = await seed(bench, len(ways) * sizes.customers + sizes.waiting + sizes.warm)
    customers = {way.name: [seeded.pop() for _ in range(sizes.customers)] for way in ways}
    patience = {way.name: (Patience(), Patience()) for way in ways}
    alone = {way.name: Block() for way in ways}
    loaded = {way.name: Block() for way in ways}
    for way in ways:
        await block(bench, way, customers[way.name], sizes.warm, 1, patience[way.name][0], Block())
    for size, in_flight, found in ((sizes.alone, 1, alone), (sizes.load, sizes.in_flight, loaded)):
        for number in _shares(size, ROUNDS if in_flight == 1 else max(1, min(ROUNDS, size // in_flight))):
            for way in ways:
                async with turns.one():
                    using = patience[way.name][in_flight > 1]
                    await block(bench, way, customers[way.name], number, in_flight, using, found[way.name])
    figures = {}
    for way in ways:
        said = await _statements(bench, way, customers[way.name][: sizes.counted], patience[way.name][0])
        figures[way.name] = await _figures(way, alone[way.name], loaded[way.name], said, sizes.counted)
    memory = await waiting_memory(bench, ours, seeded[: sizes.warm], seeded[sizes.warm :])
    return figures | {ours.name: figures[ours.name].model_copy(update={"waiting_megabytes": memory})}


def _shares(size: int, rounds: int) -> list[int]:
    return [size // rounds + (one < size % rounds) for one in range(rounds) if size // rounds + (one < size % rounds)]


async def block(
    bench: Bench, way: Way, customers: list[str], number: int, in_flight: int, patience: Patience, found: Block
) -> None:
    """Play the next of the customers, and add what that took to what was found."""
    places = asyncio.Semaphore(in_flight)

    async def one(customer: str) -> Run:
        async with places:
            return await way.play(customer, patience)

    processes = {name: pid for name, pid in bench.processes().items() if name in way.parts}
    before, started = cpu(processes), time.perf_counter()
    found.runs += await asyncio.gather(*(one(customers.pop()) for _ in range(number)))
    found.seconds += time.perf_counter() - started
    for name, seconds in cpu(processes).items():
        found.cpu[name] = found.cpu.get(name, 0.0) + 1000 * (seconds - before[name])


async def _statements(bench: Bench, way: Way, customers: Sequence[str], patience: Patience) -> tuple[float, float]:
    """For one action: all, and without those that open and end transactions; what idle processes send is taken off."""
    async with counting(bench.owner, bench.log) as found:
        started = time.perf_counter()
        for customer in customers:
            await way.play(customer, patience)
        took = time.perf_counter() - started
    async with counting(bench.owner, bench.log) as idle:
        await asyncio.sleep(took)
    every, frames = found.all.total() - idle.all.total(), found.frames.total() - idle.frames.total()
    return every / len(customers), (every - frames) / len(customers)


async def _figures(way: Way, alone: Block, loaded: Block, said: tuple[float, float], counted: int) -> Figures:
    waiting, done = [1000 * run.to_waiting for run in alone.runs], [1000 * run.to_done for run in alone.runs]
    histories = [await history(way.client, run.id) for run in alone.runs[-counted:]]
    return Figures(
        to_waiting_p50=median(waiting),
        to_waiting_p95=quantiles(waiting, n=20)[-1],
        to_done_p50=median(done),
        to_done_p95=quantiles(done, n=20)[-1],
        per_second=len(loaded.runs) / loaded.seconds,
        cpu_alone=alone.each(),
        cpu_loaded=loaded.each(),
        events=median(one.events for one in histories),
        kilobytes=median(one.kilobytes for one in histories),
        activities=median(one.activities for one in histories),
        billable=median(one.billable for one in histories),
        statements=said[0],
        statements_without_frames=said[1],
    )


async def waiting_memory(bench: Bench, way: Played, warm: Sequence[str], customers: Sequence[str]) -> float:
    """Megabytes of the workflow worker for one action that waits; in a fresh worker, for what ended leaves room."""
    await bench.fresh()
    await left_waiting(way, warm)
    pid = bench.processes()["workflows"]
    before = resident(pid)
    await left_waiting(way, customers)
    return (resident(pid) - before) / len(customers) / 2**20


async def left_waiting(way: Played, customers: Sequence[str]) -> None:
    """An action of each customer, until it waits for a person."""
    patience, places = Patience(), asyncio.Semaphore(10)

    async def one(customer: str) -> None:
        async with places:
            action = await way.start(customer)
            await patience.until(lambda: way.waiting(action))

    await asyncio.gather(*map(one, customers))
