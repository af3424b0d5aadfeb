"""Names of the code as people read them: of columns, roles and tools. Pure, without anybody's data."""

import re

from leverframe.telling import EVENTS, OUTCOMES, STATES, inert

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_. ]{0,79}")
"""What a name of the code, or one that is told already, looks like."""


def words(name: str) -> str:
    """A name of a role, or from code or schema, as people say it; lines can be broken between its words."""
    return name.replace("_", " ")


def role_named(text: str) -> str:
    """The role that a person means who types its name as screens show it: ``support lead`` for ``support_lead``."""
    return "_".join(text.split())


def came(event: str) -> str:
    """An event of a machine, in words."""
    return EVENTS.get(event, words(event))


def stands(state: str) -> str:
    """A state of a machine, by its id, in words."""
    return STATES.get(state, words(state))


def ended(outcome: str) -> str:
    """How an action ended, in words."""
    return OUTCOMES.get(outcome, words(outcome))


def named(name: str) -> str:
    """The same of a name that might be none: whatever does not look like one is inert, and else as it was written."""
    return words(name) if NAME.fullmatch(name) else inert(name)


def writing(tool: str) -> str:
    """What a tool does that changes something: ``Change order address``, ``Withdraw open actions``.

    Tools are named ``things.what_is_done``. What is no name stays as it is, inert.
    """
    if not NAME.fullmatch(tool):
        return inert(tool)
    things, verb, rest = parts(tool)
    if rest == "open":
        return f"{verb.capitalize()} open {things}"
    return " ".join(filter(None, (verb.capitalize(), things.removesuffix("s"), rest)))


def parts(tool: str) -> tuple[str, str, str]:
    """The things that a tool is about, what it does to them, and the rest of it, in words."""
    things, _, done = tool.partition(".")
    verb, _, rest = done.partition("_")
    return words(things), verb, words(rest)
