"""Steps in words, for the rows of the Temporal UI: pure functions of machines and tools, without anybody's data.

Tools are named ``things.what_is_done``, such as ``contracts.change_plan`` or, where they read, ``contracts.list``.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from statemachine import State

from leverframe.contracts.verdict import ScreenKind, ScreenRequest
from leverframe.contracts.why import Way
from leverframe.local_time import in_words
from leverframe.naming import came, parts, stands, words, writing
from leverframe.telling import OUTCOMES
from machines.base import WITHDRAW, ActionMachine
from machines.graph import Graph
from machines.states import Ask, Call, Confirm, Decide, Dispatch, End, LeverState, Screen, Wait

SUMMARY = 200
"""Bytes of a summary that Temporal takes."""

SCREENED: dict[ScreenKind, str] = {
    "request": "what the user wrote",
    "facts": "the facts for the model",
    "proposal": "what the model proposes",
}


def step(state: LeverState, machine: type[ActionMachine]) -> str:
    """What is done in a state, as the name of the group of all its events."""
    match state:
        case Screen():
            return f"Screen {SCREENED['request']}"
        case Call():
            return writing(state.tool) if state.writes else reading(state.tool)
        case Decide():
            return "Decide what to do"
        case Ask():
            return "Ask the user"
        case Confirm():
            tools = (covered.tool for call in state.covers if isinstance(covered := machine.states_map[call], Call))
            return clip(f"Have {words(state.role)} confirm: {_listed(tools)}")
        case Wait():
            return "Let time pass"
        case Dispatch():
            return "Do each wish as an action of its own"
        case End():
            return f"End: {stands(state.id)}"
    raise TypeError(f"there are no words for a {type(state).__name__}")


@lru_cache
def ways(machine: type[ActionMachine], state: LeverState) -> tuple[Way, ...]:
    """What the machine allows next, but for withdrawing."""
    return tuple(
        Way(event=came(edge.event), target=_target(edge.target))
        for edge in Graph.of(machine).leaving(state)
        if edge.event != WITHDRAW
    )


def _target(state: State) -> str:
    return OUTCOMES[state.kind] if isinstance(state, End) and state.kind != "done" else stands(state.id)


def reading(tool: str) -> str:
    """What a tool looks up: ``Look up orders``, ``Look up order details``, ``Check customer erasure``."""
    things, verb, rest = parts(tool)
    if rest == "check":
        return f"Check {things.removesuffix('s')} {verb}"
    if verb == "list":
        return " ".join(filter(None, ("Look up", rest, things)))
    return " ".join(filter(None, ("Look up", things.removesuffix("s"), verb, rest)))


def doing(tools: Iterable[str]) -> str:
    """Calls that change something together."""
    return clip(_listed(tools))


def previewing(tools: Iterable[str]) -> str:
    """The preview of calls that change something."""
    return clip(f"Work out what would change: {_listed(tools)}")


def until(who: str | None, moment: datetime, then: str) -> str:
    """A timer: who is waited for (``None``: nobody), until when, and what happens then."""
    return clip(f"Wait{f' for {words(who)}' if who else ''} until {in_words(moment)}, then {then}")


def clip(summary: str) -> str:
    """As much of it as Temporal takes; whole characters."""
    return summary.encode()[:SUMMARY].decode(errors="ignore")


def _listed(tools: Iterable[str]) -> str:
    first, *others = (writing(tool) for tool in tools)
    return ", ".join((first, *(f"{other[0].lower()}{other[1:]}" for other in others)))


def screening(request: ScreenRequest) -> str:
    """What the guards are asked for, and what they do besides in one go."""
    besides = {
        SCREENED["facts"]: request.facts is not None,
        "find the policy's clauses": request.policy is not None,
        "write what the user would be told": request.replies is not None,
    }
    return ", ".join((f"Screen {SCREENED[request.kind]}", *(words for words, asked in besides.items() if asked)))
