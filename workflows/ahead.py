"""What is done before the machine has come to it, so that an action waits for fewer answers one after the other.

It is taken only where the machine comes to ask just that, and is thrown away otherwise: what a guard stops has changed
nothing, was shown to nobody, and was done with no right but the one that the action has for it anyway.
"""

import asyncio

from temporalio import workflow
from temporalio.exceptions import is_cancelled_exception

from leverframe.contracts.base import Facts
from leverframe.contracts.calling import CallRequest, CallResult, Previewed, PreviewRequest
from leverframe.contracts.plan import PlannedCall
from leverframe.contracts.proposal import Proposal
from leverframe.contracts.verdict import RepliesRequest
from leverframe.errors import CapabilityRefused
from machines.following import follower, replies_that_follow
from machines.states import Call, Confirm, Decide
from workflows.context import Context
from workflows.roles import FAILED
from workflows.wording import step


async def read(context: Context, limit: int) -> Facts | None:
    """Run the reads that come once the message has passed; returns all facts where a decision comes next.

    Only those that ask the same whatever the message says, which nobody has screened yet, and nothing of a system
    outside; ``limit``: how many characters of all messages a machine reads.
    """
    early = context.early
    early.reads.clear()
    early.facts = None
    facts, machine = dict(context.reads), type(context.machine)
    state = follower(machine, context.machine.current, "passed")
    if context.reopened or sum(map(len, (*context.messages, context.incoming))) > limit:
        return None
    while isinstance(state, Call) and not state.writes and not state.asks:
        planned = _whatever_is_said(context, state, facts)
        result = await _run(context, state, planned) if planned else None
        if planned is None or result is None:
            return None
        early.reads[planned.key] = workflow.now(), planned, result
        facts.update(result.output)
        state = follower(machine, state, "succeeded")
    return facts if isinstance(state, Decide) else None


def _whatever_is_said(context: Context, state: Call, reads: Facts) -> PlannedCall | None:
    visit, facts = context.visits.get(state.id, 0) + 1, {**context.facts, **reads}
    said: Facts = {
        "messages": [*context.messages, context.incoming],
        "written_on": [*context.written_on, ""],
    }
    try:
        planned = context.planned(state.id, visit, facts)
        return planned if planned == context.planned(state.id, visit, {**facts, **said}) else None
    except LookupError:
        return None


async def _run(context: Context, state: Call, planned: PlannedCall) -> CallResult | None:
    try:
        request = CallRequest(
            action_id=context.action_id,
            capability=context.carried.to_call("read", [planned], context.placeholders),
            planned=planned,
            placeholders=context.placeholders,
            ahead=True,
        )
        result = await context.roles.call_ahead(request, step(state, type(context.machine)))
    except (*FAILED, CapabilityRefused) as error:
        if is_cancelled_exception(error):
            raise
        return None  # Why not is found out, and told, once it is due.
    return result if result.status == "succeeded" else None


def foresee(context: Context, proposal: Proposal) -> RepliesRequest | None:
    """Begin to work out the plan of a proposal that is screened now; returns the texts that may follow from it."""
    context.early.drop()
    machine = type(context.machine)
    state = follower(machine, context.machine.current, proposal.event, conditions=True)
    facts: Facts = {**context.facts, "proposal": {"event": proposal.event, **proposal.arguments}}
    if isinstance(state, Confirm):
        _preview(context, state, facts)
    templates = replies_that_follow(machine, state)
    return RepliesRequest(templates=templates, facts=lasting(facts)) if templates else None


def _preview(context: Context, state: Confirm, facts: Facts) -> None:
    if any(isinstance(call := context.machine.states_map.get(one), Call) and call.asks for one in state.covers):
        return
    try:
        calls = tuple(context.planned(call, context.visits.get(call, 0) + 1, facts) for call in state.covers)
        request = preview_request(context, calls, ahead=True)
    except (LookupError, CapabilityRefused):
        return  # Why not is found out, and told, once it is due.
    plan = asyncio.ensure_future(context.roles.preview(request))
    # What goes wrong with a plan that nobody comes to see is nobody's affair.
    plan.add_done_callback(lambda done: done.cancelled() or done.exception())
    context.early.plan = calls, plan


def preview_request(context: Context, calls: tuple[PlannedCall, ...], ahead: bool = False) -> PreviewRequest:
    return PreviewRequest(
        action_id=context.action_id,
        capability=context.carried.to_call("preview", calls, context.placeholders),
        calls=calls,
        placeholders=context.placeholders,
        ahead=ahead,
    )


async def previewed(context: Context, calls: tuple[PlannedCall, ...]) -> Previewed:
    """The plan of these calls: worked out before, or now."""
    found = await context.early.previewed(calls)
    return found or await context.roles.preview(preview_request(context, calls))


def lasting(facts: Facts) -> Facts:
    """What of the facts is the same once people have decided: states are visited on the way."""
    return {name: value for name, value in facts.items() if name != "visits"}
