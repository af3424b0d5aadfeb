"""What people do with a plan that waits, and that decides nothing: claim it, hand it over, have it corrected."""

from collections.abc import Sequence

from pydantic import ValidationError
from temporalio import workflow

from leverframe.contracts import entries
from leverframe.contracts.decision import Approver, Handling, Judged, Receipt
from leverframe.contracts.status import Claim
from leverframe.naming import role_named, words
from leverframe.reasons import OTHERWISE
from machines.correcting import corrected
from machines.schema import IllegalProposal
from workflows import front
from workflows.confirmation import Confirmation
from workflows.context import Context
from workflows.decisions import judged_by, refusal_of
from workflows.screening import screened

EXPECTED = (
    'Expected one JSON value like {"code": "1a2b3c4d5e6f", "act": "claim", "note": "why"}, with the code from the '
    'details; "act" is one of claim, release, hand_over (with "to": a role or a person) and correct (with "arguments").'
)
UNTOLD = f"What can be chosen could not be worked out: {OTHERWISE}."
TOO_MANY = "It was corrected too often: reject it, and have it asked anew."


async def handle(
    context: Context, payload: Sequence[object], update_id: str | None, signal_index: int | None
) -> Receipt:
    """Take what somebody does with the plan, or refuse it in plain words. Never raises for bad input."""
    handling, refusal = _read(payload)
    judged: Judged | None = None
    confirmation = context.confirmation
    if context.refusals.spares and (told := plainly_refused(context, payload)):
        return Receipt(accepted=False, message=told)
    if handling is not None:
        refusal = refusal_of(context, handling.act, handling)
        if refusal is None and confirmation is not None:
            judged, refusal = await judged_by(context, confirmation, handling.act, update_id, signal_index)
            # Others may have decided, or time run out, while the person was established.
            refusal = refusal or refusal_of(context, handling.act, handling)
            if refusal is None and judged is not None and judged.approver is not None:
                refusal = await _done(context, confirmation, handling, judged.approver)
    return await _receipt(context, handling, judged, refusal, confirmation)


def plainly_refused(context: Context, payload: Sequence[object]) -> str | None:
    """Why it does not count, where nobody need be asked about that; ``None`` where it may count."""
    handling, refusal = _read(payload)
    return refusal_of(context, handling.act, handling) if handling is not None else refusal


def _read(payload: Sequence[object]) -> tuple[Handling | None, str | None]:
    try:
        (value,) = payload
        return Handling.model_validate(value), None
    except (ValueError, ValidationError, RecursionError):
        return None, f"This could not be read. {EXPECTED}"


async def _done(context: Context, confirmation: Confirmation, handling: Handling, approver: Approver) -> str | None:
    """Do it; returns why it cannot be done, if so."""
    person, note = approver.person, handling.note
    now = workflow.now().isoformat()
    match handling.act:
        case "claim":
            context.claim = Claim(person=person, by=person, since=now, note=note)
        case "release":
            context.claim = None
        case "hand_over":
            to = handling.to.strip()
            to = named if (named := role_named(to)) in confirmation.state.roles else to
            role = to in confirmation.state.roles
            context.claim = Claim(person="" if role else to, by=person, since=now, note=note)
            if role and to != confirmation.role:
                confirmation.role = to
                front.tell(context, "action.waiting")
        case "correct":
            return await _correct(context, confirmation, handling)
    return None


async def _correct(context: Context, confirmation: Confirmation, handling: Handling) -> str | None:
    """Have a new plan made of other arguments; the one that waits is over with then."""
    if context.corrections >= front.CORRECTIONS:
        return TOO_MANY
    try:
        proposal = corrected(
            type(context.machine), confirmation.state, context.proposal, context.facts, handling.arguments
        )
    except IllegalProposal as error:
        return f"That is not among what can be chosen: {error}."
    except Exception as error:
        context.journal.add("workflows", entries.Troubled(what=UNTOLD, cause=type(error).__name__))
        return UNTOLD
    judged = await screened(context, "proposal", proposal.model_dump(mode="json"))
    if judged.judgement in ("block", "escalate"):
        return "The guards did not let the correction pass."
    if (refusal := refusal_of(context, "correct", handling)) is not None:
        return refusal
    confirmation.settle("corrected")
    context.proposal, context.corrections = proposal, context.corrections + 1
    for call in confirmation.state.covers:
        # A plan that is shown anew has another digest, also where somebody corrects it back.
        context.visits[call] = context.visits.get(call, 0) + 1
    return None


async def _receipt(
    context: Context,
    handling: Handling | None,
    judged: Judged | None,
    refusal: str | None,
    confirmation: Confirmation | None,
) -> Receipt:
    reason = context.refusals.counted(refusal, judged is not None) if refusal else None
    if refusal and reason is None:
        return Receipt(accepted=False, message=refusal)
    approver = judged.approver if judged else None
    done = entries.Handled(
        act=handling.act if handling else None,
        accepted=refusal is None,
        reason=reason,
        digest=confirmation.plan.digest if confirmation else None,
        to=handling.to if handling else "",
        arguments=handling.arguments if handling and refusal is None else {},
        note=handling.note if handling else "",
        approver=approver,
        signature=handling.signature if handling and refusal is None else None,
        passkey=handling.passkey if handling and refusal is None else None,
    )
    context.journal.add("approvals" if judged else "workflows", done)
    if refusal is None and confirmation is not None and handling is not None:
        context.notice = None
        front.announce(context)
        front.show(context)
        await context.journal.flush()
        return Receipt(accepted=True, message=_words(context, handling))
    front.tell_refused(context, refusal or "")
    await context.journal.flush()
    front.show_news(context)
    return Receipt(accepted=False, message=refusal or "")


def _words(context: Context, handling: Handling) -> str:
    match handling.act:
        case "claim":
            return "You are on it. The others see that; who decides first still decides."
        case "release":
            return "Nobody is on it now."
        case "hand_over":
            to = words(handling.to)
            deadline = context.confirmation.deadline if context.confirmation else None
            until = f" until {deadline:%Y-%m-%d %H:%M} UTC" if deadline else ""
            return f"Handed over to {to}. It waits as before{until}."
        case "correct":
            return "Taken. A new plan is made and shown: nothing is done before people approve that one."
