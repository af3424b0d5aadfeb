from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from leverframe.contracts.base import Contract, Facts, Told, unsaid
from leverframe.contracts.entry import IfAny
from leverframe.contracts.policy import Retrieved, RetrieveRequest

Judgement = Literal["allow", "redact", "block", "escalate"]
"""What a guard says; ``escalate`` asks for a person instead of refusing."""

ScreenKind = Literal["request", "facts", "proposal"]

STRICTNESS: tuple[Judgement, ...] = ("allow", "redact", "escalate", "block")
"""From the mildest to the strictest; of several verdicts the strictest holds."""


class Evidence(Told):
    """Where in the screened text a rule found something. Never the found value itself."""

    start: int
    """Index of the first character, from 0."""
    end: int
    """Index behind the last character."""
    label: str
    """What was found, for example ``email`` or ``override_instructions``."""
    path: str = ""
    """Which string of JSON content, as a JSON pointer; empty for a plain text."""


class Verdict(Told):
    """A guard's judgement, apart from what is done about it."""

    guard: str
    """Which guard judged, for example ``injection``."""
    version: str
    """Version of the guard's rules."""
    judgement: Judgement
    rule: str
    """Id of the rule that decided; ``none`` when nothing was found."""
    reason: str
    """Why, in words for an operator."""
    evidence: tuple[Evidence, ...] = ()
    measured: Annotated[dict[str, float | str], IfAny] = {}
    """What was measured beside, by name: numbers, and the code of a language. Nothing of what was screened."""


class ScreenRequest(Contract):
    """Ask the guards to judge something that goes to, or comes from, the model."""

    action_id: str
    kind: ScreenKind
    """What the content is; each kind has its own guards."""
    content: JsonValue
    """A text, or JSON whose every string is screened."""
    placeholders: dict[str, str] = {}
    """Placeholders given out so far, so that a value keeps its placeholder throughout an action."""
    action: str = ""
    """Name of the action; proposals have limits of their own in each."""
    clauses: tuple[str, ...] | None = None
    """For a proposal: ids of the policy clauses that the model was given, so that it can cite no other. ``None`` where
    they are not known; then only the machine's schema limits what is cited."""
    at: datetime | None = None
    """When the content came: of a request, when its user wrote it."""
    measure: bool = False
    """Whether verdicts may say what they measured: workflows of earlier versions do not know of it."""
    business: str = ""
    """Of a request: against whose policy its words are measured; empty: any."""
    about: tuple[str, ...] = ()
    """Of a proposal: the texts that its rationale should be about, masked."""
    facts: Annotated[Facts | None, Field(exclude_if=unsaid)] = None
    """What is to be screened as facts besides, unless the content itself is stopped."""
    policy: Annotated[RetrieveRequest | None, Field(exclude_if=unsaid)] = None
    """Clauses to be found besides, unless the content is stopped; a request's own words are added to the messages."""
    replies: Annotated["RepliesRequest | None", Field(exclude_if=unsaid)] = None
    """Texts to be written besides, unless the content is stopped."""


class Screened(Told):
    """What the guards made of it."""

    content: JsonValue
    """The same shape, of a request the user's own words alone; personal data replaced by placeholders such as
    ``<EMAIL_1>``."""
    verdicts: tuple[Verdict, ...]
    placeholders: dict[str, str] = {}
    """All placeholders so far, to the value behind each; put back only inside a tool call."""
    quoted: str = ""
    """Of a request, what was quoted or forwarded in it, or put there by a mail program: masked, for people alone."""
    day: str = ""
    """On which day it came where the business is, as in ``2026-12-31``; empty where that is not known."""
    facts: Annotated["Screened | None", Field(exclude_if=unsaid)] = None
    """What was made of the facts that came with it; ``None`` where there were none, or it was stopped."""
    policy: Annotated[Retrieved | None, Field(exclude_if=unsaid)] = None
    """The clauses that were asked for with it."""
    replies: "Annotated[tuple[Reply | None, ...], Field(exclude_if=unsaid)]" = ()
    """The texts that were asked for with it, in order; ``None`` for one that could not be written now."""

    @property
    def stopped(self) -> bool:
        """Whether it does not go on as it is."""
        return self.judgement in ("block", "escalate")

    @property
    def judgement(self) -> Judgement:
        """The strictest of the verdicts; ``allow`` when there is none."""
        return max((v.judgement for v in self.verdicts), key=STRICTNESS.index, default="allow")


class ReplyRequest(Contract):
    """Ask for a templated text to the user. No model writes any of it."""

    action_id: str
    action: str
    template: str
    """Name of the template among the action's replies."""
    facts: Facts
    until: datetime | None = None
    """Until when the user can answer, of a question."""


class RepliesRequest(Contract):
    """Ask for texts that may be due later, all from the same facts."""

    templates: tuple[str, ...]
    facts: Facts
    """But those that will have changed by then: the visits of states."""


class Reply(Told):
    """A text that may be sent to the user."""

    text: str
    verdicts: tuple[Verdict, ...]
    language: str = "en"
    """ISO 639-1 code of the language that it is written in."""
