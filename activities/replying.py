"""The guards role: texts to the user, written from templates and facts alone; no model writes any of it."""

import re
from functools import cache
from pathlib import Path

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.guards import chain
from leverframe.contracts.base import Facts
from leverframe.contracts.names import REPLY
from leverframe.contracts.verdict import Reply, ReplyRequest

FOLDER = Path(__file__).parent / "replies"
SHARED = "_shared"
"""Templates for actions that have none of their own."""
WITHHELD = "withheld"
"""What is sent instead of a text that a guard blocks."""
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


class UnknownTemplate(LookupError):
    """There is no reply template of this name."""


@activity.defn(name=REPLY)
async def reply(request: ReplyRequest) -> Reply:
    """Write a text from its template, and screen it.

    Raises:
        ApplicationError: not retryable; ``UnknownTemplate`` when there is none of that name, ``ReplyFailed`` when the
            template uses a fact that is not there.
    """
    try:
        text = write(request.action, request.template, request.facts)
    except UnknownTemplate as error:
        raise ApplicationError(str(error), type="UnknownTemplate", non_retryable=True) from None
    except TemplateError as error:
        message = f"the template {request.template!r} of {request.action} could not be filled in: {error}"
        raise ApplicationError(message, type="ReplyFailed", non_retryable=True) from None
    verdicts = chain.screen_reply(text)
    if any(verdict.judgement != "allow" for verdict in verdicts):
        text = write(request.action, WITHHELD, {})
    return Reply(text=text, verdicts=verdicts)


def write(action: str, template: str, facts: Facts) -> str:
    """The text of a template, filled in.

    Raises:
        UnknownTemplate: when neither the action nor the shared folder has it.
        TemplateError: when it uses a fact that is not there.
    """
    return _template(action, template).render(facts).strip()


@cache
def _template(action: str, template: str) -> Template:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    for folder in (action, SHARED):
        path = FOLDER / folder / f"{template}.md"
        if NAME.fullmatch(template) and path.is_file():
            return environment.from_string(path.read_text(encoding="utf-8"))
    raise UnknownTemplate(f"there is no reply {template!r} for {action}; expected a file {template}.md in replies/")
