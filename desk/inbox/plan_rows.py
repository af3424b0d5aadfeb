"""A plan as rows, one for each changed column: what the inbox and the plain commands show of it. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue
from rich.table import Column, Table
from rich.text import Text

from leverframe.contracts.plan import Plan, RowChange
from leverframe.telling import NOTHING, inert, inert_value

MONEY = re.compile(r"-?\d+\.\d\d")
"""An amount as the tools write it into a plan."""


@dataclass(frozen=True)
class PlanRow:
    """One changed column of one row, or a call that changes none."""

    call: str
    """Which call of the plan, from 1, and its tool."""
    row: str
    """Table and key."""
    column: str
    before: str
    after: str
    money: bool
    """Whether either value is an amount."""
    first: bool
    """Whether this is the first that is told of the row."""


def plan_rows(plan: Plan) -> list[PlanRow]:
    """All that a plan would change, in order; nothing is left out."""
    return list(_rows(plan))


def plan_table(plan: Plan) -> Table:
    """The rows as a table, money in bold; what is too long for a cell goes on below, and is never cut."""
    fold = [Column(name, overflow="fold") for name in ("what", "changes", "column", "before", "after")]
    table = Table(*fold, title="What will happen", title_justify="left")
    for number, row in enumerate(rows := plan_rows(plan)):
        style = "bold" if row.money else ""
        told = (row.call, row.row) if row.first else ("", "")
        last = number + 1 == len(rows) or rows[number + 1].first
        cells = [*(Text(cell) for cell in (*told, row.column)), Text(row.before, style), Text(row.after, style)]
        table.add_row(*cells, end_section=last)
    return table


def _rows(plan: Plan) -> Iterator[PlanRow]:
    for number, call in enumerate(plan.calls, 1):
        name = f"{number}. {inert(call.planned.tool)}"
        if not call.changes:
            yield PlanRow(name, "no row", NOTHING, NOTHING, NOTHING, money=False, first=True)
        for change in call.changes:
            yield from _columns(name, change)


def _columns(call: str, change: RowChange) -> Iterator[PlanRow]:
    key = ", ".join(f"{inert(name)} {inert_value(value)}" for name, value in change.key.items())
    row = f"{inert(change.table)}: {key}"
    names = list(dict.fromkeys((*(change.before or {}), *(change.after or {}))))
    for name in names or [""]:
        before, after = _value(change.before, name), _value(change.after, name)
        money = any(MONEY.fullmatch(value) for value in (before, after))
        yield PlanRow(call, row, inert(name), before, after, money, first=name == (names or [""])[0])


def _value(row: dict[str, JsonValue] | None, column: str) -> str:
    return NOTHING if row is None else inert_value(row.get(column))
