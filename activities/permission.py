"""The rules of who may decide on what: pure, and every refusal in plain words for the operator."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from activities.history import Found, Sent, Shown
from activities.person import Person, Refusal, identify, suffices
from activities.sent_before import Before, Known
from activities.sent_by import require_code, require_taker, role_of
from leverframe.capability import Claims
from leverframe.contracts.decision import Approver, Decision, JudgeRequest, Trust
from leverframe.contracts.plan import CallPlan, Plan
from leverframe.digest import is_genuine
from leverframe.naming import stands, words
from leverframe.operators import Operators
from machines.amounts import amount_refusal
from machines.registry import machine_for
from machines.states import Call, Confirm

VISITS = 100
"""The most visits of a state that a call's key may count; no machine comes near it."""

REJECTED = "This plan was rejected already, so it cannot be approved any more."
SETTLED = "This plan does not wait for decisions any more."
CORRECTED = (
    "This plan is as you have asked for it with a correction, and it needs more than one person: your own approval is "
    "not one of them, so others must approve it."
)


@dataclass(frozen=True)
class Permitted:
    """A decision that may be recorded."""

    approver: Approver
    role: str
    """The role in which they decide."""
    quorum: int
    """How many distinct people must approve the plan."""
    state: Confirm
    """The machine's state that has the plan confirmed."""
    shown: Shown
    """The plan as it was shown."""
    least: Trust
    """How a person must be established at the least."""

    def counts(self, approval: Approver) -> bool:
        """Whether one that was recorded before in this run counts beside this one."""
        # What was given before the plan was shown last, or when less was asked of people, does not.
        return approval.event_id > self.shown.event_id and suffices(approval.trust, self.least)


def permit(operators: Operators, request: JudgeRequest, claims: Claims, found: Found, known: Known) -> Permitted:
    """Whether whoever sent a decision may make it; what people have decided before is for the record to say.

    ``known`` keeps what was found of what was sent before, for the other decisions that are judged with this one.

    Raises Refusal, which names who sent it where that could be established.
    """
    person = identify(operators, found.sent, request)
    try:
        return _permitted(operators, person, request, claims, found, known)
    except Refusal as refusal:
        refusal.approver = person.approver
        raise


def _permitted(
    operators: Operators, person: Person, request: JudgeRequest, claims: Claims, found: Found, known: Known
) -> Permitted:
    if request.settled:
        raise Refusal(SETTLED)
    # First what is decided on, then whether they may; of whoever may not, nobody looks at what they have typed.
    state, shown = _confirmation(request, claims, found)
    before = Before(operators, request, claims, state, found, shown, known)
    role = role_of(person, operators.least, claims, state, found, before.handed(found.sent))
    quorum = _people_needed(state, shown.plan)
    if request.choice == "approve":
        if before.rejected:
            raise Refusal(REJECTED)
        if quorum > 1 and person.approver.person in before.correctors:
            raise Refusal(CORRECTED)
        _require_amount(state, shown.plan, found.sent)
    if request.choice == "hand_over":
        require_taker(operators, state, role, claims, found.sent)
    return Permitted(person.approver, role, quorum, state, shown, operators.least)


def _confirmation(request: JudgeRequest, claims: Claims, found: Found) -> tuple[Confirm, Shown]:
    """The machine's state that has the plan confirmed, and the plan as it was shown. Raises Refusal."""
    sent, shown = found.sent, found.shown
    if shown is None:
        raise Refusal("Too early, or for another plan: this plan had not been shown when the decision was sent.")
    if not is_genuine(request.action_id, shown.plan):
        raise Refusal("The plan in the history is not genuine: its digest is not that of its contents and this action.")
    state = _confirm_state(claims.action, request.state)
    if not _covers(claims.action, state, shown.plan.calls):
        raise Refusal(
            f"The plan in the history does not hold exactly the calls that '{stands(state.id)}' has confirmed."
        )
    require_code(sent, shown.plan, found.digests)
    return state, shown


def _confirm_state(action: str, state_id: str) -> Confirm:
    try:
        state = machine_for(action).states_map.get(state_id)
    except LookupError:
        raise Refusal(f"The right to act is for the action '{words(action)}', which is not known here.") from None
    if not isinstance(state, Confirm):
        raise Refusal(f"The action '{words(action)}' has no confirmation named '{stands(state_id)}'.")
    return state


def _covers(action: str, state: Confirm, calls: Sequence[CallPlan]) -> bool:
    return len(calls) == len(state.covers) and all(
        _is_call(action, name, call) for name, call in zip(state.covers, calls, strict=True)
    )


def _is_call(action: str, name: str, call: CallPlan) -> bool:
    planned, state = call.planned, machine_for(action).states_map[name]
    visit = re.fullmatch(rf"{re.escape(name)}#([1-9][0-9]{{0,3}})", planned.key, re.ASCII)
    return (
        isinstance(state, Call)
        and planned.call == name
        and planned.tool == state.tool
        and planned.arguments.keys() == state.arguments.keys()
        and visit is not None
        and int(visit[1]) <= VISITS
    )


def _people_needed(state: Confirm, plan: Plan) -> int:
    """How many distinct people must approve the plan; raises Refusal."""
    try:
        return state.people(plan)
    except ValueError as error:
        raise Refusal(f"How many people must approve this plan cannot be told: {error}.") from None


def _require_amount(state: Confirm, plan: Plan, sent: Sent) -> None:
    """Raise Refusal unless whoever approves has typed the amount that the plan asks for, if it asks for one."""
    try:
        needed = state.typed_amount(plan)
    except ValueError as error:
        raise Refusal(f"The amount to type cannot be told, so nobody can approve this plan: {error}.") from None
    refusal = amount_refusal(needed, sent.decision.amount if isinstance(sent.decision, Decision) else None)
    if refusal is not None:
        raise Refusal(refusal)
