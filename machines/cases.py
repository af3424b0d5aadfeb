"""Who takes over where an action cannot go on, and how long that may take: those who confirm what it does."""

from dataclasses import dataclass
from datetime import timedelta

from machines.base import ActionMachine
from machines.states import Confirm, End

SUPPORT = "support"
"""Who takes over from a machine that has nothing confirmed and names nobody."""
LEAST = timedelta(hours=1)
"""How long a case is given at the least, so that nobody is reminded more often than that."""


@dataclass(frozen=True)
class Takeover:
    """Whose a case is, and until when."""

    role: str
    within: timedelta
    remind: timedelta
    """How long before the deadline it is escalated."""
    escalate_to: str | None

    @property
    def roles(self) -> frozenset[str]:
        """All who may take it: a lead need not wait until it has come to them."""
        return frozenset(filter(None, (self.role, self.escalate_to)))


def takeover(machine: type[ActionMachine], state_id: str) -> Takeover:
    """Who takes over from an action that has ended in this state: whom the state names, else who confirms."""
    end = machine.states_map.get(state_id)
    tell = end.tell if isinstance(end, End) else None
    confirms = [state for state in machine.states if isinstance(state, Confirm)]
    if not confirms:
        return Takeover(tell or SUPPORT, timedelta(days=1), timedelta(hours=4), None)
    first = confirms[0]
    within = max(first.within, LEAST)
    remind = first.remind if timedelta(0) < first.remind < within else within / 4
    return Takeover(tell or first.role, within, remind, first.escalate_to)
