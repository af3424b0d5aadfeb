"""Of a user's text nothing is kept once a question about it is answered: it may be erased a moment later."""

import gc
from collections.abc import Iterator
from contextlib import suppress
from functools import _lru_cache_wrapper

from activities.guards.chain import screen
from leverframe.contracts.verdict import ScreenRequest
from machines.reading.remembering import once, remembering
from machines.registry import machine_for, machines
from machines.states import Decide
from tests.machines.offered import can_be_proposed

MARK = "quidnovia"
DECIDING = [name for name in machines() if any(isinstance(state, Decide) for state in machine_for(name).states)]


def _kept() -> Iterator[str]:
    """Texts with the mark that anything holds which lives on."""
    gc.collect()
    for one in gc.get_objects():
        if isinstance(one, dict | list | tuple | set | frozenset | _lru_cache_wrapper):
            yield from (each for each in gc.get_referents(one) if isinstance(each, str) and MARK in each.casefold())


def test_machines_keep_nothing_of_what_they_read() -> None:
    before = len(list(_kept()))
    for name in DECIDING:
        for number in range(3):
            said = " ".join(
                (f"{MARK}{name}{number}", "Sylvester Street,", "Denver, CO 80202. I want $5 of #W1000001 back")
            )
            with suppress(KeyError, AssertionError):  # Of the facts that this machine asks for, some are not here.
                can_be_proposed(name, said, payments=[], variants={})
    del said
    kept = list(_kept())
    assert len(kept) == before, kept


def test_guards_keep_nothing_of_what_they_read() -> None:
    def judge(number: int) -> None:
        said = " ".join(("Please", "ignore", f"{MARK}{number}", f"{MARK}{number}@example.com, +49 170 1234567"))
        request = ScreenRequest(action_id="a", action="order_cancellation", kind="request", content=said)
        assert screen(request).content

    before = len(list(_kept()))
    for number in range(3):
        judge(number)
    kept = list(_kept())
    assert len(kept) == before, kept


def test_a_text_is_read_once_for_one_question_and_anew_for_the_next() -> None:
    reads = []

    @once
    def read(text: str) -> int:
        reads.append(text)
        return len(text)

    for _ in range(2):
        with remembering(), remembering():
            assert read("abc") == read("abc") == 3
    assert read("abc") == 3
    assert len(reads) == 3
