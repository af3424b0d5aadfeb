"""The workflow worker is taken over. It holds the payload keys, a login to Temporal, and the capabilities of the
actions that it carries; no key to mint or approve with, and no login to a database.

Its own reach: within those actions, and for their users alone, it can read what the tools return, have any plan of the
action's own calls shown and approved by people, take back (`orders.reinstate`) what the action has cancelled, note
falsehoods in the action's own chain (never an effect), keep a decision or a whole action waiting, and show in the
Temporal UI a text that is not the plan's: whoever signs a decision computes the digest from the plan itself. A plan
that it has shown again counts its time anew. With ``approver_trust = "claimed"`` it can be everybody who decides.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from leverframe.biscuits import append, read
from leverframe.capability import Approval, Use, approve, bind
from leverframe.contracts.calling import CallResult
from leverframe.contracts.plan import PlannedCall
from leverframe.keys import SigningKeys
from tests.support.keys import capability
from tests.support.rig import BO, BOS, CHAIR, LAMP, SOFA
from tests.threats.attempts import Answered, Attempt, carried, fails
from tests.threats.support import LISTING, ROGUE, Hostile, both, cancelling, entry, forged, refunding
from tests.threats.tokens import packed, unpacked, without_last_block
from worker.testing.keys import APPROVALS, ISSUER
from worker.testing.postgres import Database

ROGUES = SigningKeys([(11, ROGUE.private_key)])


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


MASKED = "<ORDER_1>"


async def swapped(me: Hostile) -> Answered:
    plan = await me.plan(*both(MASKED), placeholders={MASKED: LAMP})
    held = await me.approved(plan)
    return await me.call(cancelling(MASKED), plan, placeholders={MASKED: CHAIR}, held=held)


async def swapped_for_bos(me: Hostile) -> Answered:
    plan = await me.plan(*both(MASKED), placeholders={MASKED: LAMP})
    held = await me.approved(plan)
    return await me.call(cancelling(MASKED), plan, placeholders={MASKED: BOS}, held=held)


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


async def not_its_own_cancellation(me: Hostile) -> Answered:
    reinstating = PlannedCall(call="x", key="x#1", tool="orders.reinstate", arguments={"order_id": LAMP})
    return await me.call(reinstating, operation="write")


async def a_preview_of_a_read(me: Hostile) -> Answered:
    return CallResult(status="failed", message=(await me.preview(LISTING)).refusal)


async def recorded_elsewhere(me: Hostile) -> Answered:
    await me.record(entry(), action_id=(await Hostile.carrying(me.rig)).id)
    return None


async def recorded_with_anothers_token(me: Hostile) -> Answered:
    other = await Hostile.carrying(me.rig)
    await me.record(entry(), capability=other.narrowed(Use("record", other.id)))
    return None


async def claimed_effect(me: Hostile) -> Answered:
    await me.record(entry(kind="effect"))
    return None


async def claimed_the_effects_key(me: Hostile) -> Answered:
    await me.record(entry(key="effect:cancelling#1"))
    return None


async def rewritten(me: Hostile) -> Answered:
    await me.record(entry(what="this"))
    await me.record(entry(what="that"))
    return None


ATTEMPTS: dict[str, tuple[Attempt, str]] = {
    "acting for another user: their order in the arguments": (previewed_bos_rows, "has no order #W2000001"),
    "acting for another user: a forged plan of their order, approved": (bos_rows, "has no order #W2000001"),
    "acting for another user: their action's token": (of_bos_action, "for another action"),
    "acting for another user: in the name of their action": (in_bos_name, "not the action it names"),
    "acting for another user: placeholders that swap the rows": (swapped_for_bos, "has no order #W2000001"),
    "widening a token: a subject of its own": (added('subject("bo_lind_1002");'), "another form"),
    "widening a token: approved() of its own": (added('approved("{plan}");'), "another form"),
    "widening a token: a rule": (added('approved($p) <- plan($p);'), "another form"),
    "widening a token: the last block taken off": (taken_off, "damaged"),
    "widening a token: another token's first block": (spliced, "damaged"),
    "widening a token: minted with a key of its own": (minted_itself, "known issuer"),
    "widening a token: a note's token for a read": (read_with_a_note, "another operation"),
    "no plan": (unplanned, "without an approved plan"),
    "a plan that nobody approved": (unapproved, "no approval of this plan"),
    "an approval signed with a key of its own": (approved_itself, "unknown key"),
    "replaying an approval for another plan": (another_plan, "no approval of this plan"),
    "replaying an approval for another visit": (another_visit, "no approval of this plan"),
    "replaying an approval for a call that is not in it": (not_in_the_plan, "not in the approved plan"),
    "replaying an approval for another action": (another_action, "another action"),
    "replaying an approval at another time": (another_time, "expired"),
    "a plan with fewer changes than real, approved": (fewer_changes, "would no longer do what was approved"),
    "an amount below the limit of four eyes, approved": (below_the_limit, "would no longer do what was approved"),
    "an approved plan, with placeholders that swap the rows": (swapped, "would no longer do what was approved"),
    "the refund without the cancellation": (out_of_order, "comes before this call"),
    "taking back what it has not cancelled": (not_its_own_cancellation, "not cancelled by this action"),
    "a preview of a read": (a_preview_of_a_read, "only reads"),
    "a note in another action's chain": (recorded_elsewhere, "not the action it names"),
    "a note with another action's token": (recorded_with_anothers_token, "another action"),
    "an effect that no call had": (claimed_effect, "recorded by the call"),
    "the key of an effect": (claimed_the_effects_key, "recorded by the call"),
    "another text under the same key": (rewritten, "something else under the key"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTEMPTS)
async def test_it_loses_nothing_but_its_reach(
    temporal: WorkflowEnvironment, database: Database, operators: Path, name: str
) -> None:
    attempt, words = ATTEMPTS[name]
    async with carried(temporal, database, operators) as me:
        await fails(me, attempt, words)
