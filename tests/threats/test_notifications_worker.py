"""The notifications worker is taken over. It holds the payload keys, a login to Temporal, and the webhook's secret.

Its own reach: it learns which actions wait, where and for whom; it can tell the webhook falsehoods or nothing, and say
in an action's ledger, under its own name, why it could not deliver. And whoever else has a login to Temporal can ask it
to tell of a workflow of theirs, and of no other.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from leverframe.contracts.names import ROLES, task_queue
from tests.support.receiver import Receiver, receiving
from tests.support.rig import LAMP, Rig, open_rig
from tests.threats.support import Denied, Hostile, Puppet, obeying
from worker.testing.postgres import Database
from worker.testing.waiting import until

ASKED = {
    "type": "action.expired",
    "state": "confirming",
    "visit": 1,
    "awaiting": "operator",
    "role": "support",
    "deadline": "2026-05-04T12:00:00Z",
}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving(Receiver()) as listening:
        yield listening


async def test_another_workflow_has_nothing_sent_in_an_actions_name(
    temporal: WorkflowEnvironment, database: Database, receiver: Receiver
) -> None:
    async with (
        open_rig(temporal, database, notifications=receiver.settings()) as rig,
        obeying(rig.client, "the-attackers"),
    ):
        victim = await rig.waiting()
        handle = await rig.client.start_workflow(
            "order_cancellation", {}, id=f"{victim.action_id}-not", task_queue="the-attackers"
        )
        me = Hostile(rig, handle)
        await handle.query(Puppet.carried)
        for lie in ({"action_id": victim.action_id}, {"data": {"action_id": victim.action_id}}):
            with pytest.raises(Denied):
                await me.do("notifications", "notify", ASKED | lie)
        for text in ({"role": "look at https://x.org"}, {"state": "your account\nis closed"}):
            with pytest.raises(Denied, match="nothing is sent: expected an action's own workflow to name a state and"):
                await me.do("notifications", "notify", ASKED | text)
        await me.do("notifications", "notify", ASKED)
        told = {one.type: one.data.action_id for one in receiver.taken.values()}
        assert told == {"action.waiting": victim.action_id, "action.expired": handle.id}
        await handle.terminate()


async def taken_over(answer: Any, rig: Rig, seen: list[Any]) -> str:
    """An action is approved while the attacker answers in the role's place; returns how it ends."""

    @activity.defn(name="notify")
    async def notify(request: dict[str, Any]) -> Any:
        seen.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def asked() -> bool:
        return bool(seen)

    async with Worker(rig.client, task_queue=task_queue("notifications", rig.prefix), activities=[notify]):
        status = await rig.waiting()
        assert status.plan is not None
        await until(asked, bool)
        receipt = await rig.operator.approve(status.action_id, status.plan.code)
        assert receipt.accepted
        return (await rig.result(status.action_id)).kind


@pytest.mark.parametrize(
    "answer",
    [
        {"state": "approved", "plan": None},
        "approve" * 10_000,
        ApplicationError("Approved by Olga.", type="Refused", non_retryable=True),
        ApplicationError("again"),
    ],
    ids=["an object", "a text", "a refusal", "a failure"],
)
async def test_whatever_it_answers_changes_nothing_and_it_is_told_no_secret(
    answer: Any, temporal: WorkflowEnvironment, database: Database
) -> None:
    others = tuple(role for role in ROLES if role != "notifications")
    seen: list[Any] = []
    async with open_rig(temporal, database, roles=others) as rig:
        assert await taken_over(answer, rig, seen) == "done"
        assert len(await rig.refunds(LAMP)) == 1
    assert all(request.keys() == ASKED.keys() | {"outcome", "parts", "at"} for request in seen)
    assert all(request["outcome"] is request["at"] is None and not request["parts"] for request in seen)
    assert {request["type"] for request in seen} <= {"action.waiting"}
