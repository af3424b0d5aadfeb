"""The calls of one plan in one transaction: all of them are committed, each once, or none is."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from leverframe.capability import narrow, use_of
from leverframe.contracts.calling import CallRequest, CallResult
from leverframe.contracts.entries import Effected
from leverframe.contracts.ledger import LedgerEntry
from leverframe.contracts.plan import Plan, PlannedCall
from leverframe.errors import CapabilityRefused
from tests.support.contracts_system import ending, states
from tests.support.rest_system import RestSystem
from tests.support.two_customers import (
    BOBS,
    CARD_ORDER,
    GIFT_ORDER,
    Action,
    Everything,
    Sql,
    cancelling,
    moved,
    refunding,
    reinstating,
)
from tests.tools.test_plans import CARD, refunded
from tools.errors import LedgerConflict, NotApproved, Unreachable, WrongTool
from tools.execute import execute
from tools.trying import Try
from worker.testing.keys import ISSUER, VERIFIER

STATUS = f"SELECT status FROM shop.orders WHERE order_id = '{CARD_ORDER}'"
CHAIN = "SELECT seq, key FROM leverframe.ledger ORDER BY seq"
BOTH = [(1, "effect:cancelling#1"), (2, "effect:refunding#1")]
IN_ONE = "SELECT count(DISTINCT xmin::text) FROM leverframe.ledger"


async def planned(action: Action) -> Plan:
    return await action.preview(cancelling(), refunding())


async def run(action: Action, plan: Plan, **changed: object) -> CallResult:
    """The whole plan, with a request that differs in these fields from what a workflow sends."""
    request = CallRequest(
        action_id=action.id,
        capability=action.approved(plan.digest),
        planned=plan.calls[0].planned,
        approved=plan,
        rest=tuple(call.planned for call in plan.calls[1:]),
    ).model_copy(update=changed)
    return await execute(action.sessions, action.tools, VERIFIER, request, "", action.outside)


async def test_a_plan_is_committed_in_one_transaction_and_once(action: Action, sql: Sql) -> None:
    plan = await planned(action)
    first, again, at_once = await run(action, plan), *(await asyncio.gather(run(action, plan), run(action, plan)))
    assert first.status == "succeeded"
    assert again == at_once == first
    assert (await sql(STATUS), await refunded(sql) > 0) == ([("cancelled",)], True)
    assert await sql(CHAIN) == BOTH
    assert await sql(IN_ONE) == [(1,)]
    # What each has done can be asked for by itself, and what was begun so is finished so.
    assert (await action.run(refunding(), plan)).output == first.output
    assert await sql(CHAIN) == BOTH


async def test_what_an_older_workflow_has_begun_is_finished(action: Action, sql: Sql) -> None:
    plan = await planned(action)
    await action.run(cancelling(), plan)
    assert (await run(action, plan)).status == "succeeded"
    assert await sql(CHAIN) == BOTH


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE shop.orders SET status = 'processed'",
        f"UPDATE shop.payment_methods SET closed = true WHERE payment_method_id IN {CARD}",
        f"UPDATE shop.order_payments SET amount = 50.00 WHERE order_id = '{CARD_ORDER}'",
    ],
)
async def test_nothing_is_written_once_one_of_them_would_do_something_else(
    action: Action, sql: Sql, everything: Everything, change: str
) -> None:
    plan = await planned(action)
    await sql(change)
    before = await everything()
    result = await run(action, plan)
    assert result.status in ("stale", "failed")
    assert await everything() == before


WRONG: dict[str, tuple[dict[str, object], type[Exception], str]] = {
    "not the plan's": ({"rest": (refunding(BOBS),)}, NotApproved, "does not follow it in the plan"),
    "twice": ({"rest": (refunding(), refunding())}, NotApproved, "does not follow it in the plan"),
    "backwards": ({"planned": refunding(), "rest": (cancelling(),)}, NotApproved, "does not follow it in the plan"),
    "without a plan": ({"approved": None}, NotApproved, "without an approved plan"),
    "one that needs no approval": ({"rest": (reinstating(),)}, NotApproved, "does not follow it in the plan"),
}


@pytest.mark.parametrize("how", WRONG)
async def test_what_is_not_run_together(action: Action, everything: Everything, how: str) -> None:
    changed, error, words = WRONG[how]
    plan, before = await planned(action), await everything()
    with pytest.raises(error, match=words):
        await run(action, plan, **changed)
    assert await everything() == before


async def test_a_plan_with_a_call_that_needs_no_approval_is_run_call_by_call(
    action: Action, everything: Everything
) -> None:
    plan = await action.preview(cancelling(), reinstating())
    before = await everything()
    with pytest.raises(WrongTool, match=r"orders.reinstate needs no approval"):
        await run(action, plan)
    assert await everything() == before


@pytest.mark.parametrize("calls", [[cancelling()], [refunding()], [cancelling(), refunding(), reinstating()]])
async def test_the_capability_is_narrowed_to_just_these_calls(
    action: Action, everything: Everything, calls: list[PlannedCall]
) -> None:
    plan, before = await planned(action), await everything()
    use = use_of("destructive", action.id, calls, {}, plan.digest)
    soon = datetime.now(UTC) + timedelta(hours=1)
    other = narrow(action.approved(plan.digest), str(ISSUER.public[ISSUER.newest[0]]), use, soon)
    with pytest.raises(CapabilityRefused):
        await run(action, plan, capability=other)
    assert await everything() == before


@pytest.mark.parametrize("begun", [False, True])
async def test_when_the_right_has_ended_what_was_run_is_told_and_nothing_is_begun(
    action: Action, sql: Sql, begun: bool
) -> None:
    plan = await planned(action)
    if begun:
        await run(action, plan)
    late = replace(VERIFIER, now=datetime.now(UTC) + timedelta(hours=3))
    request = CallRequest(
        action_id=action.id, capability=action.approved(plan.digest), planned=cancelling(), approved=plan,
        rest=(refunding(),),
    )  # fmt: skip
    if begun:
        assert (await execute(action.sessions, action.tools, late, request, "")).status == "succeeded"
    else:
        with pytest.raises(CapabilityRefused):
            await execute(action.sessions, action.tools, late, request, "")
    assert await sql(CHAIN) == BOTH * begun


# What has happened before goes along: it is committed with the effects, or not at all.


BEFORE = (moved("workflow#1"), moved("workflow#2"))
ALL = [(1, "workflow#1"), (2, "workflow#2"), (3, "effect:cancelling#1"), (4, "effect:refunding#1")]


async def test_what_has_happened_stands_before_the_effects_and_once(action: Action, sql: Sql) -> None:
    plan = await planned(action)
    for _ in range(2):
        assert (await run(action, plan, entries=BEFORE)).status == "succeeded"
        assert await sql(CHAIN) == ALL
    assert await sql(IN_ONE) == [(1,)]


async def test_what_was_handed_over_by_itself_meanwhile_is_not_written_twice(action: Action, sql: Sql) -> None:
    plan = await planned(action)
    await action.record(*BEFORE)
    assert (await run(action, plan, entries=BEFORE)).status == "succeeded"
    assert await sql(CHAIN) == ALL
    await run(action, plan, entries=(*BEFORE, moved("workflow#3")))
    assert await sql(CHAIN) == [*ALL, (5, "workflow#3")]


async def test_with_a_plan_that_is_not_carried_out_nothing_is_recorded(
    action: Action, sql: Sql, everything: Everything
) -> None:
    plan = await planned(action)
    await sql("UPDATE shop.orders SET status = 'processed'")
    before = await everything()
    assert (await run(action, plan, entries=BEFORE)).status == "failed"
    assert await everything() == before


async def test_only_what_a_workflow_reports_goes_along(action: Action, everything: Everything) -> None:
    plan, before = await planned(action), await everything()
    done = Effected(planned=refunding(), digest="", plan=plan.digest, changes=())
    forged = LedgerEntry.of(done, "effect:refunding#1", "tools", "")
    for entry in (forged, forged.model_copy(update={"key": "x"}), moved("effect:x")):
        with pytest.raises(LedgerConflict):
            await run(action, plan, entries=(entry,))
    listing = PlannedCall(call="reading", key="reading#1", tool="orders.list", arguments={})
    with pytest.raises(WrongTool, match="only reads"):
        await run(action, plan, planned=listing, approved=None, rest=(), capability=action.token, entries=BEFORE)
    assert await everything() == before


# The last of them asks a system outside: it is asked once all are found to be what was approved.


async def ended(action: Action) -> Plan:
    """The other order is cancelled, and then this one with its contract."""
    return await action.preview(cancelling(GIFT_ORDER), ending())


ORDERS = f"SELECT count(*) FROM shop.orders WHERE order_id IN ('{CARD_ORDER}', '{GIFT_ORDER}') AND status = 'cancelled'"
TOGETHER = [(1, "effect:cancelling#1"), (2, "effect:ending#1")]


async def test_the_request_of_the_last_leaves_once_and_all_is_committed_with_its_answer(
    ender: Action, rest: RestSystem, sql: Sql
) -> None:
    plan = await ended(ender)
    rest.goes_wrong("reset after")
    with pytest.raises(Unreachable):
        await run(ender, plan)
    # Whether it has happened is not known: nothing of the plan is committed, but that it left.
    assert (await sql(ORDERS), await sql(CHAIN), await states(sql)) == ([(0,)], [], [("sending", 1)])
    assert (await run(ender, plan)).status == "succeeded"
    assert (await run(ender, plan)).status == "succeeded"
    assert (await sql(ORDERS), await sql(CHAIN), await sql(IN_ONE)) == ([(2,)], TOGETHER, [(1,)])
    assert len(rest.effects) == 1


async def test_where_the_system_refuses_nothing_of_the_plan_is_written(
    ender: Action, rest: RestSystem, sql: Sql
) -> None:
    plan = await ended(ender)
    rest.goes_wrong("409")
    for _ in range(2):
        result = await run(ender, plan)
        assert (result.status, result.message) == (
            "failed",
            "'End contract', which goes with it, was refused: the contracts refuse with 409 (END-CONTRACT)",
        )
    assert (await sql(ORDERS), await sql(CHAIN), await states(sql)) == ([(0,)], [], [("refused", 1)])
    assert rest.effects == []


async def test_what_moved_after_the_request_had_left_is_a_persons(ender: Action, rest: RestSystem, sql: Sql) -> None:
    plan = await ended(ender)
    rest.goes_wrong("reset after")
    with pytest.raises(Unreachable):
        await run(ender, plan)
    await sql(f"UPDATE shop.orders SET status = 'processed' WHERE order_id = '{GIFT_ORDER}'")
    result = await run(ender, plan)
    assert result.status == "unfinished"
    assert result.message.startswith("It is not known whether what was asked of contracts.end has happened")
    assert (await sql(ORDERS), await sql(CHAIN), await states(sql)) == ([(0,)], [], [("unknown", 1)])
    assert len(rest.effects) == 1


async def test_what_was_sent_is_not_told_as_nothing_once_the_right_is_refused_outright(
    ender: Action, rest: RestSystem
) -> None:
    plan = await ended(ender)
    rest.goes_wrong("reset after")
    with pytest.raises(Unreachable):
        await run(ender, plan)
    request = CallRequest(
        action_id=ender.id, capability=ender.token, planned=cancelling(GIFT_ORDER), approved=plan, rest=(ending(),)
    )
    result = await execute(ender.sessions, ender.tools, VERIFIER, request, "", ender.outside, Try(again=True))
    assert result.status == "unfinished"


async def test_only_the_last_may_ask_a_system_outside(ender: Action, rest: RestSystem, everything: Everything) -> None:
    plan = await ender.preview(ending(), cancelling(GIFT_ORDER))
    before = await everything()
    with pytest.raises(WrongTool, match="only the last may"):
        await run(ender, plan)
    assert (await everything(), rest.effects) == (before, [])
