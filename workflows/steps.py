"""What the workflow does in each type of state. Every step returns the event that the machine is sent."""

import asyncio
from dataclasses import replace
from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import is_cancelled_exception

from leverframe.confirmation_code import too_long
from leverframe.contracts import entries
from leverframe.contracts.request import TEXT_LIMIT
from leverframe.contracts.verdict import ReplyRequest
from leverframe.telling import OUTCOMES
from machines.sentences import sentences
from machines.states import Ask, Call, Confirm, Decide, Dispatch, End, LeverState, Screen, Stands, Wait
from workflows import ahead, assist, front
from workflows.calling import call
from workflows.confirmation import Confirmation
from workflows.context import Context
from workflows.deciding import decide, retrieval
from workflows.parts import dispatch
from workflows.roles import cause, why
from workflows.screening import screened
from workflows.waiting import pass_time, wait
from workflows.wording import step

READ_LIMIT = 4 * TEXT_LIMIT
"""Characters of all of a user's messages together that a machine reads: every reader of them has this one budget, since
all run in the workflow's own thread."""


async def outcome(context: Context, state: LeverState) -> str:
    """Do what the state says and return the resulting event. Whatever raises in it never stops the workflow."""
    try:
        return await _outcome(context, state)
    except Exception as error:
        if is_cancelled_exception(error):
            raise
        told = f"'{step(state, type(context.machine))}' broke off: {why(error)}."
        context.problem(told, cause=type(error).__name__)
        return "broke_off"  # No machine takes that, so that a person takes over.


async def _outcome(context: Context, state: LeverState) -> str:
    match state:
        case Screen():
            verdict = await _screen(context)
            if not context.reopened:
                return verdict
            # Of whatever it is woken for until here, it finds out now.
            context.woken = False
            return "reopened"
        case Call():
            return await call(context, state)
        case Decide():
            return assist.chosen(context, state, await decide(context, state))
        case Ask():
            return await _ask(context, state)
        case Confirm():
            return await _confirm(context, state)
        case Wait():
            return await pass_time(context, state)
        case Dispatch():
            return await dispatch(context, state)
    raise TypeError(f"nothing is to be done in a {type(state).__name__}")


async def _screen(context: Context) -> str:
    facts = await ahead.read(context, READ_LIMIT)
    policy = retrieval(context) if facts is not None else None
    said = await screened(context, "request", context.incoming, facts, policy)
    if facts is not None:
        context.early.facts = facts, said
    if said.quoted:
        context.quoted.append(said.quoted)
    if isinstance(said.content, str) and said.content:
        if sum(map(len, context.messages)) + len(said.content) > READ_LIMIT:
            context.quoted.append(said.content)
            context.problem(f"The user has written over {READ_LIMIT} characters in all: a person must read the newest.")
            return "escalated"
        context.messages.append(said.content)
        context.written_on.append(said.day)
    return {"block": "blocked", "escalate": "escalated"}.get(said.judgement, "passed")


async def _ask(context: Context, state: Ask) -> str:
    until = workflow.now() + context.lasting(state.within)
    question = await _write(context, state.template, until)
    if question is None:
        return "unanswered"
    context.question, context.incoming = question, ""
    context.journal.add("guards", entries.Asked(text=question))
    try:
        answered = await wait(context, lambda: bool(context.incoming), until - workflow.now(), state.remind)
    finally:
        context.question = None
    return "answered" if answered else "unanswered"


async def _write(context: Context, template: str, until: datetime | None = None) -> str | None:
    """A templated text for the user; ``None`` when it could not be written, which is noted."""
    early = context.early.reply(template, ahead.lasting(context.facts), workflow.now()) if until is None else None
    try:
        reply = early or await context.roles.reply(
            ReplyRequest(
                action_id=context.action_id,
                action=context.request.action,
                template=template,
                facts=context.facts,
                until=until,
            )
        )
    except Exception as error:
        if is_cancelled_exception(error):
            raise
        told = f"The text to the user could not be written: {why(error)}."
        context.problem(told, "guards", f"{template}: {cause(error)}")
        return None
    context.withheld = any(verdict.judgement != "allow" for verdict in reply.verdicts)
    context.verdicts.extend(reply.verdicts)
    for verdict in reply.verdicts:
        context.journal.add("guards", entries.Judged.of(verdict))
    return reply.text


async def _confirm(context: Context, state: Confirm) -> str:
    while (settled := await _confirm_one(context, state)) == "corrected":
        continue  # Somebody has had another plan made, which people have to approve as any other.
    context.claim = None
    return settled


async def _confirm_one(context: Context, state: Confirm) -> str:
    """Show one plan, and wait for what becomes of it."""
    shown = await confirmation(context, state)
    return await _decided(context, state, shown) if shown else "unplannable"


async def confirmation(context: Context, state: Confirm) -> Confirmation | None:
    """The plan that people are to confirm, not shown yet; ``None`` where none can be made, which is noted."""
    technical = ""
    try:
        calls = tuple(context.planned(call, context.visits.get(call, 0) + 1) for call in state.covers)
        previewed = await ahead.previewed(context, calls)
        plan, refusal = previewed.plan, previewed.refusal
        needed = state.people(plan) if plan else 0
        amount = state.typed_amount(plan) if plan else None
        about = state.about(plan) if plan else None
    except Exception as error:
        if is_cancelled_exception(error):
            raise
        plan, needed, amount, about, refusal = None, 0, None, None, f"{why(error)}."
        technical = cause(error)
    if plan is None:
        context.problem(f"No plan could be made: {refusal}", "tools", technical)
        return None
    money = f"{about.amount} {about.currency}" if about else None
    told = sentences(state.words, plan, context.facts)
    context.journal.add("tools", entries.Planned(calls=plan.calls, digest=plan.digest, sentences=told, money=money))
    within = context.lasting(state.within)
    whole = too_long(plan)
    return Confirmation(state, plan, workflow.now() + within, needed, state.role, amount, within, whole, told)


async def _decided(context: Context, state: Confirm, confirmation: Confirmation) -> str:
    """Show the plan, and wait for what people decide."""
    within = confirmation.within or state.within
    context.confirmation = confirmation
    context.refusals.shown_anew()

    def escalate() -> None:
        if state.escalate_to is not None:
            confirmation.role = state.escalate_to
            context.journal.add("workflows", entries.Escalated(source=state.role, target=state.escalate_to))
            front.tell(context, "action.escalated")

    try:
        await wait(context, lambda: confirmation.settled is not None, within, state.remind, escalate)
    except asyncio.CancelledError:
        if confirmation.settle("withdrawn") == "withdrawn":
            raise
        # Whoever decided has been told so already.
        context.withdraw_late(f"the plan was {confirmation.settled} before")
    # Nobody may decide any more from here on, whatever is still under way.
    settled = confirmation.settle("expired")
    if settled == "approved" and confirmation.approved is not None:
        context.approved = confirmation.plan
        context.approval = replace(context.carried, token=confirmation.approved)
    return settled


async def finish(context: Context, state: End) -> str:
    """Write the templated reply to the user, and refresh what operators see."""
    context.early.drop_plan()
    if isinstance(state, Stands) and context.before is not None:
        front.announce(context)
        front.show(context)
        return context.before.reply
    text = await _write(context, state.reply)
    front.announce(context)
    front.show(context)
    # What has been done stands, whether or not words could be found for it.
    return text if text is not None else f"Your request has ended: {OUTCOMES[state.kind]}."
