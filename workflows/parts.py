"""Actions that run as parts of another one: each a child workflow with a capability for itself alone."""

import asyncio
from collections.abc import Sequence

from pydantic import JsonValue
from temporalio import workflow
from temporalio.common import Priority, RawValue, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, ChildWorkflowError, WorkflowAlreadyStartedError
from temporalio.workflow import ChildWorkflowCancellationType, ChildWorkflowHandle, ParentClosePolicy

from leverframe.capability_uses import part_id
from leverframe.contracts import entries, names
from leverframe.contracts.request import ActionRequest
from leverframe.contracts.status import Outcome, PartOutcome
from leverframe.contracts.withdrawal import Withdrawal
from leverframe.errors import CapabilityRefused
from leverframe.naming import words
from leverframe.placeholders import put_back
from machines.states import Dispatch, Wish
from workflows import front
from workflows.context import Context
from workflows.roles import cause, why

Part = ChildWorkflowHandle[object, RawValue]


async def dispatch(context: Context, state: Dispatch) -> str:
    """Start an action for each wish, and wait until all have ended. A withdrawal withdraws them too."""
    wishes = tuple(state.wishes(context.facts))
    if not all(isinstance(wish, Wish) for wish in wishes):
        raise TypeError(f"the wishes of {state.id!r} are none")
    parts: list[Part | None] = []
    ended: asyncio.Future[list[dict[str, JsonValue]]] | None = None
    try:
        for wish in wishes:
            parts.append(await _start(context, wish))
        front.announce(context)
        front.show(context)
        await context.journal.flush()
        ended = asyncio.ensure_future(_all_ended(context, wishes, parts))
        context.reads["actions"] = list(await asyncio.shield(ended))
    except asyncio.CancelledError:
        for part in filter(None, parts):
            await _withdraw(context, part)
        # Each finishes a write that is under way before it ends.
        told = await (ended or _all_ended(context, wishes, parts))
        unbegun = Outcome(action_id="", kind="withdrawn", state="withdrawn", reply="")
        told += [_told(wish, unbegun) for wish in wishes[len(parts) :]]
        context.reads["actions"] = list(told)
        if any(part["kind"] == "withdrawn" for part in told):
            raise
        context.withdraw_late("all parts had ended before")
    return "finished"


async def _withdraw(context: Context, part: Part) -> None:
    try:
        await part.signal(names.WITHDRAW, Withdrawal(capability=context.carried.token))
    except ApplicationError:
        return  # It has ended by itself.


def outcomes(context: Context) -> tuple[PartOutcome, ...]:
    """How the parts ended, in the order of the wishes."""
    told = context.reads.get("actions") if context.parts else None
    return tuple(
        PartOutcome.model_validate({name: one[name] for name in PartOutcome.model_fields})
        for one in (told if isinstance(told, list) else [])
        if isinstance(one, dict)
    )


async def _start(context: Context, wish: Wish) -> Part | None:
    """Start the action; ``None`` where it could not be, which is noted."""
    part = part_id(context.action_id, len(context.parts) + 1)
    context.parts.append(part)
    try:
        request = _request(context, wish, part)
        handle: Part = await workflow.start_child_workflow(
            wish.action,
            request,
            id=part,
            result_type=RawValue,
            cancellation_type=ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
            parent_close_policy=ParentClosePolicy.REQUEST_CANCEL,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            priority=Priority(fairness_key=context.roles.priority.fairness_key),
            search_attributes=names.search_attributes(wish.action, request.pseudonym, context.carried.tenant),
            static_summary=names.summary(wish.action, request.pseudonym),
            static_details=f"Part of {context.action_id}.",
        )
    except (CapabilityRefused, ValueError, ChildWorkflowError, WorkflowAlreadyStartedError) as error:
        context.problem(f"A part of it, {words(wish.action)}, could not be started: {why(error)}.", cause=cause(error))
        return None
    context.journal.add("workflows", entries.Part(action=wish.action, action_id=part))
    return handle


def _request(context: Context, wish: Wish, part: str) -> ActionRequest:
    """What the part is asked for: in the user's own words, with what was masked in them put back."""
    text = put_back({"text": wish.text}, context.placeholders)["text"]
    asked = context.request.model_dump()
    return ActionRequest.model_validate(
        {**asked, "action": wish.action, "capability": context.carried.to_part(part, wish.action), "text": text}
    )


async def _all_ended(
    context: Context, wishes: Sequence[Wish], parts: Sequence[Part | None]
) -> list[dict[str, JsonValue]]:
    return list(await asyncio.gather(*(_ended(context, *one) for one in zip(wishes, parts, strict=False))))


async def _ended(context: Context, wish: Wish, part: Part | None) -> dict[str, JsonValue]:
    """How the part has ended. Whatever went wrong with it stays with it: the others go on."""
    action_id = part.id if part else ""
    outcome = Outcome(action_id=action_id, kind="handed_over", state="failed", reply="")
    if part is not None:
        try:
            raw = await part
            outcome = Outcome.model_validate(workflow.payload_converter().from_payload(raw.payload))
        except (ChildWorkflowError, ValueError) as error:
            context.problem(f"A part of it, {words(wish.action)}, ended without an outcome.", cause=cause(error))
    told = entries.Part(action=wish.action, action_id=action_id, outcome=outcome.kind)
    context.journal.add("workflows", told)
    return _told(wish, outcome)


def _told(wish: Wish, outcome: Outcome) -> dict[str, JsonValue]:
    return {"action": wish.action, **outcome.model_dump(mode="json", exclude={"parts"})}
