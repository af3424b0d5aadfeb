"""What the workflow does in a ``Call``: a scoped read, or a write; an approved plan is carried out at once."""

from collections.abc import Sequence
from itertools import pairwise

from temporalio import workflow
from temporalio.exceptions import is_cancelled_exception

from leverframe.contracts.calling import CallRequest, CallResult
from leverframe.contracts.ledger import LedgerEntry
from leverframe.contracts.names import WITHDRAW_OTHERS
from leverframe.contracts.plan import Plan, PlannedCall
from leverframe.errors import CapabilityRefused
from machines.base import ActionMachine
from machines.states import Call
from workflows.context import Context
from workflows.roles import FAILED, cause, tried_in_vain, why
from workflows.wording import doing, step


async def call(context: Context, state: Call) -> str:
    """Have the call run, if it was not carried out with the one before it; returns its outcome."""
    ahead = context.ahead.pop(state.id, None)
    result, technical = (ahead, "") if ahead else await _outcome(context, state)
    if result.status == "succeeded":
        if state.writes:
            context.carried_out.append(state.id)
        else:
            context.reads.update(result.output)
        return "succeeded"
    plan = context.approved
    context.approved = context.approval = None
    if result.status == "pending" and state.pends:
        return "pending"
    if result.status == "stale" and state.effect == "destructive":
        told = f"The data changed after the plan was shown; nothing was written. {result.message}"
        context.problem(told, "tools", technical)
        return "stale"
    what = step(state, type(context.machine))
    if result.status == "unfinished":
        context.unknown += _asked(state, plan)
        context.problem(f"{what}: {result.message}", "tools", technical)
        return "unfinished"  # No machine takes that: what undoes a failed call must not run, and a person takes over.
    # What a machine has no way for is a person's affair: it is written, and not all of it is carried out.
    message = result.message or "it was written, and a system outside has not carried out all of its part"
    context.problem(f"{what}: {message}", "tools", technical)
    return "failed"


def _asked(state: Call, plan: Plan | None) -> list[str]:
    """Keys of the calls that may have asked something of a system outside: of the plan, from this one on."""
    calls = plan.calls if plan else ()
    place = next((place for place, call in enumerate(calls) if call.planned.call == state.id), len(calls))
    return [call.planned.key for call in calls[place:] if call.asks]


async def _outcome(context: Context, state: Call) -> tuple[CallResult, str]:
    """What came of it, and what the error said that stopped it."""
    try:
        return await _run(context, state), ""
    except (*FAILED, LookupError, CapabilityRefused) as error:
        if is_cancelled_exception(error):
            raise
        message = f"this could not be done: {why(error)}."
        given_up = state.writes and tried_in_vain(error)
        if given_up:
            message = f"it is not known whether this was carried out, and it is not tried any more: {why(error)}."
        return CallResult(status="unfinished" if given_up else "failed", message=message), cause(error)


async def _run(context: Context, state: Call) -> CallResult:
    planned = context.planned(state.id, context.visits[state.id])
    if not state.writes and (read := context.early.read(planned, workflow.now())) is not None:
        return read
    approved, carried = None, context.carried
    if state.effect == "destructive" and context.approval is not None:
        approved, carried = context.approved, context.approval
    rest = together(type(context.machine), approved, planned) if approved else ()
    calls, plan = (planned, *rest), approved.digest if approved else None
    entries = await _going_along(context, state, approved, calls)
    result = await context.roles.call(
        CallRequest(
            action_id=context.action_id,
            capability=carried.to_call(state.effect, calls, context.placeholders, plan),
            planned=planned,
            approved=approved,
            placeholders=context.placeholders,
            rest=rest,
            entries=entries,
        ),
        doing(one.tool for one in calls) if rest else step(state, type(context.machine)),
    )
    if not result.written:
        return result
    context.journal.recorded(entries)
    if not rest:
        return result
    # All of them have been: the machine is told so as it comes by, and only the last can have something left to do.
    succeeded = CallResult(status="succeeded")
    context.ahead = {one.call: succeeded for one in rest} | {rest[-1].call: result}
    return succeeded


async def _going_along(
    context: Context, state: Call, approved: Plan | None, calls: Sequence[PlannedCall]
) -> tuple[LedgerEntry, ...]:
    """What is recorded in the transaction of a write: the decision that allows it among it.

    What leaves for a system outside is not taken back with a transaction: a decision is recorded before that.
    """
    if not state.writes:
        return ()
    if approved is not None and not any(call.asks for call in approved.calls if call.planned in calls):
        return context.journal.open
    await context.journal.flush_decisions()
    return ()


def together(machine: type[ActionMachine], plan: Plan, planned: PlannedCall) -> tuple[PlannedCall, ...]:
    """Which calls are carried out with one: all that the plan has after it, where they can be.

    They cannot where a system outside is asked before the last is run; where one needs no approval, so that it goes
    with other rights; where people have time between them; and with what withdraws other actions, since its own
    capability, for it alone, goes on to them.
    """
    place = next((place for place, call in enumerate(plan.calls) if call.planned == planned), len(plan.calls))
    calls = plan.calls[place:]
    states = (machine.states_map.get(call.planned.call) for call in calls)
    if any(call.asks for call in calls[:-1]) or any(call.planned.tool == WITHDRAW_OTHERS for call in calls):
        return ()
    if not all(isinstance(state, Call) and state.effect == "destructive" for state in states):
        return ()
    if not all(_follow(machine, *both) for both in pairwise(call.planned.call for call in calls)):
        return ()
    return tuple(call.planned for call in calls[1:])


def _follow(machine: type[ActionMachine], call: str, then: str) -> bool:
    """Whether a call comes right after another: a waiting period may stand between them."""
    ways = (way for way in machine.states_map[call].transitions if "succeeded" in map(str, way.events))
    return all(target.id == then for way in ways for target in way.targets)
