"""Withdrawing an action: for the service that has asked, with its capability; the ledger names it."""

from collections.abc import Sequence
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import is_cancelled_exception

from leverframe.contracts import entries
from leverframe.contracts.decision import Receipt
from leverframe.contracts.withdrawal import Withdrawal, WithdrawalRequest
from leverframe.naming import stands
from machines.states import End
from workflows import front
from workflows.context import Context
from workflows.roles import FAILED, why

EXPECTED = "Expected one capability for this action and its user, as the SDK's withdraw() sends it."
TOLD_WITHIN = timedelta(seconds=5)
"""An action whose parts are withdrawn waits for them."""
TOGETHER = 10
"""How many withdrawals of one action are judged at a time."""
NOT_WITHDRAWN = (
    "Somebody has asked Temporal to cancel this action. That changes nothing: withdrawing is for the service that has "
    "asked for it, and rejecting for the people who decide."
)


async def withdraw(context: Context, payload: Sequence[object]) -> Receipt:
    """Take a withdrawal from whoever sent it, or refuse it in plain words. Never raises for bad input."""
    sent, refusal = unwithdrawable(context, payload)
    by, judged = None, sent is not None and refusal is None
    if sent is not None and refusal is None:
        async with context.withdrawals:
            by, refusal = await _judged(context, sent)
        # It may have ended while the sender was established.
        refusal = refusal or unwithdrawable(context, payload)[1]
    if refusal is not None:
        if (reason := context.refusals.counted(refusal, judged)) is not None:
            context.journal.add("workflows", entries.Withdrawn(accepted=False, by=by, reason=reason))
        return Receipt(accepted=False, message=refusal)
    context.withdrawn, context.withdrawn_by = True, by
    return Receipt(accepted=True, message=await _give_up(context))


async def _give_up(context: Context) -> str:
    """Have the step given up, where it can be; returns what becomes of the action, in words."""
    step = context.step
    if step is None:
        context.withdraw_late("a write is under way and is finished first")
        return context.notice or ""
    step.cancel()
    try:
        await workflow.wait_condition(step.done, timeout=TOLD_WITHIN)
    except TimeoutError:
        return "Withdrawn. What is under way is finished first."
    if step.cancelled() or ((error := step.exception()) is not None and is_cancelled_exception(error)):
        return "Withdrawn. Nothing more will be done."
    # A decision, say, was there before.
    return context.notice or ""


def unwithdrawable(context: Context, payload: Sequence[object]) -> tuple[Withdrawal | None, str | None]:
    """What was sent, and why it cannot count, where nobody need be asked about that."""
    if isinstance(context.machine.current, End):
        return None, f"Too late: the action has ended: {stands(context.machine.current.id)}."
    try:
        (value,) = payload
        return Withdrawal.model_validate(value), None
    except ValueError:
        return None, f"This withdrawal could not be read. {EXPECTED}"


def cancelled(context: Context) -> None:
    """Somebody has cancelled the workflow by way of Temporal, where nobody says who they are: that is noted."""
    context.problem(NOT_WITHDRAWN)
    front.show(context)


async def _judged(context: Context, sent: Withdrawal) -> tuple[str | None, str | None]:
    """Who withdraws, and why it does not count if it does not."""
    request = WithdrawalRequest(action_id=context.action_id, capability=context.carried.token, sent=sent)
    try:
        judged = await context.roles.withdrawal(request)
    except FAILED as error:
        return None, f"Your withdrawal could not be judged: {why(error)}."
    return (judged.by, None) if judged.accepted else (None, judged.reason)
