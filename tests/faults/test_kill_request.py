"""``kill -9`` around a request to a system outside: it happens once, and the next try knows of the first."""

import asyncio
import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from leverframe.contracts.calling import CallRequest
from tests.faults.doomed_request import CALL, DURING, POINTS
from tests.support.contracts_system import PATH, Contracts, ending, tools
from tests.support.rest_system import SERVICE, RestSystem
from tests.support.two_customers import ANN, CARD_ORDER, Action, Sql
from tests.tools.http import contracts as declared
from tools.outside import Outside
from worker.testing.postgres import Database

LEFT = {
    POINTS[0]: (0, "sending"),
    DURING: (1, "sending"),
    POINTS[1]: (1, "sending"),
    POINTS[2]: (1, "answered"),
    POINTS[3]: (1, "answered"),
}
"""What has happened by then, and what the outbox says."""


@pytest.mark.parametrize("knows_keys", [True, False], ids=["keys", "markers"])
@pytest.mark.parametrize("point", LEFT)
async def test_killed(
    action: Action, rest: RestSystem, database: Database, sql: Sql, tmp_path: Path, point: str, knows_keys: bool
) -> None:
    rest.has(PATH, ANN, status="running")
    rest.knows_keys = knows_keys
    action = replace(action, outside=Outside(Contracts(rest.url, knows_keys)), tools=tools())
    plan = await action.preview(ending())
    request = CallRequest(action_id=action.id, capability=action.approved(plan.digest), planned=ending(), approved=plan)
    told = {
        "point": point,
        "database": database.tools_url,
        "scope_key": database.scope_key,
        "url": rest.url,
        "knows_keys": knows_keys,
        "request": request.model_dump(mode="json"),
    }
    if point == DURING:
        rest.goes_wrong("timeout after")
    with (tmp_path / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.doomed_request", env=os.environ | {CALL: json.dumps(told)},
            stdout=log, stderr=log,
        )  # fmt: skip
    if point == DURING:
        await asyncio.wait_for(rest.struck.wait(), 60)
        process.kill()
    assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL, (tmp_path / "log").read_text()

    happened, state = LEFT[point]
    assert len(rest.effects) == happened
    assert await sql("SELECT state, tries FROM leverframe.outbox") == [(state, 1)]
    committed = point == POINTS[3]
    assert await sql("SELECT count(*) FROM leverframe.ledger") == [(int(committed),)]
    assert (await action.run(ending(), plan)).status == "succeeded"
    assert len(rest.effects) == 1
    assert await sql("SELECT state FROM leverframe.outbox") == [("answered",)]
    assert await sql(f"SELECT status FROM shop.orders WHERE order_id = '{CARD_ORDER}'") == [("cancelled",)]
    assert await sql("SELECT count(*) FROM leverframe.ledger WHERE kind = 'effect'") == [(1,)]


@pytest.mark.parametrize("point", POINTS)
async def test_killed_in_a_tool_that_is_made_of_declarations(
    action: Action, rest: RestSystem, database: Database, sql: Sql, tmp_path: Path, point: str
) -> None:
    rest.has(PATH, ANN, delivery="daily")
    client = declared.Contracts(rest.url, token=SecretStr(SERVICE), private=["127.0.0.0/8"])
    action = replace(action, outside=Outside(client), tools=declared.tools())
    call = declared.delivering()
    plan = await action.preview(call)
    request = CallRequest(action_id=action.id, capability=action.approved(plan.digest), planned=call, approved=plan)
    told = {
        "point": point,
        "database": database.tools_url,
        "scope_key": database.scope_key,
        "url": rest.url,
        "declared": True,
        "request": request.model_dump(mode="json"),
    }
    with (tmp_path / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.doomed_request", env=os.environ | {CALL: json.dumps(told)},
            stdout=log, stderr=log,
        )  # fmt: skip
    assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL, (tmp_path / "log").read_text()
    happened, state = LEFT[point]
    assert len(rest.effects) == happened
    assert await sql("SELECT state, tries FROM leverframe.outbox") == [(state, 1)]
    assert (await action.run(call, plan)).status == "succeeded"
    assert (len(rest.effects), rest.resources[PATH]["delivery"]) == (1, "weekend")
    assert await sql("SELECT state FROM leverframe.outbox") == [("answered",)]
    assert await sql("SELECT count(*) FROM leverframe.ledger WHERE kind = 'effect'") == [(1,)]
    await client.close()
