"""A plan as the rows that people read: every screen draws these, each in its own markup. Pure.

The desk's page draws what its passkey signs by itself, in the same words (``desk/web/static/desk.js``).

All text in them is inert (:func:`leverframe.telling.inert`) and stands on one line. Columns are sorted by name: a
ledger keeps them in another order than a plan. They are made one by one, so that a screen can stop where it is full.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from leverframe.contracts.plan import Asking, CallPlan, Credential, Plan, Row, RowChange
from leverframe.naming import named, writing
from leverframe.telling import NOTHING, inert, inert_value

What = Literal["added", "changed", "removed", "no row", "asked outside"]
MONEY = re.compile(r"-?\d+\.\d\d")
"""An amount as the tools write it into a plan."""
CREDENTIALS: Mapping[Credential, str] = {"user": "as the user", "service": "with a service account"}


@dataclass(frozen=True)
class ColumnLine:
    """One changed column."""

    name: str
    before: str
    after: str
    money: bool
    """Whether either value is an amount."""


@dataclass(frozen=True)
class PlanLine:
    """One changed row; or a call that changes none, which is told all the same."""

    number: int
    """Which call of the plan, from 1."""
    call: str
    """What the call does, in words."""
    asked: str
    """With what it is asked."""
    first: bool
    """Whether this is the first that is told of the call."""
    what: What
    table: str
    key: str
    columns: tuple[ColumnLine, ...]

    @property
    def row(self) -> str:
        """The row, and what becomes of it; of a call that changes none, with what it is asked."""
        return f"{self.table}: {self.key} ({self.what})" if self.table else f"{self.what}: {self.asked or NOTHING}"


def plan_lines(plan: Plan) -> Iterator[PlanLine]:
    """All that a plan would change, call by call in order; nothing is left out."""
    standing: list[str] = []
    for number, call in enumerate(plan.calls, 1):
        yield from call_lines(call, number, standing)
        standing += [named(change.table) for change in call.changes if change.asking]


def call_lines(call: CallPlan, number: int = 1, standing: Sequence[str] = ()) -> Iterator[PlanLine]:
    """The same of one call, which is the plan's ``number``-th; ``standing`` is what was asked outside before it."""
    name, asked = writing(call.planned.tool), pairs(call.planned.arguments)
    if not call.changes:
        yield PlanLine(number, name, asked, True, "no row", "", "", ())
    for place, change in enumerate(call.changes):
        table, key = named(change.table), pairs(change.key)
        yield PlanLine(number, name, asked, place == 0, what_of(change), table, key, _columns(change, standing))


def pairs(values: Row) -> str:
    """Names with their values on one line, as of a row's key."""
    return ", ".join(f"{named(name)} {inert_value(values[name])}" for name in sorted(values))


def what_of(change: RowChange) -> What:
    """What becomes of a row; or that it is asked of a system outside."""
    if change.asking is not None:
        return "asked outside"
    return "added" if change.before is None else "removed" if change.after is None else "changed"


def _columns(change: RowChange, standing: Sequence[str]) -> tuple[ColumnLine, ...]:
    before, after = change.before or {}, change.after or {}
    columns = tuple(_column(name, before.get(name), after.get(name)) for name in sorted({*before, *after}))
    return columns + _how(change.asking, standing) if change.asking else columns


def _how(asking: Asking, standing: Sequence[str]) -> tuple[ColumnLine, ...]:
    """With whose rights a request goes, what stops a lost update, and what stands if it fails: beside what it asks."""
    told = {"goes": CREDENTIALS[asking.credential], "if it changes meanwhile": inert(asking.safeguard)}
    if standing:
        # As the machine's proofs demand.
        told["if it fails"] = f"{', '.join(standing)} has been asked already: that is undone, or a person takes over"
    return tuple(ColumnLine(name, NOTHING, words, money=False) for name, words in told.items())


def _column(name: str, before: JsonValue, after: JsonValue) -> ColumnLine:
    told = inert_value(before), inert_value(after)
    return ColumnLine(named(name) or NOTHING, *told, money=any(map(MONEY.fullmatch, told)))
