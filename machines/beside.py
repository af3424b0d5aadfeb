"""The facts that stand beside a plan: what scoped reads told of the things that it names. Pure."""

import re
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from leverframe.contracts.base import Facts
from leverframe.contracts.plan import Plan
from leverframe.contracts.story import Fact
from leverframe.naming import named
from leverframe.telling import inert, inert_value

MOST, LONGEST = 24, 300
"""Facts that are told, and characters of each."""
AMOUNT = re.compile(r"[0-9]{1,10}\.[0-9]{2}")
"""An amount of money, as facts have it."""
NAMES = ("name", "description", "title")
"""What a thing in a list is called by, in this order."""


def beside(plan: Plan, facts: Facts, currency: str = "") -> tuple[Fact, ...]:
    """Each thing that a call of the plan names by an argument, as the facts know it; each once.

    Amounts are told with the ``currency`` of the money that the plan is about, where it is about any.
    """
    found: dict[tuple[str, str], list[Fact]] = {}
    for call in plan.calls:
        for name, value in call.planned.arguments.items():
            record = _record(facts, name, value) if isinstance(value, str) else None
            if record is not None:
                about = f"{named(name).removesuffix(' id')} {inert(value)}"
                found.setdefault((name, str(value)), [*_told(about, name, record, currency)])
    return tuple(fact for told in found.values() for fact in told)[:MOST]


def _record(facts: Facts, name: str, value: str) -> Mapping[str, JsonValue] | None:
    for listed in facts.values():
        for one in listed if isinstance(listed, list) else ():
            if isinstance(one, dict) and one.get(name) == value:
                return one
    return None


def _told(about: str, key: str, record: Mapping[str, JsonValue], currency: str) -> Iterator[Fact]:
    for name, value in record.items():
        if name != key and value not in (None, "", [], {}):
            yield Fact(about=about, name=named(name), text=_with(_text(value), currency)[:LONGEST])


def _with(text: str, currency: str) -> str:
    return f"{text} {currency}" if currency and AMOUNT.fullmatch(text) else text


def _text(value: JsonValue) -> str:
    if isinstance(value, list):
        return "; ".join(map(_text, value))
    if isinstance(value, dict):
        called = next((value[name] for name in NAMES if value.get(name)), None)
        rest = [
            one for name, one in value.items() if one != called and not name.endswith("_id") and one not in (None, "")
        ]
        return ", ".join(filter(None, (inert_value(called) if called else "", *map(_text, rest))))
    return inert_value(value)
