import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from jinja2 import StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import JsonValue

from activities.guards.leaks import canary
from leverframe.contracts.proposal import ProposeRequest

FOLDER = Path(__file__).parent
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
Speaker = Literal["system", "user", "assistant"]
TURN = re.compile(rf"^\[({'|'.join(get_args(Speaker))})\]\n", re.MULTILINE)
MARKUP = re.compile(r"<\|(?=[^|>]{1,40}\|>)|\[(?=/?INST\])|<(?=</?SYS>>|/?s>|(?:start|end)_of_turn>)")
"""What chat templates use to tell speakers apart; servers take it for the real thing wherever it stands."""


class UnknownPrompt(LookupError):
    """There is no prompt file of this name."""


@dataclass(frozen=True)
class Turn:
    """One message of a chat."""

    speaker: Speaker
    text: str


class Prompt:
    """A prompt file: turns, each begun by a line ``[system]``, ``[user]`` or ``[assistant]``.

    The turns are told apart before anything is filled in, so no data can begin one. The unchanging ones stand
    first (servers keep what they computed of a repeated beginning); the last holds the request.
    """

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self.version = hashlib.sha256(source.encode()).hexdigest()[:12]
        """First 12 hex characters of the SHA-256 of the file."""
        self._canary = canary(source)
        _, *parts = TURN.split(source)
        self._turns = [(speaker, _template(text)) for speaker, text in _pairs(parts)]

    def turns(self, request: ProposeRequest) -> list[Turn]:
        """The chat for a request."""
        values = {
            "messages": request.messages,
            "facts": request.facts,
            "clauses": request.clauses,
            "offers": offered(request.answer_schema),
            "canary": self._canary,
        }
        return [Turn(speaker, template.render(values).strip()) for speaker, template in self._turns]


def offered(answer_schema: JsonValue) -> dict[str, dict[str, list[JsonValue]]]:
    """The events that an answer's schema allows, each with the values that its arguments may have."""
    variants = _get(_get(_get(answer_schema, "properties"), "proposal"), "anyOf")
    events: dict[str, dict[str, list[JsonValue]]] = {}
    for variant in variants if isinstance(variants, list) else []:
        properties = _get(variant, "properties")
        options = {
            name: _options(value) for name, value in (properties.items() if isinstance(properties, dict) else ())
        }
        for event in options.pop("event", []):
            events[str(event)] = options
    return events


def _options(schema: JsonValue) -> list[JsonValue]:
    enum = _get(schema, "enum")
    return enum if isinstance(enum, list) else [_get(schema, "const")]


def _get(value: JsonValue, key: str) -> JsonValue:
    return value.get(key) if isinstance(value, dict) else None


@cache
def load_prompt(name: str) -> Prompt:
    """Read a prompt file; raises :class:`UnknownPrompt`."""
    path = FOLDER / f"{name}.md"
    if not NAME.fullmatch(name) or not path.is_file():
        raise UnknownPrompt(f"there is no prompt {name!r}; expected a file {name}.md among the prompts")
    return Prompt(name, path.read_text(encoding="utf-8"))


def _pairs(parts: Iterable[str]) -> Iterable[tuple[Speaker, str]]:
    speakers = {speaker: speaker for speaker in get_args(Speaker)}
    values = iter(parts)
    return ((speakers[speaker], text) for speaker, text in zip(values, values, strict=True))


def _template(text: str) -> Template:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_without_markup
    )
    return environment.from_string(text)


def _without_markup(value: object) -> object:
    """Whatever is filled in is data: markup of chat templates in it is broken up."""
    return MARKUP.sub(lambda match: f"{match[0][:1]} {match[0][1:]}", value) if isinstance(value, str) else value
