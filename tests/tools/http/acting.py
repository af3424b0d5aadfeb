"""One action of Ann's at the contracts, as its workflow would drive it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from leverframe.contracts.calling import CallResult
from leverframe.contracts.plan import Plan, PlannedCall
from tests.support.rest_system import SERVICE, RestSystem
from tests.support.two_customers import ANN, BOB, Action, Sql
from tests.tools.http.contracts import PATH, Contracts, tools
from tools.errors import Unreachable
from tools.outside import Outside

BOBS = "/contracts/C-2"


@pytest.fixture
async def acting(action: Action, rest: RestSystem) -> AsyncIterator[Action]:
    rest.has(PATH, ANN, delivery="daily")
    rest.has(BOBS, BOB, delivery="daily")
    client = Contracts(
        rest.url, token=SecretStr(SERVICE), private=["127.0.0.0/8"], patience=timedelta(milliseconds=700)
    )
    yield replace(action, outside=Outside(client), tools=tools())
    await client.close()


async def patiently(action: Action, call: PlannedCall, plan: Plan, tries: int = 6) -> CallResult:
    """As Temporal does it: again and again, as long as that may help."""
    for _ in range(tries):
        try:
            return await action.run(call, plan)
        except Unreachable:
            continue
    raise AssertionError(f"it was not carried out in {tries} tries")


async def states(sql: Sql) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await sql("SELECT state, tries FROM leverframe.outbox ORDER BY first_sent_at")]


async def answers(sql: Sql) -> list[object]:
    """What the ledger says was answered."""
    return [row[0] for row in await sql("SELECT body -> 'answers' -> 0 FROM leverframe.ledger WHERE kind = 'effect'")]
