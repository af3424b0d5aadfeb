"""How an action begins: what it was started with is checked, and recorded first of all."""

import asyncio
from collections.abc import Sequence

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from leverframe.codec import is_sealed
from leverframe.contracts import entries
from leverframe.contracts.request import ActionRequest
from leverframe.contracts.status import Outcome
from leverframe.errors import Undecryptable
from leverframe.local_time import in_words
from machines.base import ActionMachine
from machines.registry import machine_for
from machines.states import Screen
from machines.waiting_times import longest_wait
from workflows import withdrawing
from workflows.carried_capability import Carried
from workflows.context import Context
from workflows.journal import Journal
from workflows.judged_in_batches import Judging
from workflows.modes import begun_in
from workflows.notifications import Deliveries
from workflows.roles import Roles
from workflows.turns import turn


def begin(args: Sequence[RawValue]) -> Context:
    info = workflow.info()
    if any(is_sealed(raw.payload) for raw in args):
        # Not ended for that: it begins once the worker is given the keys of those who start actions.
        raise Undecryptable("what the action was started with cannot be opened here")
    try:
        raw, *reopening = args
        request = ActionRequest.model_validate(workflow.payload_converter().from_payload(raw.payload, ActionRequest))
        machine = machine_for(request.action)()
        before = _before(reopening)
        if reopening and not reopens(machine):
            raise ValueError(f"an action {request.action!r} that has ended cannot be woken")
        if before is not None and before.kind == "shadowed":
            raise ValueError("nothing was done in it, so that there is no news of that")
        carried = Carried(info.workflow_id, request.capability, request.issuer_key)
        # Only its form: whether it holds is for those who rely on it to say.
        carried.to_record()
        until = carried.until
        priority = turn(carried, type(machine))
    except Exception as error:
        # Whatever it is: raised as it is, it would leave the action open for ever, with nobody to see it.
        raise ApplicationError(
            f"expected one ActionRequest: {error}", type="InvalidRequest", non_retryable=True
        ) from None
    if request.action != info.workflow_type:
        raise ApplicationError(
            f"the workflow type {info.workflow_type!r} must be the requested action {request.action!r}",
            type="InvalidRequest",
            non_retryable=True,
        )
    roles = Roles.here(priority)
    # The whole of it: ids of runs that began within a minute begin alike.
    journal = Journal(carried, roles, f"workflow@{info.run_id}" if reopening else "workflow")
    # One that is woken has done something: it was not in shadow.
    mode = "live" if reopening else begun_in(request.shadow)
    if reopening:
        journal.add("workflows", entries.Reopened(outcome=before.kind if before else None))
    else:
        journal.add(
            "workflows",
            entries.Started(action=request.action, requester=request.requester, pseudonym=request.pseudonym, mode=mode),
        )
    context = Context(
        action_id=info.workflow_id,
        request=request,
        machine=machine,
        carried=carried,
        roles=roles,
        journal=journal,
        deliveries=Deliveries(roles, journal),
        judging=Judging(carried, roles),
        withdrawals=asyncio.Semaphore(withdrawing.TOGETHER),
        mode=mode,
        incoming=request.text,
        reopened=info.run_id if reopening else "",
        before=before,
    )
    if until < workflow.now() + longest_wait(type(machine)):
        context.problem(
            f"The right to act for this user ends at {in_words(until)}, before this action may have waited for all "
            "whom it waits for. Tell those whose service has asked for it: it must ask with a right that lasts longer."
        )
    return context


def _before(reopening: Sequence[RawValue]) -> Outcome | None:
    """How the action had ended, if it is reopened and had an outcome; raises ``ValueError`` for anything else."""
    if not reopening:
        return None
    (raw,) = reopening
    before: Outcome | None = workflow.payload_converter().from_payload(raw.payload, Outcome | None)  # type: ignore[arg-type]
    return before


def reopens(machine: ActionMachine) -> bool:
    return any(isinstance(state, Screen) and state.reopens for state in machine.states)
