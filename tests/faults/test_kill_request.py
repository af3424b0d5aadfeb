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
from tests.faults.doomed_request import DURING, POINTS
from tests.support.asked_outside import CALLS, Asked
from tests.support.two_customers import Sql
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


@pytest.mark.parametrize("point", LEFT)
@pytest.mark.parametrize("asked", CALLS, indirect=True)
async def test_killed(asked: Asked, database: Database, sql: Sql, doomed: Process, point: str) -> None:
    action, call = asked.action, asked.call
    plan = await action.preview(call)
    request = CallRequest(action_id=action.id, capability=action.approved(plan.digest), planned=call, approved=plan)
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

    happened_by_then, state = LEFT[point]
    assert asked.happened() == happened_by_then
    assert await sql("SELECT state, tries FROM leverframe.outbox") == [(state, 1)]
    effects = "SELECT count(*) FROM leverframe.ledger WHERE kind = 'effect'"
    assert await sql(effects) == [(int(point == POINTS[3]),)]
    assert (await action.run(call, plan)).status == "succeeded"
    assert asked.happened() == 1
    assert await sql("SELECT state FROM leverframe.outbox") == [("answered",)]
    assert await sql(effects) == [(1,)]
