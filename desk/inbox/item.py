"""One line of the inbox. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from leverframe.pending import Pending
from leverframe.pseudonym import subject_of
from machines.registry import machines
from machines.states import Confirm, Decide, LeverState


@dataclass(frozen=True)
class Item:
    """An action that waits, and since when."""

    action_id: str
    action: str
    state: str
    role: str
    """Whose turn it is: a role of operators, ``user`` or ``model``; ``nobody`` or nothing while it is at work."""
    user: str
    """The user's pseudonym."""
    since: datetime
    """When its plan was shown, or the model asked; where that cannot be told, when the action was started."""
    deadline: datetime | None
    """When waiting ends; it then fails closed."""
    claimed: str
    """Who is on it; empty where nobody is."""
    escalated: bool
    """Whether it has waited so long that another role than at first decides."""


def item_of(pending: Pending) -> Item:
    """What the list says of an action."""
    state, deadline = _state(pending.action, pending.state), pending.deadline
    confirm, within = state if isinstance(state, Confirm) else None, _within(state)
    return Item(
        action_id=pending.action_id,
        action=pending.action,
        state=pending.state,
        role=pending.awaiting,
        user=subject_of(pending.action_id) or "",
        since=deadline - within if within and deadline else pending.since,
        deadline=deadline,
        claimed=pending.claimed,
        escalated=confirm is not None and pending.awaiting == confirm.escalate_to != confirm.role,
    )


def _state(action: str, state: str) -> LeverState | None:
    machine = machines().get(action)
    found = machine.states_map.get(state) if machine else None
    return found if isinstance(found, LeverState) else None


def _within(state: LeverState | None) -> timedelta | None:
    if isinstance(state, Confirm):
        return state.within
    return state.patience if isinstance(state, Decide) else None
