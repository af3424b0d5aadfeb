"""The right ends, or a clock jumps, between two calls: what was begun is finished or taken back, and no other is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from leverframe.capability import Verifier
from leverframe.contracts.calling import CallRequest, CallResult
from leverframe.contracts.plan import Plan, PlannedCall
from leverframe.errors import CapabilityRefused
from tests.support.two_customers import (
    CARD_ORDER,
    GIFT_ORDER,
    Action,
    Everything,
    Sql,
    cancelling,
    refunding,
    reinstating,
)
from tools.errors import ToolError
from tools.execute import execute
from tools.toolbox import toolbox
from worker.testing.keys import VERIFIER

START = datetime.now(UTC)
JUMPS = [timedelta(hours=3), timedelta(days=365)]
STATUS = f"SELECT status FROM shop.orders WHERE order_id = '{CARD_ORDER}'"
REFUNDS = "SELECT count(*) FROM shop.order_payments WHERE transaction_type = 'refund'"
EFFECTS = "SELECT key FROM leverframe.ledger WHERE kind = 'effect' ORDER BY seq"


def clock(ahead: timedelta) -> Verifier:
    return replace(VERIFIER, now=START + ahead)


async def run(
    action: Action, planned: PlannedCall, approved: Plan | None, token: str, ahead: timedelta = timedelta()
) -> CallResult:
    """The call, with one capability for the whole plan, as its workflow carries it."""
    request = CallRequest(action_id=action.id, capability=token, planned=planned, approved=approved)
    return await execute(action.sessions, toolbox(), clock(ahead), request, "")


@pytest.mark.parametrize("ahead", JUMPS)
async def test_a_plan_that_was_begun_in_time_is_finished(ahead: timedelta, action: Action, sql: Sql) -> None:
    plan = await action.preview(cancelling(), refunding())
    token = action.approved(plan.digest)
    assert (await run(action, cancelling(), plan, token)).status == "succeeded"
    assert (await run(action, refunding(), plan, token, ahead)).status == "succeeded"
    # Also whoever was not told that it is done is told so later.
    for planned in (cancelling(), refunding()):
        assert (await run(action, planned, plan, token, ahead)).status == "succeeded"
    assert (await sql(STATUS), await sql(REFUNDS)) == ([("cancelled",)], [(1,)])
    assert await sql(EFFECTS) == [("effect:cancelling#1",), ("effect:refunding#1",)]


@pytest.mark.parametrize("ahead", JUMPS)
async def test_a_plan_that_was_not_begun_in_time_is_not_begun(
    ahead: timedelta, action: Action, everything: Everything
) -> None:
    plan = await action.preview(cancelling(), refunding())
    before = await everything()
    for planned in (cancelling(), refunding()):
        with pytest.raises(CapabilityRefused, match="it has expired"):
            await run(action, planned, plan, action.approved(plan.digest), ahead)
    assert await everything() == before


async def test_another_plan_is_not_begun_with_it(action: Action, sql: Sql) -> None:
    plan = await action.preview(cancelling(), refunding())
    other_calls = cancelling(GIFT_ORDER, "cancelling#2"), refunding(GIFT_ORDER, "refunding#2")
    other = await action.preview(*other_calls)
    await run(action, cancelling(), plan, action.approved(plan.digest))
    for planned in other_calls:
        with pytest.raises(CapabilityRefused, match="it has expired"):
            await run(action, planned, other, action.approved(other.digest), JUMPS[0])
        with pytest.raises((CapabilityRefused, ToolError)):
            await run(action, planned, plan, action.approved(plan.digest), JUMPS[0])
    assert await sql(EFFECTS) == [("effect:cancelling#1",)]


@pytest.mark.parametrize("ahead", JUMPS)
async def test_what_cannot_be_finished_is_taken_back(ahead: timedelta, action: Action, sql: Sql) -> None:
    plan = await action.preview(cancelling(), refunding())
    await run(action, cancelling(), plan, action.approved(plan.digest))
    await sql("UPDATE shop.payment_methods SET closed = true")
    assert (await run(action, refunding(), plan, action.approved(plan.digest), ahead)).status == "failed"
    assert (await run(action, reinstating(), None, action.token, ahead)).status == "succeeded"
    assert await sql(STATUS) == [("pending",)]


async def test_nothing_is_taken_back_that_was_not_done(action: Action, everything: Everything) -> None:
    before = await everything()
    with pytest.raises(CapabilityRefused, match="it has expired"):
        await run(action, reinstating(), None, action.token, JUMPS[1])
    assert await everything() == before


async def test_an_approval_that_was_over_when_the_plan_was_begun_finishes_nothing(
    action: Action, everything: Everything
) -> None:
    plan = await action.preview(cancelling(), refunding())
    old = action.approved(plan.digest)
    late = action.approved_until(plan.digest, START + JUMPS[0] + timedelta(hours=1))
    await run(action, cancelling(), plan, late, JUMPS[0])
    before = await everything()
    with pytest.raises(CapabilityRefused, match="it has expired"):
        await run(action, refunding(), plan, old, JUMPS[0])
    assert await everything() == before
