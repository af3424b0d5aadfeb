"""The workflow worker is taken over, and asks for what an action in shadow must not do.

Nothing of such an action is carried out, whatever was approved: the tools role has its own word for the mode, and for
an action that was begun in shadow its ledger's. What is lost: in the very action, and only where the tools role's own
setting is not ``shadow``, a worker that was taken over before the action was recorded can record it as live.
"""

from pathlib import Path
from typing import Any

from pydantic import JsonValue
from temporalio.testing import WorkflowEnvironment

from leverframe.contracts.entries import Started
from leverframe.contracts.names import Role, task_queue
from leverframe.contracts.plan import Plan
from leverframe.modes import Mode
from tests.support.rig import open_rig
from tests.threats.support import Denied, Hostile, cancelling, entry, obeying
from worker.testing.postgres import Database
from worker.testing.serving import approvals_settings

OTHERS: tuple[Role, ...] = ("guards", "llm", "approvals", "tools", "notifications")


def begun(mode: Mode) -> dict[str, JsonValue]:
    return Started(action="order_cancellation", requester="storefront", pseudonym="0" * 16, mode=mode).written()


async def approved(me: Hostile) -> tuple[Plan, str]:
    plan = await me.plan()
    return plan, await me.approved(plan)


async def refused(me: Hostile, plan: Plan, held: str, **changed: Any) -> str:
    """An approved plan is to be carried out; returns why it is not."""
    try:
        answered = await me.call(cancelling(), plan, held=held, **changed)
    except Denied as denied:
        return str(denied)
    raise AssertionError(f"it was carried out: {answered}")


async def test_nothing_is_carried_out_in_shadow_whatever_was_approved_and_recorded(
    temporal: WorkflowEnvironment, database: Database, operators: Path
) -> None:
    approvals = approvals_settings(database, approver_trust="signed", operators_file=operators)
    async with (
        open_rig(temporal, database, OTHERS, approvals, mode="order_cancellation=shadow") as rig,
        obeying(rig.client, task_queue("workflows", rig.prefix)),
    ):
        before = await rig.snapshot()
        me = await Hostile.carrying(rig)
        plan = await approved(me)
        assert "run in shadow here" in await refused(me, *plan)
        await me.record(entry("workflow#1", "started", **begun("live")))
        assert "run in shadow here" in await refused(me, *plan)
        assert await rig.snapshot() == before


async def test_nothing_is_carried_out_of_what_was_begun_in_shadow_after_the_setting_has_changed(
    temporal: WorkflowEnvironment, database: Database, operators: Path
) -> None:
    approvals = approvals_settings(database, approver_trust="signed", operators_file=operators)
    async with (
        open_rig(temporal, database, OTHERS, approvals) as rig,
        obeying(rig.client, task_queue("workflows", rig.prefix)),
    ):
        before = await rig.snapshot()
        recorded, along = await Hostile.carrying(rig), await Hostile.carrying(rig)
        told = entry("workflow#1", "started", **begun("shadow"))
        await recorded.record(told)
        assert "was begun in shadow" in await refused(recorded, *await approved(recorded))
        assert "was begun in shadow" in await refused(along, *await approved(along), entries=(told,))
        assert await rig.snapshot() == before
