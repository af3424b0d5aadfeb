"""The rules of who may decide on what: pure, and every refusal in plain words for the operator."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from activities.history import Found, Sent, Shown
from activities.person import Person, Refusal, identify, suffices
from leverframe.capability import Claims
from leverframe.confirmation_code import LONG, too_long
from leverframe.contracts.decision import Approver, JudgeRequest, Trust
from leverframe.contracts.plan import CODE_LENGTH, CallPlan, Plan
from leverframe.digest import is_genuine
from leverframe.lookalikes import folded_name
from leverframe.operators import Operators
from machines.amounts import amount_refusal
from machines.registry import machine_for
from machines.states import Call, Confirm

VISITS = 100
"""The most visits of a state that a call's key may count; no machine comes near it."""

REJECTED = "This plan was rejected already, so it cannot be approved any more."
SETTLED = "This plan does not wait for decisions any more."


class Rejections(dict[tuple[int, int | None], bool]):
    """Whether a rejection holds: by its event and that of the plan as it was shown."""


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


def permit(operators: Operators, request: JudgeRequest, claims: Claims, found: Found, known: Rejections) -> Permitted:
    """Whether whoever sent a decision may make it; what people have decided before is for the record to say.

    ``known`` keeps what was found of each rejection, for the other decisions that are judged with this one.

    Raises Refusal, which names who sent it where that could be established.
    """
    person = identify(operators, found.sent, request)
    try:
        return _permitted(operators, person, request, claims, found, known)
    except Refusal as refusal:
        refusal.approver = person.approver
        raise


def _permitted(
    operators: Operators, person: Person, request: JudgeRequest, claims: Claims, found: Found, known: Rejections
) -> Permitted:
    if request.settled:
        raise Refusal(SETTLED)
    # First what is decided on, then whether they may; of whoever may not, nobody looks at what they have typed.
    state, shown = _confirmation(request, claims, found)
    role = _role_of(person, operators.least, claims, state, found)
    quorum = _people_needed(state, shown.plan)
    if request.choice == "approve":
        if _rejected(operators, request, claims, state, found, known):
            raise Refusal(REJECTED)
        _require_amount(state, shown.plan, found.sent)
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
        raise Refusal(f"The plan in the history does not hold exactly the calls that '{request.state}' has confirmed.")
    _require_code(sent, shown.plan, found.digests)
    return state, shown


def _require_code(sent: Sent, plan: Plan, shown: frozenset[str]) -> None:
    code = sent.decision.code.strip().lower() if sent.decision else ""
    if len(code) < len(plan.digest) and too_long(plan):
        raise Refusal(LONG)
    if len(code) < CODE_LENGTH or not plan.digest.startswith(code):
        raise Refusal(
            "Wrong code: it does not belong to the plan that is shown now. "
            "Read the plan again and send the code that stands under it."
        )
    if sum(one.startswith(code) for one in shown) > 1:
        # Chance does not do that: somebody wants another plan approved than the one that was read.
        raise Refusal("Two plans of this action have this code. Send the whole digest of the one that you have read.")


def _rejected(
    operators: Operators, request: JudgeRequest, claims: Claims, state: Confirm, found: Found, known: Rejections
) -> bool:
    """Whether somebody who may has rejected the plan before, also if the workflow worker has kept it to itself."""
    shown = found.shown.event_id if found.shown else None
    for sent in found.rejections:
        if (sent.event_id, shown) not in known:
            known[sent.event_id, shown] = _holds(operators, request, claims, state, found, sent)
        if known[sent.event_id, shown]:
            return True
    return False


def _holds(
    operators: Operators, request: JudgeRequest, claims: Claims, state: Confirm, found: Found, rejection: Sent
) -> bool:
    asked = request.model_copy(update={"choice": "reject"})
    if found.shown is None:
        return False
    try:
        _require_code(rejection, found.shown.plan, frozenset())
        _role_of(identify(operators, rejection, asked), operators.least, claims, state, replace(found, sent=rejection))
    except Refusal:
        return False
    return True


def _confirm_state(action: str, state_id: str) -> Confirm:
    try:
        state = machine_for(action).states_map.get(state_id)
    except LookupError:
        raise Refusal(f"The capability is for the action '{action}', which is not known here.") from None
    if not isinstance(state, Confirm):
        raise Refusal(f"The action '{action}' has no confirmation named '{state_id}'.")
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
    refusal = amount_refusal(needed, sent.decision.amount if sent.decision else None)
    if refusal is not None:
        raise Refusal(refusal)


def _role_of(person: Person, least: Trust, claims: Claims, state: Confirm, found: Found) -> str:
    """The role in which the person may decide at the moment when they did; raises Refusal.

    ``least`` is how a person must be established at the least.
    """
    if not suffices(person.approver.trust, least):
        raise Refusal(f"Nobody vouches for who you are: {_VOUCHED[least]}")
    if person.names & {folded_name(claims.requester), folded_name(claims.subject)}:
        raise Refusal("Whoever asked for an action cannot decide on it: another person must.")
    if person.names & set(map(folded_name, found.repliers)):
        raise Refusal("You have answered a question to the user in this action, so another person must decide on it.")
    if found.shown is None:
        raise Refusal("Too early: this plan had not been shown when the decision was sent.")
    role = state.role_at(found.sent.at - found.shown.at)
    if role is None:
        ended = found.shown.at + state.within
        raise Refusal(f"Too late: the time for this plan ended at {ended:%Y-%m-%d %H:%M} UTC.")
    if person.roles is not None and role not in person.roles:
        known = "You do not have" if person.roles else "The operators' directory does not know you, so you do not have"
        raise Refusal(f"{known} the role '{role}', which is needed to decide on this plan now.")
    return role


_VOUCHED: dict[Trust, str] = {
    "principal": "only people whom the server has authenticated may decide here. Sign in, and decide with a signal: "
    "the server does not say who sent an update.",
    "signed": "sign the decision with your own key; or sign in to the server, and decide with a signal.",
}
