"""What an action does where a person takes over: it begins a case, and ends. The case goes on by itself.

It is a workflow of its own so that whoever asked is answered at once, while the case may wait for days.
"""

import re
from collections.abc import Iterator

from temporalio import workflow
from temporalio.common import Priority, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

from leverframe.capability_uses import case_id
from leverframe.contracts import names
from leverframe.contracts.case import CaseRequest, Unknown
from leverframe.contracts.status import Outcome
from leverframe.naming import came, ended, stands, words
from machines.states import Call, LeverState
from workflows import front
from workflows.context import Context
from workflows.wording import step


async def hand_over(context: Context, outcome: Outcome) -> None:
    """Begin the case, or tell the one that is open already; nothing where no person was promised."""
    if not _promised(context, outcome):
        return
    request = _request(context, outcome)
    place = case_id(context.action_id)
    try:
        await workflow.start_child_workflow(
            names.CASE,
            request,
            id=place,
            parent_close_policy=ParentClosePolicy.ABANDON,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            priority=Priority(fairness_key=context.roles.priority.fairness_key),
            search_attributes=names.search_attributes(
                context.request.action, request.pseudonym, context.carried.tenant
            ),
            static_summary=f"Case: {names.summary(context.request.action, request.pseudonym)}",
            static_details=f"About {context.action_id}.",
        )
    except WorkflowAlreadyStartedError:
        try:
            await workflow.get_external_workflow_handle(place).signal(names.ADD, request)
        except ApplicationError:
            # It was settled this very moment.
            await hand_over(context, outcome)


def _promised(context: Context, outcome: Outcome) -> bool:
    if outcome is context.before:
        return False
    if outcome.kind != "handed_over":
        return context.withheld
    # Each part that a person takes over has a case of its own, unless it broke off or never began.
    handed = [part for part in outcome.parts if part.kind == "handed_over"]
    return not handed or any(part.state == "failed" for part in handed)


def _request(context: Context, outcome: Outcome) -> CaseRequest:
    done, undone = _carried_out(context)
    return CaseRequest(
        action_id=context.action_id,
        action=context.request.action,
        capability=context.carried.token,
        issuer_key=context.carried.issuer_key,
        requester=context.request.requester,
        pseudonym=context.request.pseudonym,
        outcome=outcome.kind,
        state=outcome.state,
        reply=outcome.reply,
        reason=_reason(context),
        done=done,
        undone=undone,
        unknown=tuple(_unknown(context)),
        why=front.why(context).model_copy(update={"ways": ()}),
    )


def _reason(context: Context) -> str:
    if context.withheld:
        return "The text to the user was withheld by a guard: they were told that a colleague gives them the details."
    if context.suggested and context.trouble:
        return context.trouble
    source, event = context.left
    machine = type(context.machine)
    state = machine.states_map.get(source)
    where = step(state, machine) if isinstance(state, LeverState) else stands(source)
    return " ".join(filter(None, (f"It could not go on at the step '{where}': {came(event)}.", context.trouble)))


def _unknown(context: Context) -> Iterator[Unknown]:
    """What was sent to systems outside, and nobody knows whether it has happened."""
    machine, confirmation = type(context.machine), context.confirmation
    sentences = dict(zip(confirmation.state.covers, confirmation.sentences, strict=False)) if confirmation else {}
    for key in dict.fromkeys(context.unknown):
        call = _called(key)
        state = machine.states_map[call]
        yield Unknown(
            call_key=key, what=sentences.get(call) or (step(state, machine) if isinstance(state, Call) else call)
        )


def _called(key: str) -> str:
    """The state of the call that has this key."""
    return re.split("[@#]", key)[0]


def _carried_out(context: Context) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What was done and what was not, of the newest plan or of the action's parts, in words."""
    parts = context.reads.get("actions") if context.parts else None
    if isinstance(parts, list):
        told = [(words(str(one["action"])), str(one["kind"])) for one in parts if isinstance(one, dict)]
        done = tuple(f"{action}: done" for action, kind in told if kind == "done")
        return done, tuple(f"{action}: {ended(kind)}" for action, kind in told if kind != "done")
    machine, confirmation = type(context.machine), context.confirmation
    sentences = dict(zip(confirmation.state.covers, confirmation.sentences, strict=False)) if confirmation else {}

    def said(call: str) -> str:
        state = machine.states_map[call]
        return sentences.get(call) or (step(state, machine) if isinstance(state, Call) else call)

    covered = confirmation.state.covers if confirmation else ()
    done = tuple(map(said, dict.fromkeys(context.carried_out)))
    left = {*context.carried_out, *map(_called, context.unknown)}
    return done, tuple(said(call) for call in covered if call not in left)
