"""How long an approved plan may lie before it is carried out, as a pure function of the machine's states."""

from collections.abc import Collection
from datetime import timedelta

from machines.base import WITHDRAW, ActionMachine, lever
from machines.graph import Graph
from machines.states import Ask, Call, Confirm, Decide, LeverState, Wait


def waits_after(confirm: Confirm) -> timedelta:
    """All waiting periods that may lie between the approval and the calls that it covers, taken together."""
    return sum((state.lasts for state in _between(confirm) if isinstance(state, Wait)), timedelta(0))


def withdrawable_after(confirm: Confirm) -> bool:
    """Whether what was approved can still be withdrawn before its calls are carried out."""
    return any(
        str(event) == WITHDRAW for state in _between(confirm) for one in state.transitions for event in one.events
    )


def longest_wait(machine: type[ActionMachine]) -> timedelta:
    """The longest that an action may wait for people, for the model or for time to pass, each of its waits taken once.

    A capability must last longer, or the action cannot end what it has begun.
    """
    graph = Graph.of(machine)
    reached = {state.id: graph.reached(state) for state in graph.states}
    known: dict[str, timedelta] = {}

    def longest(state: LeverState) -> timedelta:
        if state.id not in known:
            # States that lead to each other count as one: an action may come through all of them.
            circle = [other for other in graph.states if _circle(state, other)]
            beyond = (edge.target for one in circle for edge in graph.leaving(one) if edge.target not in circle)
            waits = sum((_wait(one) for one in circle), timedelta(0))
            known[state.id] = waits + max(map(longest, beyond), default=timedelta(0))
        return known[state.id]

    def _circle(one: LeverState, other: LeverState) -> bool:
        return one is other or (other.id in reached[one.id] and one.id in reached[other.id])

    return longest(graph.initial)


def _wait(state: LeverState) -> timedelta:
    match state:
        case Ask() | Confirm():
            return state.within
        case Decide():
            return state.patience
        case Wait():
            return state.lasts
    return timedelta(0)


def _between(confirm: Confirm) -> Collection[LeverState]:
    """The states that may lie between the approval and the last of the calls that it covers."""
    seen: dict[str, LeverState] = {}
    ahead = _targets(confirm, "approved")
    while ahead:
        state = ahead.pop()
        if state.id in seen or not isinstance(state, Call | Wait):
            continue
        seen[state.id] = state
        if isinstance(state, Wait) or state.id in confirm.covers[:-1]:
            ahead += _targets(state, None)
    return seen.values()


def _targets(state: LeverState, event: str | None) -> list[LeverState]:
    return [
        lever(target)
        for transition in state.transitions
        if event is None or event in map(str, transition.events)
        for target in transition.targets
    ]
