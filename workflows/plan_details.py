"""A plan as Markdown: first the money, then each row that changes, before and after."""

from collections import Counter
from collections.abc import Iterator

from leverframe.confirmation_code import SCREEN, too_long
from leverframe.contracts.plan import Plan
from leverframe.plan_lines import PlanLine, plan_lines, what_of
from leverframe.plan_size import changes_of
from leverframe.telling import NOTHING
from machines.money_line import money_line
from workflows.markdown import inert, name, row, span, table

FEW_CHANGES = 8
"""More changes than this are also counted."""


def money(action: str, plan: Plan) -> str:
    """Which money the plan is about; empty where it is about none."""
    line = money_line(action, plan)
    if line is None:
        return ""
    return f"{line.label}: **{line.amount}** {inert(line.currency)}" if line.amount else f"**{line.label}**"


def changes(plan: Plan, title: str) -> str:
    """Each changed row; of a plan that is too long the first of them, and how many there are."""
    rows: list[str] = []
    cut, size, count, long = "", 0, changes_of(plan), too_long(plan)
    for line in plan_lines(plan):
        part = list(_rows(line))
        size += sum(len(one.encode()) + 1 for one in part)
        if long and size > SCREEN:
            cut = f"**This is not all of it:** it has {count} changes."
            break
        rows += part
    counted = _counts(plan) if count > FEW_CHANGES else ""
    return "\n\n".join(filter(None, (counted, table((title, "before", "after"), rows), cut)))


def _counts(plan: Plan) -> str:
    """How many rows of each table are added, changed and removed."""
    counted = Counter((change.table, what_of(change)) for call in plan.calls for change in call.changes)
    rows = (row(name(kept), kind, f"**{count}**") for (kept, kind), count in counted.items())
    return table(("table", "what", "rows"), rows)


def _rows(line: PlanLine) -> Iterator[str]:
    what = f"{name(line.table)} {span(line.key)}" if line.table else span(line.asked)
    yield row(f"**{line.number}.\u00a0{_unbroken(line.call)}**", line.what, what)
    for column in line.columns:
        yield row(_unbroken(column.name), _cell(column.before), f"**{_cell(column.after)}**")


def _unbroken(text: str) -> str:
    """In one line: a name that goes on in the next one makes the page longer than a screen."""
    return name(text).replace(" ", "\u00a0")


def _cell(text: str) -> str:
    return NOTHING if text == NOTHING else span(text)
