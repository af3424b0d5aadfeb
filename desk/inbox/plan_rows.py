"""A plan as a table for terminals, a row for each changed column: what the inbox and the plain commands show. Pure."""

from rich.table import Column, Table
from rich.text import Text

from leverframe.contracts.plan import Plan
from leverframe.plan_lines import ColumnLine, plan_lines
from leverframe.telling import NOTHING

NONE = (ColumnLine(NOTHING, NOTHING, NOTHING, money=False),)
"""Of what has no changed columns."""


def plan_table(plan: Plan) -> Table:
    """All of a plan, money in bold; what is too long for a cell goes on below, and is never cut."""
    fold = [Column(name, overflow="fold") for name in ("what", "changes", "column", "before", "after")]
    table = Table(*fold, title="What will happen", title_justify="left")
    for line in plan_lines(plan):
        told = f"{line.number}. {line.call}", line.row
        for column in line.columns or NONE:
            style = "bold" if column.money else ""
            cells = (*map(Text, (*told, column.name)), Text(column.before, style), Text(column.after, style))
            table.add_row(*cells)
            told = "", ""
        table.add_section()
    return table
