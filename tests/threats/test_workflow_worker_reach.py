"""What is lost, at most, when the workflow worker is taken over; said in ``test_workflow_worker``."""

from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from audit.audit import audit_action
from leverframe.contracts.decision import Decision
from leverframe.contracts.plan import PlannedCall
from tests.support.rig import LAMP, SOFA
from tests.support.two_customers import planned_entry
from tests.support.typed import typed
from tests.threats.attempts import carried
from tests.threats.support import Denied, both, cancelling, entry, refunding
from worker.testing.postgres import Database


async def test_its_reach_where_a_claimed_identity_is_enough(
    temporal: WorkflowEnvironment, database: Database, operators: Path
) -> None:
    """It is two people at once; and yet only its own action's plan is carried out, under claimed names for ever."""
    async with carried(temporal, database, operators, "claimed") as me:
        before = await me.rig.snapshot()
        plan = await me.plan(*both(SOFA))
        await me.record(planned_entry(plan))
        for identity in ("olga@support", "rita@support"):
            decision = Decision(code=plan.code, amount=typed(plan))
            judged = await me.judge(plan, await me.signal("approve", decision, identity))
        assert judged.approved is not None
        for call in both(SOFA):
            assert (await me.call(call, plan, held=judged.approved)).status == "succeeded"
        after = await me.rig.snapshot()
        assert [row for row in before["orders"] if row not in after["orders"]] == [
            row for row in before["orders"] if row["order_id"] == SOFA
        ]
        assert [row["order_id"] for row in await me.rig.refunds()] == [SOFA]
        for effect in await me.rig.kinds(me.id, "effect"):
            assert {one["trust"] for one in effect["approvals"]} == {"claimed"}


async def test_its_reach_what_the_action_has_cancelled_is_taken_back_and_not_done_again(
    temporal: WorkflowEnvironment, database: Database, operators: Path
) -> None:
    """Reinstating needs no approval; but the approval of the cancellation is used up."""
    async with carried(temporal, database, operators) as me:
        plan = await me.plan()
        await me.record(planned_entry(plan))
        held = await me.approved(plan)
        reinstating = PlannedCall(call="x", key="x#1", tool="orders.reinstate", arguments={"order_id": LAMP})
        assert (await me.call(cancelling(), plan, held=held)).status == "succeeded"
        assert (await me.call(reinstating, operation="write")).status == "succeeded"
        assert (await me.call(cancelling(), plan, held=held)).status == "succeeded"
        assert (await me.rig.order(LAMP))["status"] == "pending", "what was run once is answered and not run again"
        assert (await me.call(refunding(), plan, held=held)).status == "failed"
        assert await me.rig.refunds() == []
        assert [body["planned"]["key"] for body in await me.rig.kinds(me.id, "effect")] == ["cancelling#1", "x#1"]


async def test_its_reach_falsehoods_in_its_own_chain_are_no_effects(
    temporal: WorkflowEnvironment, database: Database, operators: Path
) -> None:
    async with carried(temporal, database, operators) as me:
        plan = await me.plan()
        before = await me.rig.snapshot()
        await me.record(entry(kind="decision", choice="approve", accepted=True, digest=plan.digest))
        with pytest.raises(Denied, match="no approval of this plan"):
            await me.call(cancelling(), plan)
        assert await me.rig.snapshot() == before
        audit = await audit_action(me.rig.auditor, me.id)
        assert audit.problems == ()
