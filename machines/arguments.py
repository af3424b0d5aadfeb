from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from leverframe.contracts.base import Facts

Options = Callable[[Facts], Sequence[str]]
"""A pure function of the facts: what an argument may be, best first."""


class Arguments(BaseModel):
    """Typed arguments of one event. Each field that names something is an ``Annotated[str, OneOf(...)]``."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class HandOver(Arguments):
    """A person takes over; every decision offers it."""

    why: Literal["other_request", "wants_a_person", "unclear"]


class OneOf:
    """Marks an argument as an enumeration filled from this user's own facts.

    With no option left the event is not offered at all.
    """

    def __init__(self, options: Options) -> None:
        self.options = options


class ManyOf(OneOf):
    """Marks a ``list[str]`` as one to ``most`` of the options; one may stand in it more than once.

    ``limit`` is a pure function of the facts: how many at the most there is a use for, if fewer. A small model goes on
    with a list as long as it may.
    """

    def __init__(self, options: Options, most: int = 10, limit: Callable[[Facts], int] | None = None) -> None:
        super().__init__(options)
        self._most, self._limit = most, limit

    def most(self, facts: Facts) -> int:
        """How many of the options may be chosen now, at least one."""
        return max(1, min(self._most, self._limit(facts))) if self._limit else self._most


class OneDay(OneOf):
    """Marks a ``str`` as one of some days, written as in ``2026-12-31`` (ISO 8601).

    ``machines.reading.days_meant`` gives the days that a user speaks of.
    """

    def __init__(self, days: Callable[[Facts], Sequence[date]]) -> None:
        super().__init__(lambda facts: [day.isoformat() for day in days(facts)])


class Cites(OneOf):
    """Marks an argument as the id of the clause that a proposal rests on.

    Of its options only those count whose text was given for this decision: the keys of ``clauses`` in the facts.
    """

    def __init__(self, options: Options) -> None:
        super().__init__(lambda facts: [clause for clause in options(facts) if clause in _given(facts)])


def cites(arguments: type[Arguments]) -> bool:
    """Whether an event with these arguments rests on a clause."""
    return any(isinstance(mark, Cites) for field in arguments.model_fields.values() for mark in field.metadata)


def _given(facts: Facts) -> Collection[str]:
    clauses = facts.get("clauses")
    return clauses.keys() if isinstance(clauses, dict) else ()
