"""In assist, a person chooses: what the model proposes is a suggestion, also where the machine would go on with it."""

from leverframe.naming import words
from machines.base import lever
from machines.states import Confirm, Decide, End, LeverState
from workflows.context import Context

SUGGESTED = "A person chooses here. The model suggests '{}', and nothing of that is done or told to the user."


def chosen(context: Context, state: Decide, event: str) -> str:
    """The proposed event, where it leads to people; else ``undecided``, with which every machine hands over."""
    if context.mode != "assist" or event in state.outcomes or all(map(_to_people, _targets(state, event))):
        return event
    context.problem(SUGGESTED.format(words(event)))
    context.suggested = True
    return "undecided"


def _targets(state: Decide, event: str) -> list[LeverState]:
    ways = (way for way in state.transitions if event in map(str, way.events))
    return [lever(target) for way in ways for target in way.targets]


def _to_people(state: LeverState) -> bool:
    return isinstance(state, Confirm) or (isinstance(state, End) and state.kind == "handed_over")
