from typing import ClassVar

from statemachine import State, StateMachine
from statemachine.exceptions import TransitionNotAllowed

from leverframe.contracts.base import Facts
from machines.states import End, LeverState

WITHDRAW = "withdraw"
"""Event sent when the service or an operator withdraws the action (Temporal cancellation)."""


class ConditionFailed(Exception):
    """A condition raised instead of telling whether it holds; nothing can be said of its event."""


class ActionMachine(StateMachine):
    """Base of every action's machine. ``StateMachine``, never ``StateChart``: illegal events must raise."""

    action: ClassVar[str]
    """Name of the action; the Temporal workflow type."""
    clauses: ClassVar[tuple[str, ...]] = ()
    """Ids of the clauses of the business's policy that decisions on this action can cite; the texts are in
    the policies of its business."""
    priority: ClassVar[int] = 3
    """Whose steps are taken first where workers have more than they can do: 1 before 2, up to 5 (Temporal's priority
    keys). Among equal ones, tenants take turns."""

    @property
    def current(self) -> LeverState:
        """The state that the action is in."""
        return lever(self.states_map[self.current_state_value])

    def allows(self, event: str, facts: Facts) -> bool:
        """Whether the event may be sent now; raises :class:`ConditionFailed`.

        ``enabled_events`` calls an event enabled whose condition raises, and sending it then raises for ever.
        """
        if event not in {one.id for one in self.enabled_events(facts=facts)}:
            return False
        ways = [way for way in self.current.transitions if event in map(str, way.events)]
        if any(list(way.cond) for way in ways):
            trial = type(self)(start_value=self.current_state_value)
            try:
                trial.send(event, facts=facts)
            except TransitionNotAllowed:
                return False
            except Exception as error:
                raise ConditionFailed(f"a condition of {event!r} broke off with {type(error).__name__}") from error
        return True

    def give_up(self, event: str) -> None:
        """Go to the end at which a person takes over, where the event cannot be sent.

        A machine without such an end takes the event's way without a condition, which its proofs demand.
        """
        ends = [state for state in self.states if isinstance(state, End) and state.kind == "handed_over"]
        entries = [target.id for state in self.states for way in state.transitions for target in way.targets]
        if ends:
            # The one that most ways lead to: others speak of something in particular.
            self.current_state_value = max(ends, key=lambda end: entries.count(end.id)).value
            return
        plain = (way for way in self.current.transitions if event in map(str, way.events) and not list(way.cond))
        self.current_state_value = next(target.value for way in plain for target in way.targets)


def lever(state: State) -> LeverState:
    """The state as one of the types that the workflow knows.

    Raises:
        TypeError: when a machine uses a plain ``State``.
    """
    if not isinstance(state, LeverState):
        raise TypeError(
            f"state {state.id!r} is a plain {type(state).__name__}; expected Screen, Call, Decide, Ask, Confirm or End"
        )
    return state
