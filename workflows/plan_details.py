"""A plan as Markdown: first the money, then each row that changes, before and after."""

from collections import Counter

from pydantic import JsonValue

from leverframe.contracts.plan import Plan, RowChange
from machines.registry import money_of
from workflows.markdown import inert, name, row, table
from workflows.wording import writing

FEW_CHANGES = 8
"""More changes than this are also counted."""
PLAN_BYTES = 10_000
"""The most of a plan that is shown here: Temporal takes 20 kB of details."""


def money(action: str, plan: Plan) -> str:
    """Which money the plan is about; empty where it is about none."""
    try:
        about = money_of(action, plan)
    except (LookupError, ValueError):
        return "**How much money goes back cannot be told.**"
    return f"Money that goes back: **{about.amount}** {inert(about.currency)}" if about and about.amount else ""


def changes(plan: Plan, action_id: str, title: str) -> str:
    """Each changed row; what is too much is counted instead."""
    found = [(number, call, change) for number, call in enumerate(plan.calls, 1) for change in call.changes]
    rows: list[str] = []
    cut = ""
    for number, call, change in found:
        head = row(f"**{number}. {name(writing(call.planned.tool))}**", "", f"{name(change.table)} {_key(change)}")
        part = [head, *_columns(change, action_id)]
        if len("\n".join([*rows, *part]).encode()) > PLAN_BYTES:
            cut = f"**This is not all of it.** Read the {len(found)} changes with `python -m worker show`."
            break
        rows += part
    counted = _counts([change for _, _, change in found]) if len(found) > FEW_CHANGES else ""
    return "\n\n".join(filter(None, (counted, table((title, "before", "after"), rows), cut)))


def _counts(found: list[RowChange]) -> str:
    """How many rows of each table are added, changed and removed."""
    counted = Counter((change.table, _kind(change)) for change in found)
    rows = (row(name(kept), kind, f"**{count}**") for (kept, kind), count in counted.items())
    return table(("table", "what", "rows"), rows)


def _kind(change: RowChange) -> str:
    return "added" if change.before is None else "removed" if change.after is None else "changed"


def _key(change: RowChange) -> str:
    return inert(", ".join(str(value) for value in change.key.values()))


def _columns(change: RowChange, action_id: str) -> list[str]:
    columns = sorted({*(change.before or {}), *(change.after or {})})
    return [
        row(name(column), _cell(change.before, column, action_id), f"**{_cell(change.after, column, action_id)}**")
        for column in columns
    ]


def _cell(values: dict[str, JsonValue] | None, column: str, action_id: str) -> str:
    value = None if values is None else values.get(column)
    return "–" if value is None else "this action" if value == action_id else inert(value)
