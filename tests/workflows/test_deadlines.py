"""Deadlines fail closed after a reminder: three days pass in a moment on the time-skipping server."""

import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from leverframe import Refused
from tests.support.rig import LAMP, Rig, keep_histories, open_rig
from worker.testing.postgres import Database
from worker.testing.rig import propose
from worker.testing.servers import skipping_server


@pytest.fixture
async def skipping(database: Database, request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    async with skipping_server() as environment, open_rig(environment, database) as rig:
        yield rig
        await keep_histories(rig, request.node.name)


async def test_a_plan_that_nobody_confirms_expires_undone(skipping: Rig) -> None:
    rig = skipping
    before = await rig.snapshot()
    status = await rig.waiting()
    assert status.plan is not None
    started = time.perf_counter()
    await rig.environment.sleep(timedelta(days=3, seconds=1))
    outcome = await rig.result(status.action_id)
    elapsed = time.perf_counter() - started
    assert outcome.kind == "expired"
    assert elapsed < 1, f"three days took {elapsed:.2f} s"
    assert await rig.snapshot() == before
    (reminder,) = await rig.kinds(status.action_id, "reminder")
    assert reminder["deadline"] == status.deadline
    with pytest.raises(Refused, match="ended already"):
        await rig.operator.approve(status.action_id, status.plan.code)


async def test_a_question_that_nobody_answers_ends_the_action(skipping: Rig) -> None:
    rig = skipping
    rig.script[:] = [propose("ask", missing="which_order")]
    action_id = await rig.start("cancel my order")
    await rig.until(action_id, lambda status: status.awaiting == "user")
    await rig.environment.sleep(timedelta(days=3, seconds=1))
    outcome = await rig.result(action_id)
    assert outcome.kind == "expired"
    assert len(await rig.kinds(action_id, "reminder")) == 1


async def test_an_approval_after_the_reminder_still_counts(skipping: Rig) -> None:
    rig = skipping
    status = await rig.waiting()
    assert status.plan is not None
    environment = rig.environment
    await environment.sleep(timedelta(days=2, hours=1))
    reminded = await rig.service.status(status.action_id)
    assert "Reminder" in (reminded.notice or "")
    await rig.operator.approve(status.action_id, status.plan.code)
    assert (await rig.result(status.action_id)).kind == "done"
    (decision,) = await rig.kinds(status.action_id, "decision")
    assert timedelta(days=2) < timedelta(seconds=decision["seconds"]) < timedelta(days=3)
    assert not decision["hasty"]


async def test_a_refund_that_nobody_confirms_anew_leaves_the_order_as_it_was(skipping: Rig) -> None:
    rig = skipping

    async def reprice() -> None:
        await rig.sql("UPDATE shop.order_payments SET amount = 50.00 WHERE order_id = :o", o=LAMP)

    rig.before["payments.refund"] = reprice
    status = await rig.waiting()
    assert status.plan is not None
    await rig.operator.approve(status.action_id, status.plan.code)
    code = status.plan.code
    await rig.until(status.action_id, lambda status: status.plan is not None and status.plan.code != code)
    await rig.environment.sleep(timedelta(days=3, seconds=1))
    assert (await rig.result(status.action_id)).kind == "expired"
    assert (await rig.order(LAMP))["status"] == "pending"
    assert await rig.refunds() == []
