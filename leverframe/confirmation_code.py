"""With what people confirm a plan: a code from its digest, or all of that where no screen shows the whole plan. Pure:
workflows, approvals and screens reckon alike. The code is :attr:`leverframe.contracts.plan.Plan.code`.
"""

from leverframe.contracts.plan import Plan
from leverframe.plan_lines import plan_lines

SCREEN = 10_000
"""Bytes of rows that a screen shows of a plan without being scrolled for long, as the Temporal UI's details."""
HEAD, COLUMN = 35, 28
"""Bytes that a row and each of its columns takes there beside its text."""
LONG = (
    "This plan is too long for one screen, so it has no code. Read all of it in the inbox or with 'python -m worker "
    "show', and send the whole digest that stands under it."
)
"""What people are told who send less."""


def too_long(plan: Plan) -> bool:
    """Whether no screen shows all of it at once: then it has no code, and people decide on it by its whole digest."""
    size = 0
    for line in plan_lines(plan):
        size += HEAD + _bytes(line.call, line.table, line.key or line.asked)
        size += sum(COLUMN + _bytes(column.name, column.before, column.after) for column in line.columns)
        if size > SCREEN:
            return True
    return False


def _bytes(*texts: str) -> int:
    return sum(len(text.encode()) for text in texts)


def confirmed_with(plan: Plan) -> str:
    """What people send with their decision on it: its code, or the whole digest."""
    return plan.digest if too_long(plan) else plan.code
