"""What an action shows and tells of itself: to operators in the Temporal UI, to the SDK, and to the business."""

from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate

from leverframe.contracts import names
from leverframe.contracts.correction import Correctables
from leverframe.contracts.notification import NotificationType, NotifyRequest
from leverframe.contracts.status import Outcome, OutcomeKind, Status
from leverframe.contracts.story import Story
from leverframe.contracts.why import Why
from machines.beside import beside
from machines.correcting import correctables
from machines.money_line import money_line
from machines.states import Ask, End, LeverState, Stands
from workflows.context import Context
from workflows.details import Page, render
from workflows.wording import ways

REFUSED = "Nothing was done: the right with which this was asked for does not count here."
"""What is said of an action that was started past the SDK, of a tenant that is not served or by no issuer of its."""
CORRECTIONS = 20
"""How often an action's plans are corrected: each time a new one is worked out."""


def enter(context: Context, state: LeverState) -> None:
    """Count the visit and show the state to operators."""
    context.visits[state.id] = context.visits.get(state.id, 0) + 1
    show(context)


def show(context: Context) -> None:
    """Refresh what the Temporal UI shows of this action."""
    context.news = False
    workflow.set_current_details(render(_page(context)))


def show_news(context: Context) -> None:
    """Show the newest notice, unless somebody did already: of a hundred that came together, only the last."""
    if context.news:
        show(context)


def tell_refused(context: Context, refusal: str) -> None:
    """Have the notice shown with :func:`show_news`."""
    context.notice, context.news = refusal, True


def announce(context: Context) -> None:
    """Refresh the search attributes, so that lists and saved views find the action."""
    state, plan = context.machine.current, context.open_confirmation
    late = context.asking is not None and context.asking.late
    awaiting = plan.role if plan else "model" if late else status(context).awaiting
    ends = context.ends
    updates: list[SearchAttributeUpdate[Any]] = [
        names.STATE.value_set(state.id),
        names.AWAITING.value_set(awaiting),
    ]
    if ends is not None:
        updates.append(names.DEADLINE.value_set(ends))
    if context.mode == "shadow" and context.outcome is not None:
        updates.append(names.OUTCOME.value_set(context.outcome.kind))
    elif isinstance(state, Stands) and context.before is not None:
        updates.append(names.OUTCOME.value_set(context.before.kind))
    elif isinstance(state, End):
        updates.append(names.OUTCOME.value_set(state.kind))
    claimed = context.claim.person if plan and context.claim else ""
    if claimed != context.announced_claim:
        updates.append(names.CLAIMED.value_set(claimed) if claimed else names.CLAIMED.value_unset())
        context.announced_claim = claimed
    if plan and plan.role == plan.state.escalate_to:
        updates.append(names.ESCALATED.value_set("yes"))
    workflow.upsert_search_attributes(updates)


def tell(context: Context, what: NotificationType) -> None:
    """Have the business's webhook told, if it is a person who is waited for; does not wait for it."""
    now = status(context)
    if now.awaiting == "nobody" or context.deadline is None:
        return
    request = NotifyRequest(
        type=what,
        state=now.state,
        visit=context.visits[now.state],
        awaiting=now.awaiting,
        role=now.role,
        deadline=context.deadline,
    )
    if what == "action.expired":
        context.deliveries.send_last(request)
    else:
        context.deliveries.send(request, context.deadline)


def tell_start(context: Context) -> None:
    """Have the business's webhook told that the action was started, unless it goes on after an end."""
    if not context.reopened and context.mode != "shadow":
        state = context.machine.current.id
        context.deliveries.send_apart(
            NotifyRequest(type="action.started", state=state, visit=1, awaiting="nobody", role=None)
        )


async def tell_outcome(context: Context, outcome: Outcome) -> None:
    """Have the business's webhook told how the action has ended, unless that was told before."""
    if outcome is not context.before:
        context.deliveries.send_apart(
            NotifyRequest(
                type="action.ended",
                state=outcome.state,
                visit=1,
                awaiting="nobody",
                role=None,
                outcome=outcome.kind,
                parts=outcome.parts,
            )
        )
    await context.deliveries.settle_apart()


def refuse(context: Context, kind: OutcomeKind = "blocked", why: str = REFUSED) -> Outcome:
    """How an action ends that may do nothing; if nothing else is said, since its right does not count here."""
    context.notice = why
    state = context.machine.current.id
    context.outcome = refused = Outcome(action_id=context.action_id, kind=kind, state=state, reply=why)
    workflow.upsert_search_attributes([names.OUTCOME.value_set(refused.kind)])
    show(context)
    return refused


def status(context: Context) -> Status:
    """Where the action stands, for the SDK."""
    state = context.machine.current
    open_plan = context.open_confirmation
    asking = isinstance(state, Ask) and context.question is not None
    ends = context.ends
    return Status(
        action_id=context.action_id,
        action=context.request.action,
        state=state.id,
        awaiting="operator" if open_plan else "user" if asking else "nobody",
        question=context.question if asking else None,
        plan=open_plan.plan if open_plan else None,
        role=open_plan.role if open_plan else None,
        sentences=open_plan.sentences if open_plan else (),
        quorum=open_plan.needed if open_plan else None,
        amount_needed=open_plan is not None and open_plan.amount is not None,
        approvals=open_plan.approvals if open_plan else (),
        claim=context.claim if open_plan else None,
        deadline=ends.isoformat() if ends and not isinstance(state, End) else None,
        model_since=context.asking.since.isoformat() if context.asking else None,
        parts=tuple(context.parts),
        notice=context.notice,
    )


def story(context: Context) -> Story:
    """What has happened in it, for the desk."""
    found = context.open_confirmation
    line = money_line(context.request.action, found.plan) if found else None
    facts = beside(found.plan, context.reads, line.currency if line else "") if found else ()
    return Story(happened=tuple(context.journal.told), beside=facts, outcome=context.outcome)


def can_be_corrected(context: Context) -> Correctables:
    """What may be chosen otherwise of the plan that waits, for the desk."""
    found = context.open_confirmation
    if found is None or context.corrections >= CORRECTIONS:
        return Correctables()
    try:
        arguments = correctables(type(context.machine), found.state, context.proposal, context.facts)
    except Exception:
        return Correctables()  # Whatever a business's own option raises: the plan can be decided on all the same.
    return Correctables(arguments=arguments)


def why(context: Context) -> Why:
    """Why it stands there, for the SDK and the Temporal UI."""
    return Why(
        requester=context.request.requester,
        pseudonym=context.request.pseudonym,
        messages=tuple(context.messages),
        quoted=tuple(context.quoted),
        proposal=context.proposal,
        cited=context.policy.cited(context.proposal.arguments) if context.proposal else (),
        related=context.policy.related,
        verdicts=tuple(context.verdicts),
        ways=ways(type(context.machine), context.machine.current),
    )


def _page(context: Context) -> Page:
    return Page(
        action_id=context.action_id,
        machine=type(context.machine),
        state=context.machine.current,
        why=why(context),
        confirmation=context.open_confirmation,
        claim=context.claim,
        approved=context.approved,
        parts=tuple(context.parts),
        question=context.question,
        asking=context.asking if context.asking and context.asking.late else None,
        deadline=context.deadline,
        notice=context.notice,
        decided=context.confirmation,
        mode=context.mode,
        over=context.outcome is not None,
    )
