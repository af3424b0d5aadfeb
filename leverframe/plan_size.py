"""How much one plan may change, how much of it people read at once, and how long carrying it out may take. Pure:
workflows, tools, approvals and screens reckon alike.
"""

import zlib
from datetime import timedelta

from leverframe.contracts.plan import Plan
from leverframe.plan_lines import plan_lines

MOST_CHANGES = 25_000
"""The most changed rows and requests of one plan: so many are carried out, and read by a workflow in one piece."""
MOST_BYTES = 1_500_000
"""The most that a plan may take as compressed JSON: Temporal takes 2 MiB in one piece, and a call brings more along."""
SCREEN = 10_000
"""Bytes of rows that a screen shows of a plan without being scrolled for long, as the Temporal UI's details."""
HEAD, COLUMN = 35, 28
"""Bytes that a row and each of its columns takes there beside its text."""
LONG = (
    "This plan is too long for one screen, so it has no code. Read all of it in the inbox or with 'python -m worker "
    "show', and send the whole digest that stands under it."
)
"""What people are told who send less."""
MARGIN = timedelta(seconds=3)
"""By so much a try ends before its activity does, so that none still asks for anything when the next one has begun."""
ATTEMPT = timedelta(seconds=7)
PER_CHANGE = timedelta(milliseconds=5)
"""Ten times what one change takes on two cores that do nothing else."""


def attempt(changes: int) -> timedelta:
    """How long one try may take of a call whose plan has so many changes."""
    return ATTEMPT + min(changes, MOST_CHANGES) * PER_CHANGE


def changes_of(plan: Plan | None) -> int:
    """How many changes all calls of a plan have together."""
    return sum(len(call.changes) for call in plan.calls) if plan else 0


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


def too_many(changes: int) -> str | None:
    """Why so many changes are not planned, and what to do; ``None`` where they are."""
    if changes <= MOST_CHANGES:
        return None
    return _refused(f"The plan has {changes:,} changes, and at most {MOST_CHANGES:,} can be carried out at once")


def too_large(plan: Plan) -> str | None:
    """Why the plan cannot be carried out, and what to do; ``None`` where it can."""
    size = len(zlib.compress(plan.model_dump_json().encode()))
    if size > MOST_BYTES:
        return _refused(f"The plan takes {size:,} bytes, and at most {MOST_BYTES:,} can be carried out at once")
    return too_many(changes_of(plan))


def _refused(what: str) -> str:
    return (
        f"{what}. Nothing was changed. Ask for it in smaller parts; where it has none, as when a person is erased, "
        "have whoever runs the business's database archive or remove old rows first, and ask again."
    )
