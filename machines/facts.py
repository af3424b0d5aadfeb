"""What machines read out of the facts, as pure functions: lists, the user's words, and visits."""

import re

from pydantic import JsonValue

from leverframe.contracts.base import Facts
from machines.arguments import Options

MAY_ASK = 2
"""How often the user is asked back before a person takes over."""

SPACES = re.compile(r"\s{2,}+")


def listed(facts: Facts, name: str) -> list[dict[str, JsonValue]]:
    """The objects of a list among the facts; empty when there is no such list."""
    found = facts.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def at(facts: Facts, path: str) -> JsonValue:
    """What stands at a path with dots among the facts; raises LookupError where nothing does."""
    value: JsonValue = facts
    for part in path.split("."):
        if not isinstance(value, dict) or part not in value:
            raise LookupError(f"the facts have no {path!r}")
        value = value[part]
    return value


def text(facts: Facts) -> str:
    """All that the user has written, masked."""
    return "\n".join(messages(facts))


def messages(facts: Facts) -> list[str]:
    """What the user has written, message by message, masked, with one space or line break for each run of them."""
    said = facts.get("messages")
    return [_spaced(message) for message in said if isinstance(message, str)] if isinstance(said, list) else []


def always(clause: str) -> Options:
    """The one clause that something rests on, whatever the facts."""
    return lambda facts: [clause]


def may_ask(facts: Facts) -> bool:
    """Whether the user has not been asked too often yet."""
    return may_visit(facts, "asking", MAY_ASK)


def may_visit(facts: Facts, state: str, most: int) -> bool:
    """Whether the action has been in a state less often than ``most`` times."""
    visits = facts.get("visits")
    been = visits.get(state, 0) if isinstance(visits, dict) else 0
    return isinstance(been, int) and been < most


def _spaced(message: str) -> str:
    """No reader takes long over white space, nor finds other things because of it."""
    return SPACES.sub(lambda run: "\n" if "\n" in run[0] else " ", message)
