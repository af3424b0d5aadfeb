import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from jinja2 import StrictUndefined, Template, TemplateSyntaxError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from activities.front_matter import InvalidHeader, read_header, read_version
from activities.guards.leaks import canary
from activities.prompts.offered import offered
from activities.texts import named
from leverframe.contracts.policy import Clause
from leverframe.contracts.proposal import ProposeRequest
from leverframe.sentences import sentences

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
Speaker = Literal["system", "user", "assistant"]
TURN = re.compile(rf"^\[({'|'.join(get_args(Speaker))})\]\n", re.MULTILINE)
MARKUP = re.compile(r"<\|(?=[^|>]{1,40}\|>)|\[(?=/?INST\])|<(?=</?SYS>>|/?s>|(?:start|end)_of_turn>)")
"""What chat templates use to tell speakers apart; servers take it for the real thing wherever it stands."""
OFFERED = "offered"
"""Of the worked examples, those of what is offered: shorter, and a small model proposes no more of what it cannot. It
is measured which prompt gains by it: one whose other examples are few or alike loses its balance."""
HEADER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
CONSTANT = frozenset({"canary", "clauses"})
"""What turns before the last may use: the same for every request that is offered the same, until the policy changes."""


class UnknownPrompt(LookupError):
    """There is no prompt file of this name."""


class InvalidPrompt(ValueError):
    """A prompt file cannot be used; the message names it, and what was expected."""


@dataclass(frozen=True)
class Turn:
    """One message of a chat."""

    speaker: Speaker
    text: str


_Template = tuple[Speaker, Template, str | None]
"""A turn to be filled in, and the event that it is a worked example of."""


class Prompt:
    """A prompt file: a header with ``id`` and ``version`` between lines ``---``, then turns, each begun by a line
    ``[system]``, ``[user]`` or ``[assistant]``.

    The turns are told apart before anything is filled in, so no data can begin one. The unchanging ones stand
    first (servers keep what they computed of a repeated beginning); only the last may hold the request. Where the
    header says ``examples: offered``, worked examples of an event that is not offered are left out.

    Raises:
        InvalidPrompt: when the header or a turn is not of that form.
    """

    def __init__(self, name: str, source: str) -> None:
        self.id = name
        self.version, examples, body = _header(name, source)
        """As the file states it: raised with every change."""
        self.hash = hashlib.sha256(source.encode()).hexdigest()[:12]
        """First 12 hex characters of the SHA-256 of the file: what it was, whatever it states."""
        self._canary = canary(source)
        turns = _turns(name, body)
        try:
            used = [_variables(text) for _, text in turns]
            templates = [_template(text) for _, text in turns]
        except TemplateSyntaxError as error:
            raise InvalidPrompt(f"the prompt {name!r}: {error.message}") from None
        # A question of a worked example goes with its answer.
        decided = [_event(text) if examples == OFFERED else None for _, text in turns]
        self._turns: list[_Template] = [
            (speaker, template, decided[at + 1] if speaker == "user" and at + 1 < len(turns) else decided[at])
            for at, ((speaker, _), template) in enumerate(zip(turns, templates, strict=True))
        ]
        self.uses: frozenset[str] = frozenset().union(*used)
        """What it shows of a request: names of the values in :meth:`turns`."""
        if changing := frozenset().union(*used[:-1]) - CONSTANT:
            raise InvalidPrompt(
                f"the prompt {name!r} uses {', '.join(sorted(changing))} before its last turn; "
                f"what changes with the request belongs into the last"
            )

    def turns(self, request: ProposeRequest) -> list[Turn]:
        """The chat for a request."""
        offers = offered(request.answer_schema)
        values = {
            "messages": request.messages,
            "facts": request.facts,
            "clauses": request.clauses,
            "related": request.related,
            "offers": offers,
            "canary": self._canary,
        }
        return self._rendered(self._turns, values, offers)

    def beginning(self, clauses: Sequence[Clause], offers: Collection[str]) -> list[Turn]:
        """The turns before the last: what all requests begin with that have these clauses, and are offered this."""
        return self._rendered(self._turns[:-1], {"clauses": clauses, "canary": self._canary}, offers)

    @staticmethod
    def _rendered(turns: Sequence[_Template], values: Mapping[str, object], offers: Collection[str]) -> list[Turn]:
        return [
            Turn(speaker, template.render(values).strip())
            for speaker, template, event in turns
            if event is None or event in offers
        ]


@cache
def load_prompt(name: str) -> Prompt:
    """Read a prompt file; raises :class:`UnknownPrompt` and :class:`InvalidPrompt`."""
    paths = named("prompts", f"{name}.md") if NAME.fullmatch(name) else []
    if not paths:
        raise UnknownPrompt(f"there is no prompt {name!r}; expected a file prompts/{name}.md among a business's texts")
    if len(paths) > 1:
        raise InvalidPrompt(f"{len(paths)} businesses have a prompt {name!r}; expected it of one")
    return Prompt(name, paths[0].read_text(encoding="utf-8"))


def _header(name: str, source: str) -> tuple[int, str, str]:
    """The stated version, which worked examples are shown, and what follows the header."""
    found = HEADER.match(source)
    try:
        stated = read_header(found[1] if found else "", frozenset({"id", "version"}), frozenset({"examples"}))
        version, examples = read_version(stated), stated.get("examples", "")
    except InvalidHeader as error:
        raise InvalidPrompt(f"the header of the prompt {name!r}: {error}") from None
    if stated["id"] != name:
        raise InvalidPrompt(f"the prompt {name!r} states the id {stated['id']!r}; expected its file's name")
    if examples not in ("", OFFERED):
        raise InvalidPrompt(f"the prompt {name!r} states examples {examples!r}; expected {OFFERED!r}, or no such line")
    return version, examples, source[found.end() if found else 0 :]


def _turns(name: str, body: str) -> list[tuple[Speaker, str]]:
    before, *parts = TURN.split(body)
    speakers = {speaker: speaker for speaker in get_args(Speaker)}
    turns = [(speakers[speaker], text) for speaker, text in zip(parts[::2], parts[1::2], strict=True)]
    if before.strip() or not turns or turns[-1][0] != "user":
        raise InvalidPrompt(f"the prompt {name!r}: expected turns begun by [system], [user], …, the last one [user]")
    return turns


def _event(answer: str) -> str | None:
    """What a worked example's answer decides; none where it is no answer of that form."""
    try:
        event = json.loads(answer)["proposal"]["event"]
    except (ValueError, LookupError, TypeError):
        return None
    return event if isinstance(event, str) else None


def _without_markup(value: object) -> object:
    """Whatever is filled in is data: markup of chat templates in it is broken up."""
    return MARKUP.sub(lambda match: f"{match[0][:1]} {match[0][1:]}", value) if isinstance(value, str) else value


ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_without_markup
)
ENVIRONMENT.filters["sentences"] = sentences
"""The user's words as the intake's wishes number them."""


def _template(text: str) -> Template:
    return ENVIRONMENT.from_string(text)


def _variables(text: str) -> set[str]:
    """What a template takes from the request."""
    return find_undeclared_variables(ENVIRONMENT.parse(text))
