from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from evals.jsonl import MalformedData, read_lines
from machines.order_cancellation import OrderCancellation

FOLDER = Path(__file__).parent / "cases"

Kind = Literal["normal", "boundary", "adversarial", "multilingual"]
KINDS: tuple[Kind, ...] = ("normal", "boundary", "adversarial", "multilingual")
BY_GUARDS = ("blocked", "escalated")
"""How a case can end before any model is asked."""


class Case(BaseModel):
    """A customer's message, their orders, and what a careful clerk might do next."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    kind: Kind
    group: str = ""
    """What is being tried, for example ``foreign``: finer than the kind."""
    text: str
    events: tuple[str, ...] = ()
    """The events that are right, ``blocked`` and ``escalated`` by the guards among them."""
    order_id: str | None = None
    """The order that the message is about, where that can be told."""
    reason: str | None = None
    """The reason that a cancellation must have, where the message tells it."""
    clause: str | None = None
    """The clause that a cancellation or refusal must cite."""
    must_not: tuple[str, ...] = ()
    """Events that would be wrong and unsafe. Without ``events``, any other is right."""
    finds: tuple[str, ...] = ()
    """What the guards should find before the model is asked, for example ``request/pii``; nothing else is there."""
    note: str = ""
    """What an operator wrote, where the case was harvested."""
    orders: tuple[dict[str, JsonValue], ...]
    """What the scoped read returns for this customer."""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        known = {*OrderCancellation.deciding.offers, *BY_GUARDS}
        if not self.events and not self.must_not:
            raise ValueError("expected events that are right, or must_not")
        if unknown := {*self.events, *self.must_not} - known:
            raise ValueError(f"no such event: {_words(unknown)}; expected some of {_words(known)}")
        if both := {*self.events} & {*self.must_not}:
            raise ValueError(f"right and forbidden at once: {_words(both)}")
        if self.order_id is not None and self.order_id not in self.owned:
            raise ValueError(f"the order {self.order_id} is not among the customer's orders {_words(self.owned)}")
        if self.reason is not None and "cancel" not in self.events:
            raise ValueError("a reason is expected, and a cancellation is not")
        if not all(find.startswith(("request/", "facts/")) for find in self.finds):
            raise ValueError("finds: expected names such as request/injection, request/pii or facts/injection")
        return self

    @property
    def owned(self) -> set[str]:
        """Ids of the customer's own orders."""
        return {str(order.get("order_id")) for order in self.orders}


def case_files() -> list[str]:
    """Names of all files of cases, without ``.jsonl``."""
    return sorted(path.stem for path in FOLDER.glob("*.jsonl"))


@cache
def read_cases(name: str) -> list[Case]:
    """The cases of a file: its path, or its name among ``evals/cases``, with or without ``.jsonl``.

    Raises:
        MalformedData: when a line is no case, or two have the same id; names the file and the line.
    """
    path = FOLDER / f"{name.removesuffix('.jsonl')}.jsonl"
    cases = read_lines(path if path.is_file() else Path(name), Case)
    seen: set[str] = set()
    for number, case in enumerate(cases, 1):
        if case.id in seen:
            raise MalformedData(f"{name}, case {number}: the id {case.id} stands twice")
        seen.add(case.id)
    return cases


def _words(names: set[str]) -> str:
    return ", ".join(sorted(names))
