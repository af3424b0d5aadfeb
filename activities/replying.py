"""The guards role: texts to the user, written from templates and facts alone; no model writes any of it.

A template is a file for each language: ``cancelled.md`` is the English one, ``cancelled.de.md`` the German one. A user
is answered in the language of their own messages where there is a template in it, else in English.
"""

import re
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import FunctionLoader, StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.guards import chain
from activities.guards.language import reply_language
from activities.texts import named
from leverframe.contracts.base import Facts
from leverframe.contracts.names import REPLY
from leverframe.contracts.verdict import RepliesRequest, Reply, ReplyRequest
from leverframe.local_time import in_words

SHARED = "_shared"
"""Templates for actions that have none of their own: of a business, or of all."""
FOLDER = Path(__file__).parent / "replies" / SHARED
WITHHELD = "withheld"
"""What is sent instead of a text that a guard blocks."""
ANSWER_BY = "answer_by"
"""The end of every question: until when it can be answered."""
DISCLOSURE = "disclosure"
"""The end of every text: who prepared it."""
CHANGING = {"visits"}
"""The facts that change on the way to an end; a text that names them is written there, and not ahead."""
ENGLISH = "en"
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
LANGUAGE = re.compile(r"[a-z]{2,3}")


class UnknownTemplate(LookupError):
    """There is no reply template of this name."""


@activity.defn(name=REPLY)
async def reply(request: ReplyRequest) -> Reply:
    """Write a text from its template, and screen it; raises as :func:`written`."""
    return written(request)


def written(request: ReplyRequest) -> Reply:
    """A text from its template, screened.

    Raises:
        ApplicationError: not retryable; ``UnknownTemplate`` when there is none of that name, ``ReplyFailed`` when the
            template uses a fact that is not there.
    """
    try:
        language = chosen_language(request)
        text = write(request.action, request.template, request.facts, language, request.until)
    except UnknownTemplate as error:
        raise ApplicationError(str(error), type="UnknownTemplate", non_retryable=True) from None
    except TemplateError as error:
        message = f"the template {request.template!r} of {request.action} could not be filled in: {error}"
        raise ApplicationError(message, type="ReplyFailed", non_retryable=True) from None
    verdicts = chain.screen_reply(text, request.facts)
    if any(verdict.judgement != "allow" for verdict in verdicts):
        text = write(request.action, WITHHELD, {}, language)
    return Reply(text=text, verdicts=verdicts, language=language)


def foretold(action_id: str, action: str, asked: RepliesRequest) -> tuple[Reply | None, ...]:
    """The texts of those templates that will say the same once they are due; why another has none is told then."""

    def one(template: str) -> Reply | None:
        request = ReplyRequest(action_id=action_id, action=action, template=template, facts=asked.facts)
        try:
            return written(request) if lasts(action, template, chosen_language(request)) else None
        except (ApplicationError, UnknownTemplate, TemplateError):
            return None

    return tuple(map(one, asked.templates))


def chosen_language(request: ReplyRequest) -> str:
    """The language of the user's messages, if the template is there in it; else English."""
    messages = request.facts.get("messages")
    said = [message for message in messages if isinstance(message, str)] if isinstance(messages, list) else []
    language = reply_language("\n".join(said))
    return language if template_file(request.action, request.template, language) else ENGLISH


def write(action: str, template: str, facts: Facts, language: str = ENGLISH, until: datetime | None = None) -> str:
    """The text of a template, filled in, until when the user can answer it if it is a question, and who prepared it.

    Raises:
        UnknownTemplate: when neither the action nor the shared folder has it in that language.
        TemplateError: when it uses a fact that is not there.
    """
    parts = [_template(action, template, language).render(facts)]
    if until is not None:
        parts.append(_template(SHARED, ANSWER_BY, language).render(until=in_words(until)))
    parts.append(_template(SHARED, DISCLOSURE, language).render())
    return "\n\n".join(part.strip() for part in parts)


@cache
def lasts(action: str, template: str, language: str = ENGLISH) -> bool:
    """Whether a template, and what it includes, says the same however often states are visited meanwhile.

    Raises :class:`UnknownTemplate`, or ``TemplateError`` for one that cannot be read.
    """
    parsed = ImmutableSandboxedEnvironment().parse(_source(action, template, language))
    if CHANGING & meta.find_undeclared_variables(parsed):
        return False
    return all(one is not None and lasts(action, one, language) for one in meta.find_referenced_templates(parsed))


def _source(action: str, template: str, language: str) -> str:
    path = template_file(action, template, language)
    if path is None:
        expected = _file(template, language)
        raise UnknownTemplate(f"there is no reply {template!r} for {action}; expected replies/{action}/{expected}")
    return path.read_text(encoding="utf-8")


@cache
def _template(action: str, template: str, language: str) -> Template:
    def source(name: str) -> str:
        return _source(action, name, language)

    # What a template includes is looked up as it was itself.
    environment = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(source), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(template)


def template_file(action: str, template: str, language: str) -> Path | None:
    """Where a reply of an action stands in that language: its own, its business's or the engine's, or ``None``."""
    if not NAME.fullmatch(template) or not LANGUAGE.fullmatch(language):
        return None
    own = named("replies", action) if NAME.fullmatch(action) else []
    # Of the business whose action it is, then of all.
    places = [*own, *(folder.parent / SHARED for folder in own), FOLDER]
    return next((path for place in places if (path := place / _file(template, language)).is_file()), None)


def _file(template: str, language: str) -> str:
    return f"{template}.md" if language == ENGLISH else f"{template}.{language}.md"
