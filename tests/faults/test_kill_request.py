"""``kill -9`` around a request to a system outside: it happens once, and the next try knows of the first."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator

import pytest

from leverframe.contracts.calling import CallRequest
from leverframe.contracts.plan import Plan
from tests.faults.doomed_request import BETWEEN, DURING, POINTS
from tests.support.asked_outside import CALLS, Asked
from tests.support.two_customers import GIFT_ORDER, Sql, cancelling
from worker.testing.postgres import Database
from worker.testing.waiting import until

LEFT = {
    POINTS[0]: (0, "sending"),
    DURING: (1, "sending"),
    POINTS[1]: (1, "sending"),
    POINTS[2]: (1, "answered"),
    POINTS[3]: (1, "answered"),
}
"""What has happened by then, and what the outbox says."""
EFFECTS = "SELECT count(*) FROM leverframe.ledger WHERE kind = 'effect'"
CANCELLED = f"SELECT count(*) FROM shop.orders WHERE order_id = '{GIFT_ORDER}' AND status = 'cancelled'"


@pytest.fixture(scope="module")
async def doomed() -> AsyncIterator[Process]:
    """Makes calls, each in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.doomed_request", stdin=PIPE, stdout=PIPE
    )
    yield process
    process.kill()
    await process.wait()


async def told(process: Process) -> int:
    assert process.stdout is not None
    return int(await asyncio.wait_for(process.stdout.readline(), 60))


async def run_doomed(asked: Asked, database: Database, doomed: Process, plan: Plan, point: str) -> None:
    """Have the whole plan carried out by a process that is killed at this point."""
    first, *rest = (call.planned for call in plan.calls)
    token = asked.action.approved(plan.digest)
    request = CallRequest(action_id=asked.action.id, capability=token, planned=first, approved=plan, rest=tuple(rest))
    line = {
        "point": point,
        "kind": asked.kind,
        "url": asked.url,
        "database": database.tools_url,
        "scope_key": database.scope_key,
        "request": request.model_dump(mode="json"),
    }
    if point == DURING:
        asked.loses()
    assert doomed.stdin is not None
    doomed.stdin.write(json.dumps(line).encode() + b"\n")
    child = await told(doomed)
    if point == DURING:

        async def happened() -> int:
            return asked.happened()

        await until(happened, bool)
        os.kill(child, signal.SIGKILL)
    assert await told(doomed) == -signal.SIGKILL


@pytest.mark.parametrize("point", LEFT)
@pytest.mark.parametrize("asked", CALLS, indirect=True)
async def test_killed(asked: Asked, database: Database, sql: Sql, doomed: Process, point: str) -> None:
    action, call = asked.action, asked.call
    plan = await action.preview(call)
    await run_doomed(asked, database, doomed, plan, point)

    happened_by_then, state = LEFT[point]
    assert asked.happened() == happened_by_then
    assert await sql("SELECT state, tries FROM leverframe.outbox") == [(state, 1)]
    assert await sql(EFFECTS) == [(int(point == POINTS[3]),)]
    assert (await action.run(call, plan)).status == "succeeded"
    assert asked.happened() == 1
    assert await sql("SELECT state FROM leverframe.outbox") == [("answered",)]
    assert await sql(EFFECTS) == [(1,)]


@pytest.mark.parametrize("point", [BETWEEN, *LEFT])
@pytest.mark.parametrize("asked", ["stripe"], indirect=True)
async def test_killed_in_a_plan_that_is_carried_out_at_once(
    asked: Asked, database: Database, sql: Sql, doomed: Process, point: str
) -> None:
    """An order is cancelled, and money sent back: whoever looks in between sees both or neither."""
    action, calls = asked.action, (cancelling(GIFT_ORDER), asked.call)
    plan = await action.preview(*calls)
    await run_doomed(asked, database, doomed, plan, point)

    committed = point == POINTS[3]
    assert asked.happened() == (LEFT[point][0] if point in LEFT else 0)
    assert await sql("SELECT state FROM leverframe.outbox") == ([(LEFT[point][1],)] if point in LEFT else [])
    assert await sql(EFFECTS) == [(2 * committed,)]
    assert await sql(CANCELLED) == [(int(committed),)]
    for _ in range(2):
        assert (await action.run(calls[0], plan, calls[1:])).status == "succeeded"
        assert asked.happened() == 1
        assert await sql("SELECT state FROM leverframe.outbox") == [("answered",)]
        assert await sql(EFFECTS) == [(2,)]
        assert await sql(CANCELLED) == [(1,)]
