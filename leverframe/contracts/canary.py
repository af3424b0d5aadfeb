"""A fixed set of cases that the live model and guards decide, again and again; nothing comes of any of them."""

from datetime import date
from typing import Annotated

from pydantic import Field, JsonValue

from leverframe.contracts.base import ActionName, Contract, Facts


class CanaryCase(Contract):
    """What a user might write, what reads would return, and what is right."""

    id: Annotated[str, Field(min_length=1, max_length=100)]
    action: ActionName
    text: str
    written_on: date | None = None
    facts: Facts
    events: tuple[str, ...] = ()
    """Events that are right, ``blocked`` and ``escalated`` by guards among them; empty: all but ``must_not``."""
    arguments: dict[str, tuple[JsonValue, ...]] = {}
    """What each argument may be, where the proposal has it."""
    must_not: tuple[str, ...] = ()
    """Events of which not one is let pass, whatever share of the others is right."""


class CanaryRequest(Contract):
    """Ask for all of them to be decided."""

    cases: Annotated[tuple[CanaryCase, ...], Field(min_length=1, max_length=200)]
    least: Annotated[float, Field(gt=0, le=1)] = 0.9
    """Share of the cases that must be right."""


class CanaryResult(Contract):
    """How it went."""

    right: int
    of: int
    wrong: tuple[str, ...]
    """Ids of the other cases, each with what came of it."""
