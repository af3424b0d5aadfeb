from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from temporalio import workflow

from leverframe.contracts import entries
from leverframe.contracts.decision import Act, Choice, Decision, Judged, OfPlan, Receipt
from leverframe.contracts.request import TEXT_LIMIT
from leverframe.naming import stands
from machines.amounts import read_amount
from machines.states import Ask, End
from machines.waiting_times import withdrawable_after
from workflows import front
from workflows.confirmation import Confirmation
from workflows.context import Context
from workflows.roles import FAILED, why

EXPECTED = (
    'Expected one JSON value like {"code": "1a2b3c4d5e6f", "note": "why"}, with the code from the details; where an '
    'amount is asked for, {"code": "1a2b3c4d5e6f", "amount": "…", "note": "why"}, the amount in quotes too.'
)


async def decide(
    context: Context,
    choice: Choice,
    payload: Sequence[object],
    update_id: str | None,
    signal_index: int | None,
) -> Receipt:
    """Take a decision from whoever sent it: refuse it in plain words, or count it. Either way it is recorded.

    Never raises for bad input: an exception inside a signal handler would stop the whole action.
    """
    decision, refusal = _read(payload)
    judged: Judged | None = None
    confirmation = context.confirmation
    if context.refusals.spares and (told := plainly_refused(context, choice, payload)):
        return Receipt(accepted=False, message=told)
    if decision is not None:
        refusal = refusal_of(context, choice, decision)
        if confirmation is not None and (refusal is None or confirmation.decided(choice, decision)):
            judged, unfit = await judged_by(context, confirmation, choice, update_id, signal_index)
            refusal = refusal or unfit
            if refusal is None and judged is not None:
                # Others may have decided, or time run out, while the person was established.
                refusal = confirmation.take(choice, decision, judged, workflow.now())
            if refusal is not None:
                refusal = confirmation.own(judged) or refusal
    return await _receipt(context, choice, decision, judged, refusal, confirmation)


def plainly_refused(context: Context, choice: Choice, payload: Sequence[object]) -> str | None:
    """Why a decision does not count, where nobody need be asked about that; ``None`` where it may count."""
    decision, refusal = _read(payload)
    return refusal_of(context, choice, decision) if decision is not None else refusal


async def judged_by(
    context: Context,
    confirmation: Confirmation,
    choice: Choice | Act,
    update_id: str | None,
    signal_index: int | None,
) -> tuple[Judged | None, str | None]:
    """What the approvals role says of the decision, and why it does not count if it does not."""
    try:
        judged = await context.judging.judge(confirmation, choice, update_id, signal_index)
    except FAILED as error:
        return None, f"Your decision could not be judged: {why(error)}."
    return judged, None if judged.accepted else judged.reason


async def answer(context: Context, payload: Sequence[object]) -> Receipt:
    """Take the user's answer to the question, or refuse it in plain words."""
    refusal = unanswerable(context, payload)
    if refusal is None:
        context.incoming = str(payload[0])
        context.journal.add("workflows", entries.Answered(accepted=True))
    elif reason := context.refusals.counted(refusal):
        context.journal.add("workflows", entries.Answered(accepted=False, reason=reason))
    return Receipt(accepted=refusal is None, message=refusal or "Thank you, the answer is taken.")


def unanswerable(context: Context, payload: Sequence[object]) -> str | None:
    """Why a text answers no question, in plain words; ``None`` where it does."""
    text = payload[0] if len(payload) == 1 else None
    if not (isinstance(context.machine.current, Ask) and context.question is not None and not context.incoming):
        return "No question is open, so there is nothing to answer."
    if not isinstance(text, str) or not text.strip() or len(text) > TEXT_LIMIT:
        return f"Expected one text of 1 to {TEXT_LIMIT} characters."
    return None


def _read(payload: Sequence[object]) -> tuple[Decision | None, str | None]:
    try:
        (value,) = payload
        return Decision.model_validate(value), None
    except (ValueError, ValidationError):
        return None, f"This decision could not be read. {EXPECTED}"


def refusal_of(context: Context, choice: Choice | Act, decision: OfPlan) -> str | None:
    """Why what was sent of the plan cannot count now, in plain words; ``None`` where it may."""
    confirmation = context.confirmation
    if isinstance(context.machine.current, End) and (confirmation is None or confirmation.settled is None):
        return f"Too late: the action has ended: {stands(context.machine.current.id)}. Nothing was changed by it."
    if confirmation is None:
        return f"Too early: no plan waits for a decision now; the action is at {stands(context.machine.current.id)!r}."
    return confirmation.refusal(choice, decision, workflow.now())


async def _receipt(
    context: Context,
    choice: Choice,
    decision: Decision | None,
    judged: Judged | None,
    refusal: str | None,
    confirmation: Confirmation | None,
) -> Receipt:
    reason = context.refusals.counted(refusal, judged is not None) if refusal else None
    if refusal and reason is None:
        return Receipt(accepted=False, message=refusal)
    waited = confirmation.waited(workflow.now()) if confirmation else None
    decided = entries.Decided(
        choice=choice,
        accepted=refusal is None,
        reason=reason,
        digest=confirmation.plan.digest if confirmation else None,
        seconds=waited.total_seconds() if waited is not None else None,
        hasty=_hasty(choice, refusal, confirmation),
        note=decision.note if decision else None,
        amount=_typed(decision),
        approver=judged.approver if judged else None,
        **_proof(decision, judged),
    )
    context.journal.add("approvals" if judged else "workflows", decided)
    if refusal is None and confirmation is not None:
        # What was refused before is of no use to whoever reads on.
        context.notice = None
        front.show(context)
        return Receipt(accepted=True, message=_words(choice, confirmation))
    front.tell_refused(context, refusal or "")
    await context.journal.flush()
    front.show_news(context)
    return Receipt(accepted=refusal is None, message=refusal or "")


def _typed(decision: Decision | None) -> str | None:
    """The amount that was typed, as a number: what else somebody wrote there is not for the ledger."""
    try:
        return str(read_amount(decision.amount)) if decision and decision.amount else None
    except ValueError:
        return None


def _proof(decision: Decision | None, judged: Judged | None) -> dict[str, Any]:
    """With what a person has signed a decision that counts, so that auditors can verify it too."""
    if decision is None or judged is None or not judged.accepted or (decision.passkey or decision.signature) is None:
        return {}
    return {"signature": decision.signature, "passkey": decision.passkey, "signed_amount": decision.amount}


def _hasty(choice: Choice, refusal: str | None, confirmation: Confirmation | None) -> bool:
    """Whether somebody approved sooner than a plan can be read."""
    if confirmation is None or refusal is not None or choice == "reject":
        return False
    return confirmation.waited(workflow.now()) < confirmation.state.hasty


def _words(choice: Choice, confirmation: Confirmation) -> str:
    if choice == "reject":
        return "Rejected. Nothing will be done."
    if confirmation.settled != "approved":
        missing = confirmation.needed - len(confirmation.approvals)
        others = "one other person" if missing == 1 else f"{missing} other people"
        return f"Approved by you. Now {others} must approve too."
    if withdrawable_after(confirmation.state):
        return "Approved. Exactly the plan that was shown will be carried out, unless it is withdrawn before."
    return "Approved. Exactly the plan that was shown is being carried out."
