"""A cancellation whose refund the provider does not carry out at once, or which has ended when there is news of it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from leverframe import Outcome
from machines.shop.refund_news import BANKS_TAKE
from tests.support.faulty_proxy import Request
from tests.support.refund_stories import CANCELLATION, approved
from tests.support.refunding import Refunding, refunding_rig
from tests.support.rig import LAMP, keep_histories
from tests.support.stripe_double import StripeDouble
from worker.reopening import reopen
from worker.testing.postgres import Database
from worker.testing.servers import skipping_server


@pytest.fixture
async def later(
    database: Database, stripe_server: StripeDouble, request: pytest.FixtureRequest
) -> AsyncIterator[Refunding]:
    """Where days pass in a moment."""
    async with skipping_server() as days, refunding_rig(days, database, stripe_server) as refunding:
        yield refunding
        await keep_histories(refunding.rig, request.node.name)


async def settling(refunding: Refunding) -> str:
    """A cancellation that waits for the bank."""
    refunding.answers("pending")
    action_id = await approved(refunding, CANCELLATION)
    await refunding.settling(action_id)
    return action_id


def refuses_reads(refunding: Refunding, status: str, *, after: int) -> None:
    """The refund is answered with that status, and once so many reads of it are answered, the next is refused."""
    refunding.answers(status)
    answered, read = refunding.proxy.edit, [-1]
    assert answered is not None

    def edit(request: Request, told: dict[str, Any]) -> None:
        answered(request, told)
        if request.refunds:
            read[0] = 0
        elif told.get("object") == "list" and read[0] >= 0:
            read[0] += 1
        if read[0] == after:
            read[0] = -1
            refunding.proxy.goes_wrong("refused", on_reads=True)

    refunding.proxy.edit = edit


async def reopened(refunding: Refunding, action_id: str) -> Outcome:
    assert await reopen(refunding.rig.client, action_id, "evt_1", good=False)
    return await refunding.rig.result(action_id)


async def kept(refunding: Refunding) -> list[tuple[str, str | None, bool]]:
    rows = await refunding.rig.refunds()
    return [(str(row["amount"]), row["failure"], bool(row["pending"])) for row in rows]


async def test_it_ends_well_once_the_money_is_on_its_way(refunding: Refunding) -> None:
    action_id = await settling(refunding)
    refunding.turns("succeeded")
    await refunding.wake(action_id)
    outcome = await refunding.rig.result(action_id)
    assert (outcome.kind, outcome.state) == ("done", "cancelled")
    assert await kept(refunding) == [("54.10", None, False)]


async def test_it_is_taken_back_where_the_refund_fails(refunding: Refunding) -> None:
    action_id = await settling(refunding)
    refunding.turns("failed")
    await refunding.wake(action_id)
    assert (await refunding.rig.result(action_id)).kind == "handed_over"
    assert (await refunding.rig.order(LAMP))["status"] == "pending"
    assert await kept(refunding) == [("54.10", "failed", False)]


async def test_a_way_back_that_fails_goes_to_a_person(refunding: Refunding) -> None:
    rig, action_id = refunding.rig, await settling(refunding)
    another = "UPDATE shop.orders SET cancelled_by_action = 'another' WHERE order_id = :o"

    async def cancelled_by_another() -> None:
        await rig.sql(another, o=LAMP)

    rig.before["orders.reinstate"] = cancelled_by_another
    refunding.turns("failed")
    await refunding.wake(action_id)
    assert (await rig.result(action_id)).kind == "handed_over"
    assert (await rig.order(LAMP))["cancelled_by_action"] == "another"
    problems = [problem["what"] for problem in await rig.kinds(action_id, "problem")]
    assert any(problem.startswith("Reinstate order: ") for problem in problems)


async def test_where_the_provider_refuses_the_order_is_not_cancelled(refunding: Refunding) -> None:
    refunding.proxy.goes_wrong("refused")
    action_id = await approved(refunding, CANCELLATION)
    assert (await refunding.rig.result(action_id)).kind == "handed_over"
    assert (await refunding.rig.order(LAMP))["status"] == "pending"
    assert (await kept(refunding), refunding.moved) == ([], [])
    assert await refunding.rig.kinds(action_id, "effect") == []
    problems = [problem["what"] for problem in await refunding.rig.kinds(action_id, "problem")]
    assert any("'Refund payment', which goes with it, was refused" in problem for problem in problems)


async def test_what_the_provider_waits_for_is_a_persons_affair(refunding: Refunding) -> None:
    refunding.answers("requires_action")
    assert (await refunding.rig.result(await approved(refunding, CANCELLATION))).state == "unsettled"
    assert await kept(refunding) == [("54.10", None, True)]


async def test_what_cannot_be_noted_is_a_persons_affair(refunding: Refunding) -> None:
    refuses_reads(refunding, "pending", after=0)
    assert (await refunding.rig.result(await approved(refunding, CANCELLATION))).state == "unsettled"
    assert (await refunding.rig.order(LAMP))["status"] == "cancelled", "the money may move: nothing is taken back"


async def test_a_look_that_fails_is_no_news_and_withdrawing_leaves_it_to_a_person(refunding: Refunding) -> None:
    refuses_reads(refunding, "pending", after=1)
    action_id = await approved(refunding, CANCELLATION)
    await refunding.settling(action_id)
    await refunding.rig.withdraw(action_id)
    assert (await refunding.rig.result(action_id)).state == "unsettled"


async def test_a_success_is_found_when_the_time_is_over(later: Refunding) -> None:
    action_id = await settling(later)
    later.turns("succeeded")
    await later.rig.environment.sleep(BANKS_TAKE)
    assert (await later.rig.result(action_id)).state == "cancelled"
    assert await kept(later) == [("54.10", None, False)]


async def test_a_refund_that_stays_pending_is_a_persons_affair(later: Refunding) -> None:
    action_id = await settling(later)
    await later.rig.environment.sleep(BANKS_TAKE)
    assert (await later.rig.result(action_id)).state == "unsettled"
    assert await kept(later) == [("54.10", None, True)]


async def test_a_provider_that_cannot_be_asked_when_the_time_is_over(later: Refunding) -> None:
    action_id = await settling(later)
    later.proxy.goes_wrong("refused", on_reads=True)
    await later.rig.environment.sleep(BANKS_TAKE)
    assert (await later.rig.result(action_id)).state == "unsettled"


async def test_a_success_that_was_noted_and_could_not_be_looked_at(later: Refunding) -> None:
    refuses_reads(later, "pending", after=1)
    pending = later.proxy.edit
    assert pending is not None

    def edit(request: Request, told: dict[str, Any]) -> None:
        pending(request, told)
        if request.refunds:
            later.stripe.turn(told["id"], "succeeded")

    later.proxy.edit = edit
    action_id = await approved(later, CANCELLATION)
    await later.settling(action_id)
    await later.rig.environment.sleep(BANKS_TAKE)
    assert (await later.rig.result(action_id)).state == "cancelled"


async def test_reopened_for_a_failure(refunding: Refunding) -> None:
    action_id = await approved(refunding, CANCELLATION)
    assert (await refunding.rig.result(action_id)).state == "cancelled"
    refunding.turns("failed")
    assert (await reopened(refunding, action_id)).state == "bounced"
    assert await kept(refunding) == [("54.10", "failed", False)]
    assert (await refunding.rig.order(LAMP))["status"] == "cancelled", "it was told so, and stays so"


async def test_reopened_for_nothing(refunding: Refunding) -> None:
    action_id = await approved(refunding, CANCELLATION)
    outcome = await refunding.rig.result(action_id)
    assert await reopened(refunding, action_id) == outcome


async def test_reopened_for_a_success(refunding: Refunding) -> None:
    refunding.answers("requires_action")
    action_id = await approved(refunding, CANCELLATION)
    outcome = await refunding.rig.result(action_id)
    refunding.turns("succeeded")
    assert await reopened(refunding, action_id) == outcome
    assert await kept(refunding) == [("54.10", None, False)]


async def test_reopened_where_the_provider_cannot_be_asked(refunding: Refunding) -> None:
    action_id = await approved(refunding, CANCELLATION)
    await refunding.rig.result(action_id)
    refunding.proxy.goes_wrong("refused", on_reads=True)
    assert (await reopened(refunding, action_id)).state == "unsettled"


async def test_reopened_where_the_news_cannot_be_noted(refunding: Refunding) -> None:
    refuses_reads(refunding, "succeeded", after=1)
    action_id = await approved(refunding, CANCELLATION)
    await refunding.rig.result(action_id)
    refunding.turns("failed")
    assert (await reopened(refunding, action_id)).state == "unsettled"
    assert await kept(refunding) == [("54.10", None, False)]
