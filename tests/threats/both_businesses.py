"""Two businesses, and a workflow worker that is taken over: what one's action carries opens nothing of the other.

Run by ``tests/test_examples.py``, where the second business is installed.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from leverframe import InvalidRequest
from leverframe.contracts.names import ROLES, task_queue
from leverframe.contracts.plan import PlannedCall
from tests.support.keys import capability
from tests.support.rig import MIA, Rig, open_rig
from tests.threats.support import Denied, Hostile, obeying
from tools.kernel.logins import TOOLS
from worker.testing.postgres import Database, run_sql

APPLICATION = Path(__file__).parents[2] / "examples" / "contracts" / "application.sql"
SHOP = ("order_cancellation", MIA, "orders.list", "shop")
CONTRACTS = ("contract_end", "ann", "contracts.list", "contracts")


@pytest.fixture
async def rig(temporal: WorkflowEnvironment, database: Database) -> AsyncIterator[Rig]:
    run_sql(database, APPLICATION)
    others = [role for role in ROLES if role != "workflows"]
    async with open_rig(temporal, database, others) as rig, obeying(rig.client, task_queue("workflows", rig.prefix)):
        await rig.sql(f"GRANT USAGE ON SCHEMA mobile TO {TOOLS}")
        await rig.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA mobile TO {TOOLS}")
        yield rig


def reading(tool: str) -> PlannedCall:
    return PlannedCall(call="reading", key="reading#1", tool=tool, arguments={})


@pytest.mark.parametrize(("mine", "others"), [(SHOP, CONTRACTS), (CONTRACTS, SHOP)], ids=["the shop's", "contracts'"])
async def test_an_actions_capability_reaches_no_tool_of_the_other_business(
    mine: tuple[str, str, str, str], others: tuple[str, str, str, str], rig: Rig
) -> None:
    action, subject, own, _ = mine
    other, _, tool, whose = others
    me = await Hostile.carrying(rig, action=action, subject=subject)
    for asked in (me.call(reading(tool), operation="read"), me.preview(reading(tool))):
        with pytest.raises(Denied, match=f"a tool of the business '{whose}' was asked for by an action of another one"):
            await asked
    # The same call is answered where the tool is its business's own.
    assert (await me.call(reading(own), operation="read")).status == "succeeded"
    with pytest.raises(InvalidRequest, match=action):
        await rig.service.start(other, request_id="1", capability=capability(subject, action=action), text="please")
