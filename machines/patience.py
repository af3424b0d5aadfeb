"""How long an approved plan may lie before it is carried out, as a pure function of the machine's states."""

from collections.abc import Collection
from datetime import timedelta

from machines.base import WITHDRAW, lever
from machines.states import Call, Confirm, LeverState, Wait


def waits_after(confirm: Confirm) -> timedelta:
    """All waiting periods that may lie between the approval and the calls that it covers, taken together."""
    return sum((state.lasts for state in _between(confirm) if isinstance(state, Wait)), timedelta(0))


def withdrawable_after(confirm: Confirm) -> bool:
    """Whether what was approved can still be withdrawn before its calls are carried out."""
    return any(
        str(event) == WITHDRAW for state in _between(confirm) for one in state.transitions for event in one.events
    )


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
