from typing import ClassVar

from statemachine import State, StateMachine

from machines.states import LeverState

WITHDRAW = "withdraw"
"""Event sent when the service or an operator withdraws the action (Temporal cancellation)."""


class ActionMachine(StateMachine):
    """Base of every action's machine. ``StateMachine``, never ``StateChart``: illegal events must raise."""

    action: ClassVar[str]
    """Name of the action; the Temporal workflow type."""
    clauses: ClassVar[tuple[str, ...]] = ()
    """Ids of the clauses of the business's policy that decisions on this action can cite; the texts are in
    ``policies/``."""

    @property
    def current(self) -> LeverState:
        """The state that the action is in."""
        return lever(self.states_map[self.current_state_value])


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
