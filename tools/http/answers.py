"""What an answer says: by its status first (RFC 9110), and then as the model that a tool declares. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from pydantic import ConfigDict, JsonValue, ValidationError
from pydantic_core import from_json

from leverframe.contracts.plan import Row
from tools.base import Result
from tools.errors import BadArguments, Unreachable
from tools.http.system import Reply

Sense = Literal["done", "accepted", "moved", "later", "refused", "not let in", "open"]
"""``accepted``: taken, and not carried out yet. ``moved``: what stands there is not what was read. ``later``: nothing
was done, and it may be asked again. ``open``: nobody can tell whether it was carried out."""
JSON = re.compile(r"application/(?:[\w.+-]+\+)?json\s*(?:;.*)?", re.IGNORECASE)


class Told(Result):
    """Base of what systems say: the declared fields, strictly; whatever else an answer has is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


AnyTold = TypeVar("AnyTold", bound=Told)
Told_co = TypeVar("Told_co", bound=Told, covariant=True)


def row(told: Told) -> Row:
    """Its fields, under the system's own names."""
    found: Row = told.model_dump(mode="json", by_alias=True)
    return found


def changed(told: AnyTold, to: Row) -> AnyTold:
    """The same with other values, under the system's own names; raises :class:`~tools.errors.BadArguments`."""
    try:
        return told.model_validate_json(json.dumps({**row(told), **to}))
    except ValidationError as error:
        where = ", ".join(sorted({str(item["loc"][0]) for item in error.errors(include_input=False) if item["loc"]}))
        raise BadArguments(f"{type(told).__name__} cannot have such a {where}") from None


@dataclass(frozen=True)
class Answers:
    """Which statuses mean what, of a system that differs from the standard in some.

    What is listed nowhere is read by its hundreds: 401 means not let in, other 4xx that nothing happened; all others,
    redirects and 5xx among them, leave it open.
    """

    done: frozenset[int] = frozenset({200, 201, 204})
    accepted: frozenset[int] = frozenset({202})
    moved: frozenset[int] = frozenset({412})
    later: frozenset[int] = frozenset({408, 425, 429, 503})
    refused: frozenset[int] = frozenset()

    def sense(self, status: int) -> Sense:
        """What a status means; of one that is listed twice, what comes first above."""
        listed: dict[Sense, frozenset[int]] = {
            "done": self.done, "accepted": self.accepted, "moved": self.moved, "later": self.later,
            "refused": self.refused,
        }  # fmt: skip
        for sense, statuses in listed.items():
            if status in statuses:
                return sense
        if status == 401:
            return "not let in"
        return "refused" if 400 <= status < 500 else "open"


STANDARD = Answers()


def parsed(reply: Reply) -> JsonValue:
    """The answer's JSON, as deep as the parser goes; raises :class:`~tools.errors.Unreachable` where it is none."""
    if not JSON.fullmatch(reply.headers.get("content-type", "")):
        raise Unreachable("the system's answer is not declared as JSON, and was not read")
    try:
        found: JsonValue = from_json(reply.content, allow_inf_nan=False)
    except ValueError:
        raise Unreachable("the system's answer is no JSON that can be read") from None
    return found


def at(told: JsonValue, names: str) -> JsonValue:
    """What stands at names with dots between; ``None`` where nothing does. A number is a place in a list."""
    for name in names.split("."):
        if isinstance(told, Mapping):
            told = told.get(name)
        elif isinstance(told, list) and name.isdecimal() and int(name) < len(told):
            told = told[int(name)]
        else:
            return None
    return told


def listed(told: JsonValue, each: str) -> list[JsonValue]:
    """The list that an answer is, or has at ``each``; raises :class:`~tools.errors.Unreachable` where it has none."""
    found = told if isinstance(told, list) else at(told, each)
    if not isinstance(found, list):
        raise Unreachable(f"the system's answer has no list {each!r}, as the tool declares")
    return found


def understood(told: JsonValue, model: type[AnyTold]) -> AnyTold:
    """What an answer says, as the model; raises :class:`~tools.errors.Unreachable`, and never quotes it."""
    try:
        # From JSON, since strictness is about JSON's own types.
        return model.model_validate_json(json.dumps(told))
    except ValidationError as error:
        # The first name alone: those below it may be the system's own choice.
        where = next((item["loc"][0] for item in error.errors(include_input=False) if item["loc"]), "the whole")
        raise Unreachable(f"the system's answer is not of the form that the tool declares ({where})") from None
