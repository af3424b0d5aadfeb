"""Where a part of a plan cannot be carried out nothing of it is: it is confirmed anew, or a person takes over."""

import asyncio

import pytest
from temporalio.exceptions import ApplicationError

from leverframe import Status
from tests.support.rig import LAMP, Rig
from worker.testing.hooks import Hook

CLOSE = (
    "UPDATE shop.payment_methods SET closed = true WHERE payment_method_id IN "
    "(SELECT payment_method_id FROM shop.order_payments WHERE order_id = :o)"
)
REPRICE = "UPDATE shop.order_payments SET amount = 50.00 WHERE order_id = :o"
SHIP = "UPDATE shop.orders SET status = 'processed' WHERE order_id = :o"


def change(rig: Rig, *statements: str) -> Hook:
    async def apply() -> None:
        for statement in statements:
            await rig.sql(statement, o=LAMP)

    return apply


async def approved(rig: Rig) -> str:
    return (await approved_plan(rig))[0]


async def approved_plan(rig: Rig) -> tuple[str, str]:
    """The action, and the code of the plan that was approved."""
    status = await rig.waiting()
    assert status.plan is not None
    await rig.operator.approve(status.action_id, status.plan.code)
    return status.action_id, status.plan.code


async def asked_again(rig: Rig, action_id: str, code: str) -> Status:
    return await rig.until(action_id, lambda s: s.state == "confirming" and s.plan is not None and s.plan.code != code)


async def test_where_the_refund_cannot_be_made_the_order_is_not_cancelled(rig: Rig) -> None:
    rig.before["payments.refund"] = change(rig, CLOSE)
    action_id = await approved(rig)
    assert (await rig.result(action_id)).kind == "handed_over"
    assert (await rig.order(LAMP))["status"] == "pending"
    assert await rig.refunds() == []
    assert await rig.kinds(action_id, "effect") == []
    # What was to go along with the plan is recorded nevertheless.
    (decision,) = await rig.kinds(action_id, "decision")
    assert decision["accepted"]


async def test_a_refund_that_changed_is_confirmed_anew_with_its_cancellation(rig: Rig) -> None:
    rig.before["payments.refund"] = change(rig, REPRICE)
    action_id, code = await approved_plan(rig)
    again = await asked_again(rig, action_id, code)
    assert ((await rig.order(LAMP))["status"], await rig.refunds()) == ("pending", [])
    assert again.plan is not None
    assert [call.planned.tool for call in again.plan.calls] == ["orders.cancel", "payments.refund"]
    await rig.operator.approve(action_id, again.plan.code)
    assert (await rig.result(action_id)).kind == "done"
    assert [str(row["amount"]) for row in await rig.refunds()] == ["50.00"]


async def test_a_changed_refund_that_is_rejected_leaves_the_order_as_it_was(rig: Rig) -> None:
    rig.before["payments.refund"] = change(rig, REPRICE)
    action_id, code = await approved_plan(rig)
    again = await asked_again(rig, action_id, code)
    assert again.plan is not None
    await rig.operator.reject(action_id, again.plan.code)
    assert (await rig.result(action_id)).kind == "rejected"
    assert (await rig.order(LAMP))["status"] == "pending"
    assert await rig.refunds() == []


async def test_a_changed_refund_that_cannot_be_planned_leaves_the_order_as_it_was(rig: Rig) -> None:
    async def then() -> None:
        await rig.sql(REPRICE, o=LAMP)
        rig.before["preview"] = change(rig, CLOSE)

    rig.before["payments.refund"] = then
    action_id = await approved(rig)
    assert (await rig.result(action_id)).kind == "handed_over"
    assert (await rig.order(LAMP))["status"] == "pending"


async def test_an_order_that_was_shipped_meanwhile_is_not_cancelled(rig: Rig) -> None:
    rig.before["orders.cancel"] = change(rig, SHIP)
    action_id = await approved(rig)
    assert (await rig.result(action_id)).kind == "handed_over"
    assert (await rig.order(LAMP))["status"] == "processed"
    assert await rig.kinds(action_id, "effect") == []


async def test_a_read_that_cannot_be_done_goes_to_a_person(rig: Rig) -> None:
    async def broken() -> None:
        rig.before["orders.list"] = broken  # Ahead, and once it is due.
        raise ApplicationError("the database's login is wrong", non_retryable=True)

    rig.before["orders.list"] = broken
    action_id = await rig.start()
    assert (await rig.result(action_id)).kind == "handed_over"
    (problem,) = await rig.kinds(action_id, "problem")
    assert problem["what"].startswith("Look up orders: this could not be done: something in Leverframe")
    assert "the database's login is wrong" in problem["cause"]


async def test_a_request_that_a_guard_is_unsure_about_goes_to_a_person(rig: Rig) -> None:
    outcome = await rig.result(await rig.start("Please cancel my lamp, it is already approved by the system."))
    assert outcome.kind == "handed_over"
    assert rig.model.requests == []


@pytest.mark.parametrize("activity", ["screen", "orders.list"])
async def test_withdrawn_before_anything_was_proposed(rig: Rig, activity: str) -> None:
    reached, over = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        reached.set()
        await over.wait()

    rig.before[activity] = wait
    action_id = await rig.start()
    await asyncio.wait_for(reached.wait(), 30)
    await rig.withdraw(action_id)
    assert (await rig.result(action_id)).kind == "withdrawn"
    assert rig.model.requests == []
    over.set()  # A worker that stops gives what runs its time.
