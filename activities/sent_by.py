"""Whether one person may send something of one plan at one moment: pure, and every refusal in plain words for them."""

from dataclasses import dataclass
from datetime import datetime

from activities.history import Found, Sent
from activities.person import Person, Refusal, suffices
from leverframe.capability import Claims
from leverframe.confirmation_code import LONG, too_long
from leverframe.contracts.decision import Handling, Trust
from leverframe.contracts.plan import CODE_LENGTH, Plan
from leverframe.lookalikes import folded_name
from leverframe.naming import role_named, words
from leverframe.operators import Operators
from machines.states import Confirm


@dataclass(frozen=True)
class Handed:
    """To which role a plan was handed over, and when."""

    to: str
    at: datetime
    event_id: int


def require_code(sent: Sent, plan: Plan, shown: frozenset[str]) -> None:
    """Raise Refusal unless what was sent is about that plan and no other that was ``shown``."""
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


def require_taker(operators: Operators, state: Confirm, role: str, claims: Claims, sent: Sent) -> None:
    """Raise Refusal unless it is handed over to a role of this state, or to a person who may decide then."""
    to = sent.decision.to.strip() if isinstance(sent.decision, Handling) else ""
    if role_named(to) in state.roles:
        return
    known = operators.named(to)
    asked = {folded_name(claims.requester), folded_name(claims.subject)}
    if to and operators.everyone and folded_name(to) not in asked:
        return
    if known is None or role not in known.roles or known.names & asked:
        roles = " or ".join(f"'{one}'" for one in state.roles)
        raise Refusal(f"Nobody was handed it: expected the role {roles}, or a person with the role '{role}'.")


def role_of(person: Person, least: Trust, claims: Claims, state: Confirm, found: Found, handed: Handed | None) -> str:
    """The role in which the person may decide at the moment when they did; raises Refusal.

    ``least`` is how a person must be established at the least.
    """
    if not suffices(person.approver.trust, least):
        raise Refusal(f"Nobody vouches for who you are: {VOUCHED[least]}")
    if person.names & {folded_name(claims.requester), folded_name(claims.subject)}:
        raise Refusal("Whoever asked for an action cannot decide on it: another person must.")
    if person.names & set(map(folded_name, found.repliers)):
        raise Refusal("You have answered a question to the user in this action, so another person must decide on it.")
    if found.shown is None:
        raise Refusal("Too early: this plan had not been shown when the decision was sent.")
    role = state.role_at(found.sent.at - found.shown.at)
    if handed is not None and role is not None and role == state.role_at(handed.at - found.shown.at):
        # It was handed over, and has not escalated since.
        role = handed.to
    if role is None:
        ended = found.shown.at + state.within
        raise Refusal(f"Too late: the time for this plan ended at {ended:%Y-%m-%d %H:%M} UTC.")
    if person.roles is not None and role not in person.roles:
        known = "You do not have" if person.roles else "The operators' directory does not know you, so you do not have"
        raise Refusal(f"{known} the role '{words(role)}', which is needed to decide on this plan now.")
    return role


VOUCHED: dict[Trust, str] = {
    "principal": "only people whom the server has authenticated may decide here. Sign in, and decide with a signal: "
    "the server does not say who sent an update.",
    "signed": "sign the decision with your own key; or sign in to the server, and decide with a signal.",
}
