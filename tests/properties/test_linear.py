"""No text costs more than linear time, wherever it is read: each pattern is fed what its own pieces make.

``make test`` reads texts of 2,000 characters and a part of them, ``make test-all`` all of them, up to the limit.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from activities.guards.chain import screen
from leverframe.contracts.request import TEXT_LIMIT
from leverframe.contracts.verdict import ScreenRequest
from leverframe.sentences import sentences
from machines.registry import machine_for, machines
from machines.schema import offers
from machines.states import Decide
from tests.machines.offered import METHODS, ORDERS
from tests.properties.pathological import ANYWAY, Form, forms
from tests.properties.patterns import Found, patterns
from tests.support.timing import cost
from workflows.steps import READ_LIMIT

SMALL, PART = 2000, 8
OF_A_PATTERN = 12e-6
"""Seconds of CPU for a character that one pattern may take, on a busy machine."""
OF_ALL_READERS = 120e-6
"""The same for all that one question about the facts reads: within the limit for a workflow's thread, 2 s."""
GROWS = 9.0
"""How much longer four times the text may take; the square would be 16."""
QUICK = 0.6e-6
"""Seconds for a character below which growth is not told from noise."""

ITEMS = [
    {"item_id": f"100000000{number}", "name": name, "options": {"color": "black"}, "price": "10.00", "quantity": 1}
    for number, name in enumerate(("Desk Lamp", "Garden Chair"))
]
FACTS: dict[str, Any] = {
    "orders": [{**order, "items": ITEMS} for order in ORDERS],
    "addresses": ["profile"],
    "payment_methods": METHODS,
    "payments": [],
    "variants": {},
}


def _took(read: Callable[[str], object], text: str, tries: int = 1) -> float:
    return cost(lambda: read(text), tries)


def _slow(read: Callable[[str], object], form: Form, size: int, most: float) -> str | None:
    """Why a reader takes too long for texts of this form; ``None`` where it does not."""
    for part in (size // 16, size // 4, size):
        took = _took(read, form.of(part))
        if took > 4 * most * part:  # No need to wait for the rest.
            break
    if took <= QUICK * part:
        return None
    took, less = _took(read, form.of(part), 2), _took(read, form.of(part // 4), 3)
    if took > most * part or (took > QUICK * part and took > GROWS * less):
        return f"{took * 1e3:.1f} ms for {part} characters, {less * 1e3:.2f} ms for a quarter of {form}"
    return None


def _reader(found: Found) -> Callable[[str], object]:
    def read(text: str) -> None:
        found.pattern.match(text)
        found.pattern.fullmatch(text)
        if not found.anchored:
            for _ in found.pattern.finditer(text):
                pass

    return read


def _forms(found: Found) -> Iterator[Form]:
    for form in forms(found.pattern):
        # Rules on words read lines of CLASS:word, each of which has one colon.
        of_words = "injection_rules" in found.where and found.pattern.pattern.startswith(r"(?<!\S)")
        if not of_words or all(word.count(":") < 2 for word in form.of(SMALL).split()):
            yield form


def _slow_patterns(size: int, part: int | None) -> list[str]:
    slow = []
    for found in patterns():
        every = list(_forms(found))
        step = max(1, len(every) // part) if part else 1
        for form in every[::step]:
            if why := _slow(_reader(found), form, size, OF_A_PATTERN):
                slow.append(f"{found.where} {found.pattern.pattern[:60]!r}: {why}")
                break
    return slow


@pytest.mark.timeout(600)
def test_no_pattern_takes_more_than_linear_time() -> None:
    assert len(patterns()) > 300
    assert _slow_patterns(SMALL, PART) == []


@pytest.mark.heavy
@pytest.mark.timeout(3600)
def test_no_pattern_takes_more_than_linear_time_up_to_the_limit() -> None:
    assert _slow_patterns(TEXT_LIMIT, None) == []


def test_a_slow_pattern_is_found() -> None:
    for slow in (r"\s*\n", r"[a-z]+@", r"x(?:[#\w]+ ?){0,3}$", r"(?:\d+,?)*;"):
        found = Found("here", re.compile(slow), anchored=False)
        assert any(_slow(_reader(found), form, SMALL, OF_A_PATTERN) for form in forms(found.pattern)), slow


def _asked(name: str, pieces: int) -> Callable[[str], object]:
    """All that a machine reads of a text, in so many messages, to tell what can be proposed."""
    state = next(state for state in machine_for(name).states if isinstance(state, Decide))
    machine = machine_for(name)(start_value=state.value)

    def read(text: str) -> object:
        each = len(text) // pieces
        said = [text[at : at + each] for at in range(0, len(text), each)]
        clauses = dict.fromkeys(machine.clauses, "text")
        facts: dict[str, Any] = {**FACTS, "messages": said, "visits": {}, "clauses": clauses, "proposal": {}}
        return offers(machine, state, facts)

    return read


def _screened(text: str) -> object:
    return screen(ScreenRequest(action_id="a", action="order_cancellation", kind="request", content=text[:TEXT_LIMIT]))


DECIDING = [name for name in machines() if any(isinstance(state, Decide) for state in machine_for(name).states)]
TOLD = ("=2", "1 St, ", "$1 ", "W.1", "5 Elm Street, Denver, CO 80202, ", "Musterstraße 5, 12345 Berlin, ", "not to的")
READERS: dict[str, Callable[[str], object]] = {
    "sentences": lambda text: sentences([text]),
    "guards": _screened,
    **{name: _asked(name, 1) for name in DECIDING},
}


@pytest.mark.parametrize("name", READERS)
def test_no_reader_takes_more_than_linear_time(name: str) -> None:
    slow = [_slow(READERS[name], Form("", piece), SMALL, OF_ALL_READERS) for piece in (*ANYWAY[::8], *TOLD)]
    assert list(filter(None, slow)) == []


@pytest.mark.heavy
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", DECIDING)
def test_ten_messages_up_to_the_budget_take_no_longer_than_a_workflow_may(name: str) -> None:
    slow = [_slow(_asked(name, 10), Form("", piece), READ_LIMIT, OF_ALL_READERS) for piece in (*ANYWAY, *TOLD)]
    assert list(filter(None, slow)) == []
