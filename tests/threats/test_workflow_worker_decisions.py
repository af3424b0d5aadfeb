"""The workflow worker is taken over, and asks the approvals role for approvals that nobody gave.

Its reach is said in ``test_workflow_worker``. The people here sign their decisions; with ``approver_trust`` at
``claimed`` whoever can send a signal can be anybody, and so can this worker: what is lost then is any plan of an action
that it carries, for that action's own user.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from leverframe.contracts.decision import Decision, Trust
from leverframe.contracts.plan import Plan
from leverframe.decision_signature import sign_decision
from leverframe.keys import SigningKeys
from tests.support.rig import CHAIR, SOFA
from tests.support.typed import typed
from tests.threats.attempts import Answered, Attempt, carried, fails
from tests.threats.support import ROGUE, Hostile, both, cancelling, forged
from worker.testing.keys import OLGA, RITA
from worker.testing.postgres import Database
from worker.testing.servers import skipping_server

OLGAS_KEY = str(OLGA.newest[1])
ROGUES = SigningKeys([(32, ROGUE.private_key)])
SIGNATURE = "signature does not hold"
VOUCHES = "Nobody vouches for who you are"


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


async def no_amount(me: Hostile) -> Answered:
    """Olga has not typed how much goes back, which her workflow worker keeps to itself."""
    plan = await me.plan(*both(CHAIR))
    index = await me.signal("approve", sign_decision(OLGAS_KEY, action_id=me.id, digest=plan.digest, choice="approve"))
    return await me.judge(plan, index)


async def an_amount_for_olga(me: Hostile) -> Answered:
    """It types for her what she has not."""
    plan = await me.plan(*both(CHAIR))
    decision = sign_decision(OLGAS_KEY, action_id=me.id, digest=plan.digest, choice="approve", amount="54.10")
    careful = decision.model_copy(update={"amount": typed(plan)})
    return await me.judge(plan, await me.signal("approve", careful))


async def anothers_decision(me: Hostile) -> Answered:
    other = await Hostile.carrying(me.rig)
    plan = await other.plan()
    index = await other.signed(plan)
    return await me.judge(plan, index, action_id=other.id, run_id=await other.run_id(), capability=other.token)


async def future_signal(me: Hostile) -> Answered:
    return await me.judge(await me.plan(), 0)


async def no_confirmation(me: Hostile) -> Answered:
    plan = await me.plan()
    return await me.judge(plan, await me.signed(plan), state="cancelling")


async def signed_elsewhere(me: Hostile) -> Answered:
    """What Olga signed for one action is sent to another as hers."""
    plan, other = await me.plan(), await Hostile.carrying(me.rig)
    theirs = sign_decision(str(OLGA.newest[1]), action_id=other.id, digest=plan.digest, choice="approve")
    return await me.judge(plan, await me.signal("approve", theirs, "olga@support"))


async def signed_long_ago(me: Hostile) -> Answered:
    plan, over = await me.plan(), timedelta(seconds=-1)
    old = sign_decision(str(OLGA.newest[1]), action_id=me.id, digest=plan.digest, choice="approve", valid=over)
    return await me.judge(plan, await me.signal("approve", old))


async def anothers_run(me: Hostile) -> Answered:
    plan = await me.plan()
    return await me.judge(plan, await me.signed(plan), run_id=await (await Hostile.carrying(me.rig)).run_id())


async def anothers_capability(me: Hostile) -> Answered:
    plan = await me.plan()
    return await me.judge(plan, await me.signed(plan), capability=(await Hostile.carrying(me.rig)).token)


ATTEMPTS: dict[str, tuple[Attempt, str]] = {
    "a digest that the person has not seen": (seen_another, SIGNATURE),
    "a plan that was never shown": (never_shown, "had not been shown"),
    "another signal's index: a rejection for an approval": (anothers_signal, "not in the history"),
    "another signal's index: a signal that is still to come": (future_signal, "not in the history"),
    "another confirmation of the machine": (lower_quorum, "exactly the calls"),
    "a state that confirms nothing": (no_confirmation, "no confirmation named"),
    "half a plan": (half_a_plan, "exactly the calls"),
    "approving after a rejection": (rejected_before, "rejected already"),
    "one person counted twice": (counted_twice, "decided on this plan already"),
    "one decision counted twice": (same_event_twice, "no approval of this plan"),
    "a plan shown again, to begin its time anew": (shown_again, "no approval of this plan"),
    "forging the signal's identity": (forged_identity, VOUCHES),
    "forging a signature": (forged_signature, SIGNATURE),
    "a signature of another action": (signed_elsewhere, SIGNATURE),
    "a signature that is over": (signed_long_ago, SIGNATURE),
    "downgrading approver_trust: in the request": (downgraded, "extra_forbidden|Extra inputs|decod"),
    "downgrading approver_trust: in the decision": (downgraded_in_the_decision, "Wrong code"),
    "approving without the amount": (no_amount, "No amount"),
    "typing the amount for the person who signed": (an_amount_for_olga, SIGNATURE),
    "another action's decision": (anothers_decision, "no other action's"),
    "another run's decision": (anothers_run, "no other action's"),
    "another action's capability": (anothers_capability, "another action"),
}


@pytest.mark.parametrize("name", ATTEMPTS)
async def test_it_has_nothing_approved_that_nobody_approved(
    temporal: WorkflowEnvironment, database: Database, operators: Path, name: str
) -> None:
    attempt, words = ATTEMPTS[name]
    async with carried(temporal, database, operators) as me:
        await fails(me, attempt, words)


async def test_approving_after_a_rejection_that_it_keeps_quiet(
    temporal: WorkflowEnvironment, database: Database, operators: Path
) -> None:
    async with carried(temporal, database, operators) as me:
        await fails(me, rejected_and_kept_quiet, "rejected")


@pytest.mark.parametrize("trust", ["principal", "signed"])
async def test_forging_the_signals_identity_gives_nothing_where_people_must_be_established(
    temporal: WorkflowEnvironment, database: Database, operators: Path, trust: Trust
) -> None:
    async with carried(temporal, database, operators, trust) as me:
        plan = await me.plan()
        for identity in ("olga@support", "jwt:olga", "olga"):
            judged = await me.judge(plan, await me.signal("approve", Decision(code=plan.code), identity))
            assert VOUCHES in judged.reason
            assert (judged.accepted, judged.approved) == (False, None)


@asynccontextmanager
async def days_later(database: Database, operators: Path, **days: float) -> AsyncIterator[tuple[Hostile, Plan]]:
    async with skipping_server() as environment, carried(environment, database, operators, "claimed") as me:
        plan = await me.plan()
        await environment.sleep(timedelta(**days))
        yield me, plan


async def test_approving_after_expiry(database: Database, operators: Path) -> None:
    """The approvals role tells the time by the server's events, whatever the workflow would have it believe."""
    async with days_later(database, operators, days=3, seconds=1) as (me, plan):
        for name in ("olga@support", "lena@support"):
            judged = await me.judge(plan, await me.signal("approve", Decision(code=plan.code), name))
            assert "Too late: the time for this plan ended" in judged.reason
            assert judged.approved is None


async def test_deciding_in_a_role_that_escalation_has_taken_away(database: Database, operators: Path) -> None:
    async with days_later(database, operators, days=2, hours=1) as (me, plan):
        judged = await me.judge(plan, await me.signal("approve", Decision(code=plan.code), "olga@support"))
        assert "'support lead'" in judged.reason
        assert (await me.judge(plan, await me.signal("approve", Decision(code=plan.code), "lena@support"))).approved


async def test_its_reach_a_plan_that_is_shown_again_waits_anew(database: Database, operators: Path) -> None:
    """What the plan would do is found out anew then, and so are the people asked."""
    async with days_later(database, operators, days=3, seconds=1) as (me, plan):
        assert await me.plan() == plan
        judged = await me.judge(plan, await me.signal("approve", Decision(code=plan.code), "olga@support"))
        assert [one.person for one in judged.approvals] == ["olga"]
