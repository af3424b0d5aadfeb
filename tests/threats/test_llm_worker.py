"""The llm worker is taken over.

It holds the key of the model's endpoint, the payload keys and a login to Temporal. So it answers for the model
(:mod:`tests.workflows.test_hostile_model` has what a model can try), sees what the model would see, and, as any role
does, can run workflows of its own and read what the server keeps, capabilities included.

Lost at most: masked messages and facts; wrong proposals, which a person sees as a plan; that actions end or stall; and
with its login what anybody with one and the payload keys has: the rows of users whose actions it finds, to read, and
their writes that can be undone. Never an effect that nobody approved, nor a row of a user without an action.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from leverframe.capability import narrow, use_of
from leverframe.capability_uses import Operation
from leverframe.contracts.calling import CallRequest, PreviewRequest
from leverframe.contracts.names import CALL, PREVIEW, PROPOSE, Role, task_queue
from leverframe.contracts.plan import PlannedCall
from leverframe.contracts.request import ActionRequest
from leverframe.digest import make_plan
from leverframe.keys import SigningKeys
from tests.support.keys import capability
from tests.support.rig import BO, BOS, CHAIR, LAMP, MIA, SHIPPED, Rig, cancel
from tests.threats.impostor import Step, by_hand, found_in_history, olga_approves, taken_over
from worker.testing.keys import ISSUER, private
from worker.testing.postgres import Database
from worker.testing.rig import propose

LLM: Role = "llm"
OWN = SigningKeys.parse(private(99))
EMAIL, PHONE = "mia.berg@example.com", "+49 151 23456789"


def answer(content: Any, **claimed: Any) -> dict[str, Any]:
    """An answer as the honest worker gives it, and whatever else is claimed in it."""
    usage = {"input_tokens": 1, "output_tokens": 1}
    told = {"model": "m", "prompt": "p", "prompt_version": 1, "prompt_hash": "h", "usage": usage, "duration_ms": 1}
    return {"content": content, **told, **claimed}


class Llm:
    """Answers ``says``, whatever it is asked, and keeps what it saw."""

    def __init__(self, says: Any) -> None:
        self.says, self.seen = says, ""

    @activity.defn(name=PROPOSE)
    async def propose(self, request: dict[str, Any]) -> Any:
        self.seen += str(request)
        return self.says


ILLEGAL = {
    "another user's order": answer(cancel(BOS)),
    "another order of the user": answer(cancel(CHAIR)),
    "an order that has been shipped": answer(cancel(SHIPPED)),
    "both orders at once": answer({**cancel(), "also": cancel(BOS)}),
    "the event that follows an approval": answer(propose("approved")),
    "the event that follows a call": answer(propose("succeeded")),
    "an argument more": answer(cancel(subject=BO)),
    "no event": answer({}),
    "half a megabyte": answer({**cancel(), "rationale": "x" * 500_000}),
    "depth": answer({"proposal": [[[[[[[[[[]]]]]]]]]]}),
    "another user's order, as another model": answer(cancel(BOS), model="approvals", prompt="trusted"),
}
MALFORMED = {
    "nothing": None,
    "content that is no object": answer([cancel()]),
}


async def test_what_the_machine_does_not_allow_goes_to_a_person(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path
) -> None:
    llm = Llm(None)
    async with taken_over(temporal, database, tmp_path, LLM, llm.propose) as rig:
        before, outcomes = await rig.snapshot(), {}
        for attempt, llm.says in ILLEGAL.items():
            action_id = await rig.start()
            outcomes[attempt] = (await rig.result(action_id)).kind
            assert await rig.kinds(action_id, "effect") == await rig.kinds(action_id, "plan") == []
        assert outcomes == dict.fromkeys(ILLEGAL, "handed_over")
        assert await rig.snapshot() == before


@pytest.mark.parametrize("attempt", MALFORMED)
async def test_what_is_no_answer_goes_to_a_person(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path, attempt: str
) -> None:
    async with taken_over(temporal, database, tmp_path, LLM, Llm(MALFORMED[attempt]).propose) as rig:
        before = await rig.snapshot()
        action_id = await rig.start()
        try:
            async with asyncio.timeout(4):
                assert (await rig.result(action_id)).kind == "handed_over"
        except TimeoutError:
            await rig.client.get_workflow_handle(action_id).terminate()
            pytest.fail("the action neither goes on nor ends")
        finally:
            assert await rig.snapshot() == before


async def test_it_sees_masked_text_and_a_legal_answer_is_only_a_proposal(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path
) -> None:
    llm = Llm(answer(cancel(), model="approved by olga", approved=True, event="approved"))
    async with taken_over(temporal, database, tmp_path, LLM, llm.propose) as rig:
        before = await rig.snapshot()
        status = await rig.waiting(f"cancel my lamp; write to {EMAIL} or call {PHONE}")
        assert "<EMAIL_1>" in llm.seen
        assert [secret for secret in (EMAIL, PHONE, MIA, BOS, "ed25519", "capability") if secret in llm.seen] == []
        assert await rig.snapshot() == before
        await olga_approves(rig, status)
        assert (await rig.result(status.action_id)).kind == "done"
        assert [str(refund["amount"]) for refund in await rig.refunds()] == ["54.10"]


LISTING = PlannedCall(call="reading", key="reading#1", tool="orders.list", arguments={})


def cancelling(order_id: str) -> PlannedCall:
    arguments = {"order_id": order_id, "reason": "no longer needed"}
    return PlannedCall(call="cancelling", key="cancelling#1", tool="orders.cancel", arguments=dict(arguments))


def narrowed(token: str, operation: Operation, action_id: str, planned: PlannedCall, plan: str | None = None) -> str:
    use = use_of(operation, action_id, [planned], {}, plan)
    return narrow(token, str(ISSUER.public[11]), use, datetime.now(UTC) + timedelta(hours=1))


def calls(found: ActionRequest, action_id: str) -> dict[str, Step]:
    """Tool calls by hand, each with the best token that can be had; ``action_id`` is the action that was found."""
    token, forged = found.capability, capability(BO, action_id=action_id, issuer=OWN)
    plan = make_plan(action_id, [(cancelling(LAMP), [])])

    def call(planned: PlannedCall, capability: str, **other: Any) -> Step:
        request = CallRequest(action_id=action_id, capability=capability, planned=planned, **other)
        return Step(role="tools", activity=CALL, request=request.model_dump(mode="json"))

    preview = PreviewRequest(
        action_id=action_id,
        capability=narrowed(token, "preview", action_id, cancelling(BOS)),
        calls=(cancelling(BOS),),
    )
    return {
        "a write with its plan, not approved": call(
            cancelling(LAMP), narrowed(token, "destructive", action_id, cancelling(LAMP), plan.digest), approved=plan
        ),
        "a write without a plan": call(cancelling(LAMP), token),
        "a write that claims to be a read": call(cancelling(LAMP), narrowed(token, "read", action_id, LISTING)),
        "a token of its own making": call(LISTING, forged),
        "a token that is none": call(LISTING, "x" * 400),
        "another user's order": Step(role="tools", activity=PREVIEW, request=preview.model_dump(mode="json")),
    }


async def test_tool_calls_by_hand_find_no_way(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path
) -> None:
    """In the action's own name, and with its capability, which the history shows to whoever has the payload keys."""
    async with taken_over(temporal, database, tmp_path, LLM, Llm(answer(cancel())).propose) as rig:
        status, before = await rig.waiting(), await rig.snapshot()
        attempts = calls(await found_in_history(rig, status.action_id), status.action_id)
        results = await by_hand(rig, LLM, list(attempts.values()), status.action_id)
        told = dict(zip(attempts, results, strict=True))
        other = told.pop("another user's order")
        assert isinstance(other, dict)
        assert (other["plan"], other["refusal"]) == (None, f"The customer has no order {BOS}. (OWN-ORDERS)")
        assert told == {
            "a write with its plan, not approved": "refused: CapabilityRefused",
            "a write without a plan": "refused: NotApproved",
            "a write that claims to be a read": "refused: NotApproved",
            "a token of its own making": "refused: CapabilityRefused",
            "a token that is none": "refused: CapabilityRefused",
        }
        assert await rig.snapshot() == before


async def test_its_stated_reach_the_user_of_an_action_that_it_finds(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path
) -> None:
    """Whoever has the payload keys and may end and start workflows reads what that action may read, and no more."""
    async with taken_over(temporal, database, tmp_path, LLM, Llm(answer(cancel())).propose) as rig:
        status, before = await rig.waiting(), await rig.snapshot()
        found = await found_in_history(rig, status.action_id)
        token = narrowed(found.capability, "read", status.action_id, LISTING)
        request = CallRequest(action_id=status.action_id, capability=token, planned=LISTING)
        step = Step(role="tools", activity=CALL, request=request.model_dump(mode="json"))
        elsewhere = await by_hand(rig, LLM, [step], "a-workflow-of-its-own")
        alone = await _without_a_workflow(rig, step)
        inside = await by_hand(rig, LLM, [step], status.action_id)
        assert (elsewhere, alone) == (["refused: CapabilityRefused"], "CapabilityRefused")
        assert LAMP in str(inside)
        assert BOS not in str(inside)
        assert await rig.snapshot() == before


async def _without_a_workflow(rig: Rig, step: Step) -> str:
    """The type of the failure of an activity that no workflow runs."""
    handle = await rig.client.start_activity(
        step.activity,
        step.request,
        id=f"alone-{rig.prefix}",
        task_queue=task_queue(step.role, rig.prefix),
        start_to_close_timeout=timedelta(seconds=10),
    )
    try:
        await handle.result()
    except Exception as error:
        cause = error.__cause__
        return str(getattr(cause, "type", cause))
    return "ran"
