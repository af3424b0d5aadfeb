"""What comes next in a machine, as far as it is certain. Pure."""

from collections import deque
from functools import cache

from machines.base import ActionMachine, lever
from machines.states import Call, Confirm, End, LeverState, Stands

GOOD = ("approved", "rejected", "succeeded")
"""What is usual after a plan was shown; nothing of it changes the facts but for the visits."""


def follower(
    machine: type[ActionMachine], state: LeverState, event: str, conditions: bool = False
) -> LeverState | None:
    """The one state to which an event leads; ``None`` where there are several, or a condition may keep it from that.

    ``conditions``: these do not count, since nothing is done with the answer that they could forbid.
    """
    ways = [way for way in machine.states_map[state.value].transitions if event in map(str, way.events)]
    targets = [target for way in ways for target in way.targets if target is not None]
    if len(targets) != 1 or (list(ways[0].cond) and not conditions):
        return None
    return lever(targets[0])


@cache
def replies_that_follow(machine: type[ActionMachine], state: LeverState | None) -> tuple[str, ...]:
    """The templates of the ends that a state is, or leads to over approved calls alone: all know the same."""
    found: dict[str, None] = {}
    seen, queue = {state}, deque([state])
    while queue:
        match here := queue.popleft():
            case Stands():
                continue
            case End():
                found[here.reply] = None
            case Confirm() | Call(writes=True):
                ahead = {follower(machine, here, event) for event in GOOD} - {None} - seen
                seen |= ahead
                queue.extend(sorted(ahead, key=lambda one: one.id if one else ""))
            case _:
                continue
    return tuple(found)
