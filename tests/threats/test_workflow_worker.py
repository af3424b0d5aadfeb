"""The workflow worker is taken over. It holds the payload keys, a login to Temporal, and the capabilities of the actions
that it carries; no key to mint or approve with, and no login to a database.

Its own reach: within those actions, and for their users alone, it can read what the tools return, have any plan of the
action's own calls shown and approved by people, take back (`orders.reinstate`) what the action has cancelled, note
falsehoods in the action's own chain (never an effect), keep a decision or a whole action waiting, and show in the
Temporal UI a text that is not the plan's: whoever signs a decision computes the digest from the plan itself. A plan
that it has shown again counts its time anew. With ``approver_trust = "claimed"`` it can be everybody who decides.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from biscuit_auth import BlockBuilder
from temporalio.testing import WorkflowEnvironment

from leverframe.biscuits import append, read
from leverframe.capability import Approval, Use, approve, bind, use_of
from leverframe.contracts.calling import CallResult
from leverframe.contracts.decision import Decision, Judged
from leverframe.contracts.plan import Plan, PlannedCall, RowChange
from leverframe.digest import make_plan
from leverframe.keys import SigningKeys
from tests.keys import APPROVALS, ISSUER, RITA, capability
from tests.postgres import Database
from tests.rig import BO, BOS, CHAIR, LAMP, MIA, SOFA, Rig, approvals_settings, open_rig
from tests.servers import skipping_server
from tests.threats.support import (
    LISTING,
    ROGUE,
    Denied,
    Hostile,
    both,
    cancelling,
    entry,
    obeying,
    packed,
    quotes_no_token,
    refunding,
    unpacked,
    without_last_block,
)

pytest_plugins = ["tests.threats.support"]

Answered = CallResult | Judged | None
Attempt = Callable[[Hostile], Awaitable[Answered]]
ROGUES = SigningKeys([(11, ROGUE.private_key)])


def forged(action_id: str, *calls: PlannedCall, amount: str = "") -> Plan:
    """A plan with fewer changes than the calls would make, and digests that are right."""
    row = {"transaction_type": "refund", "amount": amount}
    refund = RowChange(table="order_payments", key={"payment_id": "p"}, before=None, after=dict(row))
    return make_plan(action_id, [(call, [refund] if amount and call.call == "refunding" else []) for call in calls])


def added(code: str) -> Attempt:
    """A block of its own on the capability, which is then used for what Bo owns and for what nobody approved."""

    async def attempt(me: Hostile) -> Answered:
        held = append(read(me.token, ISSUER.public), code.format(plan=(await me.plan()).digest), {})
        return await me.call(cancelling(), await me.plan(), held=held)

    return attempt


async def with_token(me: Hostile, token: str) -> CallResult:
    return await me.call(LISTING, capability=token)


async def taken_off(me: Hostile) -> Answered:
    narrowed = me.narrowed(Use("preview", me.id))
    return await with_token(me, without_last_block(narrowed))


async def spliced(me: Hostile) -> Answered:
    """Bo's first block under Mia's others, written anew."""
    bos = unpacked(bind(capability(BO), ISSUER.public, me.id.replace("order", "other")))
    mine = unpacked(me.token)
    return await with_token(me, packed([bos[1] if part[0] >> 3 == 2 else part for part in mine]))


async def minted_itself(me: Hostile) -> Answered:
    return await with_token(me, capability(BO, action_id=me.id, issuer=ROGUES))


async def of_bos_action(me: Hostile) -> Answered:
    return await with_token(me, (await Hostile.carrying(me.rig, subject=BO)).token)


async def in_bos_name(me: Hostile) -> Answered:
    bos = await Hostile.carrying(me.rig, subject=BO)
    return await me.call(LISTING, capability=bos.token, action_id=bos.id)


async def bos_rows(me: Hostile) -> Answered:
    plan = await me.forge(forged(me.id, *both(BOS)))
    return await me.call(cancelling(BOS), plan, held=await me.approved(plan))


async def previewed_bos_rows(me: Hostile) -> Answered:
    return CallResult(status="failed", message=(await me.preview(*both(BOS))).refusal)


async def fewer_changes(me: Hostile) -> Answered:
    plan = await me.forge(forged(me.id, *both()))
    return await me.call(cancelling(), plan, held=await me.approved(plan))


async def below_the_limit(me: Hostile) -> Answered:
    plan = await me.forge(forged(me.id, *both(SOFA), amount="499.99"))
    return await me.call(cancelling(SOFA), plan, held=await me.approved(plan))


async def swapped(me: Hostile) -> Answered:
    plan = await me.plan()
    return await me.call(cancelling(), plan, placeholders={LAMP: CHAIR}, held=await me.approved(plan))


async def swapped_for_bos(me: Hostile) -> Answered:
    plan = await me.plan()
    return await me.call(cancelling(), plan, placeholders={LAMP: BOS}, held=await me.approved(plan))


async def unplanned(me: Hostile) -> Answered:
    return await me.call(cancelling())


async def unapproved(me: Hostile) -> Answered:
    return await me.call(cancelling(), await me.plan())


async def approved_itself(me: Hostile) -> Answered:
    plan = await me.plan()
    people = [Approval("olga", "principal")]
    held = approve(me.token, ISSUER.public, ROGUE.private_key, plan.digest, people, datetime.now(UTC) + timedelta(1))
    return await me.call(cancelling(), plan, held=held)


async def another_plan(me: Hostile) -> Answered:
    held = await me.approved(await me.plan())
    return await me.call(cancelling(CHAIR), await me.plan(*both(CHAIR)), held=held)


async def another_visit(me: Hostile) -> Answered:
    held = await me.approved(await me.plan())
    return await me.call(cancelling(visit=2), await me.plan(*both(visit=2)), held=held)


async def not_in_the_plan(me: Hostile) -> Answered:
    plan = await me.plan()
    return await me.call(cancelling(visit=2), plan, held=await me.approved(plan))


async def another_action(me: Hostile) -> Answered:
    other = await Hostile.carrying(me.rig)
    held = await other.approved(await other.plan())
    return await me.call(cancelling(), await me.plan(), capability=other.narrowed(Use("destructive", me.id), held))


async def another_time(me: Hostile) -> Answered:
    """An approval that the approvals role did sign, for an hour that is over."""
    plan, yesterday = await me.plan(), datetime.now(UTC) - timedelta(days=1)
    held = approve(me.token, ISSUER.public, APPROVALS.newest[1], plan.digest, [Approval("olga", "signed")], yesterday)
    return await me.call(cancelling(), plan, held=held)


async def out_of_order(me: Hostile) -> Answered:
    plan = await me.plan()
    return await me.call(refunding(), plan, held=await me.approved(plan))


async def read_with_a_note(me: Hostile) -> Answered:
    return await with_token(me, me.narrowed(Use("record", me.id)))


async def what_others_did(me: Hostile) -> Answered:
    await me.rig.sql("UPDATE shop.orders SET cancelled_by_action = 'other' WHERE order_id = :o", o=LAMP)
    reinstating = PlannedCall(call="x", key="x#1", tool="orders.reinstate", arguments={"order_id": LAMP})
    return await me.call(reinstating, operation="write")


async def a_preview_of_a_read(me: Hostile) -> Answered:
    return CallResult(status="failed", message=(await me.preview(LISTING)).refusal)


async def seen_another(me: Hostile) -> Answered:
    index = await me.signed(await me.plan())
    return await me.judge(await me.plan(*both(CHAIR)), index)


async def never_shown(me: Hostile) -> Answered:
    plan = forged(me.id, *both())
    return await me.judge(plan, await me.signed(plan))


async def anothers_signal(me: Hostile) -> Answered:
    plan = await me.plan()
    rejected = await me.signed(plan, choice="reject")
    await me.signed(plan)
    return await me.judge(plan, rejected)


async def lower_quorum(me: Hostile) -> Answered:
    plan = await me.plan(*both(SOFA))
    return await me.judge(plan, await me.signed(plan), state="confirming_refund")


async def half_a_plan(me: Hostile) -> Answered:
    plan = await me.plan(cancelling(SOFA))
    return await me.judge(plan, await me.signed(plan))


async def rejected_before(me: Hostile) -> Answered:
    plan = await me.plan()
    assert (await me.judge(plan, await me.signed(plan, choice="reject"), choice="reject")).accepted
    return await me.judge(plan, await me.signed(plan, RITA))


async def rejected_and_kept_quiet(me: Hostile) -> Answered:
    plan = await me.plan()
    await me.signed(plan, choice="reject")
    return await me.judge(plan, await me.signed(plan, RITA))


async def counted_twice(me: Hostile) -> Answered:
    plan = await me.plan(*both(SOFA))
    assert (await me.judge(plan, await me.signed(plan))).approved is None
    return await me.judge(plan, await me.signed(plan))


async def same_event_twice(me: Hostile) -> Answered:
    plan = await me.plan(*both(SOFA))
    index = await me.signed(plan)
    first, second = await me.judge(plan, index), await me.judge(plan, index)
    assert first == second
    assert len(second.approvals) == 1
    return await me.call(cancelling(SOFA), plan)


async def shown_again(me: Hostile) -> Answered:
    """To begin its time anew; what was approved before does not count for it."""
    plan = await me.plan(*both(SOFA))
    await me.judge(plan, await me.signed(plan))
    await me.plan(*both(SOFA))
    judged = await me.judge(plan, await me.signed(plan, RITA))
    assert (len(judged.approvals), judged.approved) == (1, None)
    return await me.call(cancelling(SOFA), plan)


async def forged_identity(me: Hostile) -> Answered:
    plan = await me.plan()
    return await me.judge(plan, await me.signal("approve", Decision(code=plan.code), "olga@support"))


async def forged_signature(me: Hostile) -> Answered:
    plan = await me.plan()
    return await me.judge(plan, await me.signed(plan, ROGUES))


async def downgraded(me: Hostile) -> Answered:
    plan = await me.plan()
    index = await me.signal("approve", Decision(code=plan.code), "olga@support")
    return await me.judge(plan, index, approver_trust="claimed")


async def downgraded_in_the_decision(me: Hostile) -> Answered:
    plan = await me.plan()
    value = {"code": plan.code, "trust": "principal", "principal": "jwt:olga"}
    return await me.judge(plan, await me.signal("approve", value, "olga@support"))


async def anothers_decision(me: Hostile) -> Answered:
    other = await Hostile.carrying(me.rig)
    plan = await other.plan()
    index = await other.signed(plan)
    return await me.judge(
        plan, index, action_id=other.id, run_id=await other.run_id(), capability=other.token
    )


async def recorded_elsewhere(me: Hostile) -> Answered:
    await me.record(entry(), action_id=(await Hostile.carrying(me.rig)).id)
    return None
