"""Attempts of a workflow worker that was taken over, and what must hold after each of them."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from temporalio.testing import WorkflowEnvironment

from leverframe.contracts.calling import CallResult
from leverframe.contracts.decision import Judged, Trust
from leverframe.contracts.names import task_queue
from tests.support.rig import LAMP, open_rig
from tests.threats.support import Denied, Hostile, both, obeying
from worker.testing.postgres import Database
from worker.testing.serving import approvals_settings

Answered = CallResult | Judged | None
Attempt = Callable[[Hostile], Awaitable[Answered]]


@asynccontextmanager
async def carried(
    temporal: WorkflowEnvironment, database: Database, operators: Path, trust: Trust = "signed"
) -> AsyncIterator[Hostile]:
    """An action of Mia's on the attacker's workflow worker, the other parts being as they should."""
    settings = approvals_settings(database, approver_trust=trust, operators_file=operators)
    async with (
        open_rig(temporal, database, roles=("approvals", "tools"), approvals=settings) as rig,
        obeying(rig.client, task_queue("workflows", rig.prefix)),
    ):
        yield await Hostile.carrying(rig)


async def fails(me: Hostile, attempt: Attempt, words: str) -> None:
    """The attempt is refused in these words, and nothing is changed by it; an honest approval is carried out then."""
    before = await me.rig.snapshot()
    try:
        answered = await attempt(me)
    except Denied as denied:
        told = str(denied)
    else:
        assert answered is not None, "nothing was refused"
        told = answered.message if isinstance(answered, CallResult) else answered.reason
        assert told, f"nothing was refused: {answered}"
    assert re.search(words, told), told
    assert quotes_no_token(told)
    assert await me.rig.snapshot() == before
    for action_id in me.rig.started:
        assert await me.rig.kinds(action_id, "effect") == []
    await honest(await Hostile.carrying(me.rig), before)


async def honest(one: Hostile, before: dict[str, list[dict[str, Any]]]) -> None:
    """What a person approves of what they were shown is done, once, and nothing besides."""
    plan = await one.plan()
    held = await one.approved(plan)
    for call in both():
        assert (await one.call(call, plan, held=held)).status == "succeeded"
    after = await one.rig.snapshot()
    changed = [name for name in before if after[name] != before[name]]
    assert changed == ["order_payments", "orders"]
    assert [row["order_id"] for row in await one.rig.refunds()] == [LAMP]
    for row in before["orders"]:
        assert row in after["orders"] or row["order_id"] == LAMP


def quotes_no_token(message: str) -> bool:
    """Whether no long run of a token's letters stands in the message."""
    return re.search(r"[A-Za-z0-9_-]{80,}", message) is None
