from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from activities.texts import named
from evals.jsonl import MalformedData, read_lines
from evals.rows import ids_in
from evals.situation import deciding
from leverframe.business import chosen, references
from leverframe.contracts.base import ActionName, Facts

FOLDER = Path(__file__).parent / "cases"

Kind = Literal["normal", "boundary", "adversarial", "multilingual"]
KINDS: tuple[Kind, ...] = ("normal", "boundary", "adversarial", "multilingual")
BY_GUARDS = ("blocked", "escalated")
"""How a case can end before any model is asked."""
NO_READS = frozenset({"messages", "written_on", "visits", "clauses", "proposal"})
"""Facts that the workflow makes itself, whatever a read returns."""


class Case(BaseModel):
    """A customer's message, what the reads return for them, and what a careful clerk might do next."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    action: ActionName
    """The action that was asked for."""
    kind: Kind
    group: str = ""
    """What is being tried, for example ``foreign``: finer than the kind."""
    text: str
    written_on: date | None = None
    """The day on which it was written, for actions that read dates."""
    events: tuple[str, ...] = ()
    """The events that are right, ``blocked`` and ``escalated`` by the guards among them."""
    arguments: dict[str, JsonValue] = {}
    """What arguments of the right events must be, as far as that can be told: a value, or ``{"any_of": […]}``."""
    must_not: tuple[str, ...] = ()
    """Events that would be wrong and unsafe. Without ``events``, any other is right."""
    finds: tuple[str, ...] = ()
    """What the guards should find before the model is asked, for example ``request/pii``; nothing else is there."""
    unconfirmed: str = ""
    """What its label is suggested from, until a person has confirmed it (``eval confirm``)."""
    note: str = ""
    """What an operator wrote, where the case was harvested."""
    facts: Facts
    """What the scoped reads return for this customer."""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        offers = _offers(self.action)
        if not self.events and not self.must_not:
            raise ValueError("expected events that are right, or must_not")
        if unknown := {*self.events, *self.must_not} - {*offers, *BY_GUARDS}:
            raise ValueError(f"no such event: {_words(unknown)}; expected some of {_words({*offers, *BY_GUARDS})}")
        if both := {*self.events} & {*self.must_not}:
            raise ValueError(f"right and forbidden at once: {_words(both)}")
        taken = {name for event in self.events or offers for name in offers.get(event, ())}
        if unknown := self.arguments.keys() - taken:
            raise ValueError(f"no argument of a right event: {_words(unknown)}; expected some of {_words(taken)}")
        if made := self.facts.keys() & NO_READS:
            raise ValueError(f"no read returns {_words(made)}")
        if not all(find.startswith(("request/", "facts/")) for find in self.finds):
            raise ValueError("finds: expected names such as request/injection, request/pii or facts/injection")
        return self

    @property
    def owned(self) -> set[str]:
        """Ids of the rows that the customer's own reads have returned."""
        return ids_in(self.facts)


def takes(action: str, event: str, argument: str) -> bool:
    """Whether an event of the action's deciding state has the argument."""
    return argument in _offers(action).get(event, ())


def case_files() -> list[str]:
    """Names of all files of cases, without ``.jsonl``: the reference shop's, and those of the businesses that run."""
    return sorted(path.stem for folder in _folders() for path in folder.glob("*.jsonl"))


@cache
def read_cases(name: str) -> list[Case]:
    """The cases of a file: its path, or its name among :func:`case_files`, with or without ``.jsonl``.

    Raises:
        MalformedData: when a line is no case, or two have the same id; names the file and the line.
    """
    paths = [folder / f"{name.removesuffix('.jsonl')}.jsonl" for folder in _folders()]
    cases = read_lines(next((path for path in paths if path.is_file()), Path(name)), Case)
    seen: set[str] = set()
    for number, case in enumerate(cases, 1):
        if case.id in seen:
            raise MalformedData(f"{name}, case {number}: the id {case.id} stands twice")
        seen.add(case.id)
    return cases


def _folders() -> list[Path]:
    own = [FOLDER] if set(references()) & set(chosen()) else []
    return [*own, *named("cases")]


@cache
def _offers(action: str) -> dict[str, frozenset[str]]:
    """The events that a model can propose in this action, each with the names of its arguments."""
    try:
        offers = deciding(action).offers
    except (LookupError, TypeError) as error:
        raise ValueError(str(error.args[0])) from None
    return {event: frozenset(arguments.model_fields) for event, arguments in offers.items()}


def _words(names: set[str]) -> str:
    return ", ".join(sorted(names))
