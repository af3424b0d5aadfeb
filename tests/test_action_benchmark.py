"""The benchmark of actions, in a small form: every way is played, and every figure of the table is there."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from benchmarks import growth, plain, scripted, telling
from benchmarks.actions import Bench, Sizes, Turns, measure, seed
from benchmarks.patience import Patience
from benchmarks.results import Measured, machine
from benchmarks.ways import ACTION, NAIVE, QUEUED, Played, by_hand, leverframe
from leverframe.contracts.names import ROLES, task_queue
from leverframe.operators import Operators
from tests.support.rig import Rig
from worker.testing.keys import capability
from worker.testing.postgres import libpq

SMALL = Sizes(alone=2, load=2, in_flight=2, waiting=2, warm=1, counted=1)


@asynccontextmanager
async def written_by_hand(rig: Rig, client: Client) -> AsyncIterator[None]:
    """Its workers, in this process."""
    queues = {task_queue("workflows", NAIVE): list(plain.ROLES)}
    queues |= {task_queue(role, QUEUED): [role] for role in plain.ROLES}
    serving = asyncio.create_task(plain.serve(queues, client, rig.database.owner_url, rig.model.base_url))
    yield
    serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving


async def test_every_way_is_measured_in_all_its_figures(
    rig: Rig, temporal: WorkflowEnvironment, postgres_state: Path
) -> None:
    rig.script[:] = [scripted.answer]
    client = await Client.connect(temporal.client.service_client.config.target_host)
    started = []

    async def fresh() -> None:
        started.append("workflows")

    names = ("client", "PostgreSQL", "Temporal", "model", "key service", *ROLES)
    hands = (f"{NAIVE} workflows", *(f"{QUEUED} {role}" for role in plain.ROLES))
    by_name = {name: os.getpid() for name in (*names, *hands)}
    bench = Bench(lambda: by_name, libpq(rig.database.owner_url), postgres_state / "postgres" / "log", fresh)
    ours = leverframe(rig.service, rig.client, lambda who: capability(who, action=ACTION))
    async with written_by_hand(rig, client):
        found = await measure(bench, ours, [by_hand(client, QUEUED), by_hand(client, NAIVE)], SMALL, Turns())

    assert started == ["workflows"]
    assert list(found) == ["Leverframe", "plain, by role queues", "plain"]
    naive = found["plain"]
    assert (naive.events, naive.activities, naive.billable) == (39, 5, 7)
    for figures in found.values():
        assert figures.to_waiting_p50 > 0 < figures.to_done_p50
        assert figures.per_second > 0
        assert figures.statements > figures.statements_without_frames > 0
        assert sum(figures.cpu_alone.values()) > 0 < sum(figures.cpu_loaded.values())
    assert found["Leverframe"].waiting_megabytes is not None
    counts = await rig.sql("SELECT count(*) FROM shop.order_payments WHERE transaction_type = 'refund'")
    played = SMALL.alone + SMALL.load + SMALL.warm + SMALL.counted
    assert counts == [{"count": 3 * played}], "each action refunded once"
    await grows(rig, bench, ours)
    measured = Measured(machine=machine(), in_flight=2, alone=2, load=2, ways=found)
    for words, values in telling.rows(measured):
        assert len(values) == 3, words
        assert values[0] != "–", words


async def grows(rig: Rig, bench: Bench, ours: Played) -> None:
    """With copies of an action's entries in the ledger, and others that wait, an action is done as before."""
    (customer,) = await seed(bench, 1, 9_000)
    run = await ours.play(customer, Patience())
    there = await asyncio.to_thread(growth.copy_entries, bench, run.id, 1_000)
    assert await rig.sql("SELECT count(*) FROM leverframe.ledger") == [{"count": there}]
    assert there >= 1_000
    await growth.leave_waiting(rig.client, 3)
    (customer,) = await seed(bench, 1, 9_001)
    await ours.play(customer, Patience())


def test_the_operators_of_the_growth_are_a_directory_that_loads(tmp_path: Path) -> None:
    (tmp_path / "operators.toml").write_text(growth.people(20))
    assert len([*Operators.load(tmp_path / "operators.toml", "signed")]) == 20
