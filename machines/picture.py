"""A machine as people read it: what it is for, its states as a diagram, and its transitions as a table. Pure."""

import re

from machines.base import WITHDRAW, ActionMachine


def purpose(machine: type[ActionMachine]) -> str:
    """What the action does, in one sentence: the first line of the machine's docstring."""
    return (machine.__doc__ or machine.action).strip().splitlines()[0]


def diagram(machine: type[ActionMachine]) -> str:
    """The states and transitions as Mermaid."""
    return str(format(machine(), "mermaid")).strip()


def table(machine: type[ActionMachine]) -> str:
    """The transitions as a Markdown table; withdrawals, which look all the same, are left to the diagram."""
    lines = (re.sub(r" +", " ", line) for line in str(format(machine(), "md")).strip().splitlines())
    return "\n".join(line for line in lines if f"| {WITHDRAW.capitalize()} |" not in line)
