"""A machine as people read it: what it is for, its states as a diagram, and its transitions as a table. Pure."""

import re

from leverframe.naming import came, stands, words
from leverframe.telling import EVENTS, STATES
from machines.base import WITHDRAW, ActionMachine

TOLD = {id.replace("_", " ").capitalize(): stands(id).capitalize() for id in STATES} | {
    event.replace("_", " ").capitalize(): came(event).capitalize() for event in EVENTS
}
"""What the library writes of a state or an event, and how people say it."""


def purpose(machine: type[ActionMachine]) -> str:
    """What the action does, in one sentence: the first line of the machine's docstring."""
    return (machine.__doc__ or machine.action).strip().splitlines()[0]


def diagram(machine: type[ActionMachine]) -> str:
    """The states and transitions as Mermaid."""
    return re.sub(
        r'(?<=state ")[^"]+|(?<= : )[\w ]+\w|(?<=\[)\w+(?=\])', _told, str(format(machine(), "mermaid")).strip()
    )


def table(machine: type[ActionMachine]) -> str:
    """The transitions as a Markdown table; withdrawals, which look all the same, are left to the diagram."""
    lines = (re.sub(r" +", " ", line) for line in str(format(machine(), "md")).strip().splitlines())
    shown = (line for line in lines if f"| {WITHDRAW.capitalize()} |" not in line)
    return "\n".join(re.sub(r"(?<=\| )[\w ]+\w(?= \|)", _told, line) for line in shown)


def _told(found: re.Match[str]) -> str:
    return TOLD.get(found[0], words(found[0]))
