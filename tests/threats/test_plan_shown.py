"""The workflow worker is taken over, and shows whoever asks for the plan another one than its digest says."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from pydantic import JsonValue
from temporalio import workflow
from temporalio.common import RawValue
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from desk.inbox.desk import Desk
from desk.inbox.telling import reasoned
from leverframe import ActionFailed, Leverframe, Plan, Refused
from leverframe.decision_signature import signed
from tests.support.rig import CHAIR, LAMP
from tests.threats.support import both, forged

NOT_SHOWN = "is not shown: its digest is not that of its contents"
Shown = dict[str, Any]


@workflow.defn(dynamic=True)
class Showing:
    """A workflow that says of where it stands whatever it was started with."""

    @workflow.run
    async def run(self, args: Sequence[RawValue]) -> None:
        self.said = workflow.payload_converter().from_payload(args[0].payload, dict[str, Any])
        await workflow.wait_condition(lambda: False)

    @workflow.query
    def status(self) -> JsonValue:
        answer: JsonValue = self.said["status"]
        return answer


def waiting(action_id: str, plan: JsonValue) -> Shown:
    return {
        "action_id": action_id,
        "action": "order_cancellation",
        "state": "confirming",
        "awaiting": "operator",
        "role": "support",
        "plan": plan,
    }


@asynccontextmanager
async def shown(temporal: WorkflowEnvironment, status: Callable[[str], JsonValue]) -> AsyncIterator[tuple[str, Desk]]:
    """The id of an action whose workflow says this of its status, and an operator's desk."""
    action_id, queue = f"order_cancellation-{uuid4().hex[:16]}-{uuid4().hex[:12]}", f"hostile-{uuid4()}"
    runner = UnsandboxedWorkflowRunner()
    async with Worker(temporal.client, task_queue=queue, workflows=[Showing], workflow_runner=runner):
        said = {"status": status(action_id)}
        handle = await temporal.client.start_workflow("order_cancellation", said, id=action_id, task_queue=queue)
        yield action_id, Desk(temporal.client)
        await handle.terminate()


def genuine(action_id: str) -> Plan:
    return forged(action_id, *both(LAMP), amount="54.10")


def changed(action_id: str, change: Callable[[Shown], object]) -> JsonValue:
    """A plan in which something was changed after its digests were made."""
    plan: Shown = json.loads(genuine(action_id).model_dump_json())
    change(plan)
    return plan


def renamed(action_id: str) -> JsonValue:
    """What is called and its own digest are another's; the plan's digest is the one that somebody was told to sign."""
    plan, other = genuine(action_id), forged(action_id, *both(CHAIR), amount="54.10")
    return other.model_copy(update={"digest": plan.digest}).model_dump(mode="json")


HOSTILE: dict[str, Callable[[str], JsonValue]] = {
    "another order": lambda action: changed(
        action, lambda plan: plan["calls"][0]["planned"]["arguments"].update(order_id=CHAIR)
    ),
    "another amount": lambda action: changed(
        action, lambda plan: plan["calls"][1]["changes"][0]["after"].update(amount="0.10")
    ),
    "a call less": lambda action: changed(action, lambda plan: plan["calls"].pop()),
    "the calls in another order": lambda action: changed(action, lambda plan: plan["calls"].reverse()),
    "another tool": lambda action: changed(
        action, lambda plan: plan["calls"][1]["planned"].update(tool="orders.reinstate")
    ),
    "another call's digest": lambda action: changed(
        action, lambda plan: plan["calls"][0].update(digest=plan["calls"][1]["digest"])
    ),
    "another plan under this plan's digest": renamed,
    "another digest": lambda action: changed(action, lambda plan: plan.update(digest="0" * 64)),
    "another action's plan": lambda action: genuine(f"{action}0").model_dump(mode="json"),
    "a number that has no digest": lambda action: changed(
        action, lambda plan: plan["calls"][1]["changes"][0]["after"].update(amount=2**60)
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_another_plan_than_its_digest_says_is_neither_shown_nor_signed(
    temporal: WorkflowEnvironment, name: str
) -> None:
    async with shown(temporal, lambda action: waiting(action, HOSTILE[name](action))) as (action_id, desk):
        service = Leverframe(temporal.client)
        plan = (await service.status(action_id)).plan
        assert plan is not None
        for ask in (service.plan, desk.look):
            with pytest.raises(Refused, match=NOT_SHOWN):
                await ask(action_id)
        with pytest.raises(Refused, match=NOT_SHOWN):
            signed("never read", "approve", action_id, plan, plan.digest, "")


def honest(action_id: str) -> Shown:
    return waiting(action_id, genuine(action_id).model_dump(mode="json"))


async def test_a_genuine_plan_is_what_a_service_signs(temporal: WorkflowEnvironment) -> None:
    async with shown(temporal, honest) as (action, _):
        assert await Leverframe(temporal.client).plan(action) == genuine(action)
    async with shown(temporal, lambda action: waiting(action, None)) as (action, _):
        assert await Leverframe(temporal.client).plan(action) is None


@pytest.mark.parametrize("said", [None, "all is well", {}, {"plan": []}, waiting("a", {"calls": "none"})])
async def test_what_is_no_status_is_told_in_words(temporal: WorkflowEnvironment, said: JsonValue) -> None:
    async with shown(temporal, lambda _: said) as (action_id, desk):
        for ask in (Leverframe(temporal.client).status, Leverframe(temporal.client).plan, desk.look):
            with pytest.raises(ActionFailed, match=f"{action_id} does not answer"):
                await ask(action_id)


async def test_a_version_that_does_not_say_why_is_told_in_words(temporal: WorkflowEnvironment) -> None:
    """Actions that began before it could be asked stay on their version."""
    async with shown(temporal, honest) as (action, desk):
        with pytest.raises(ActionFailed, match=f"{action} does not answer"):
            await Leverframe(temporal.client).why(action)
        sight = await desk.look(action)
        assert (sight.plan, sight.why) == (genuine(action), None)
        assert "older version" in str(reasoned(sight.why))
