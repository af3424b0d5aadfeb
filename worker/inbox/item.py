"""One line of the inbox. Pure."""

from dataclasses import dataclass
from datetime import datetime

from leverframe.pending import Pending
from leverframe.pseudonym import subject_of
from machines.registry import machines
from machines.states import Confirm


@dataclass(frozen=True)
class Item:
    """An action that waits, and since when."""

    action_id: str
    action: str
    state: str
    role: str
    """Whose turn it is: a role of operators, or ``user``."""
    user: str
    """The user's pseudonym."""
    since: datetime
    """When its plan was shown; where that cannot be told, when the action was started."""
    deadline: datetime | None
    """When waiting ends; it then fails closed."""
    escalated: bool
    """Whether it has waited so long that another role than at first decides."""


def item_of(pending: Pending) -> Item:
    """What the list says of an action."""
    confirm, deadline = _confirm(pending.action, pending.state), pending.deadline
    return Item(
        action_id=pending.action_id,
        action=pending.action,
        state=pending.state,
        role=pending.awaiting,
        user=subject_of(pending.action_id) or "",
        since=deadline - confirm.within if confirm and deadline else pending.since,
        deadline=deadline,
        escalated=confirm is not None and pending.awaiting == confirm.escalate_to != confirm.role,
    )


def _confirm(action: str, state: str) -> Confirm | None:
    machine = machines().get(action)
    found = machine.states_map.get(state) if machine else None
    return found if isinstance(found, Confirm) else None
