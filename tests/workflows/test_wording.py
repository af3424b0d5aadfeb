"""Every step of every machine has words that an operator understands, and that Temporal takes."""

import re
from datetime import UTC, datetime

import pytest

from leverframe.naming import writing
from machines.base import lever
from machines.registry import machines
from workflows.wording import SUMMARY, clip, previewing, reading, step, until

MOMENT = datetime(2026, 11, 24, 9, 51, tzinfo=UTC)


@pytest.mark.parametrize("action", sorted(machines()))
def test_every_state_is_told_in_words(action: str) -> None:
    machine = machines()[action]
    for state in machine.states:
        told = step(lever(state), machine)
        assert re.fullmatch(r"[A-Z][A-Za-z ,:]+", told), told
        assert len(told.encode()) <= SUMMARY


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (writing("orders.cancel"), "Cancel order"),
        (writing("orders.change_address"), "Change order address"),
        (writing("payments.refund_partly"), "Refund payment partly"),
        (writing("actions.withdraw_open"), "Withdraw open actions"),
        (reading("customers.erasure_check"), "Check customer erasure"),
        (reading("orders.list"), "Look up orders"),
        (reading("payments.list_refundable"), "Look up refundable payments"),
        (reading("payment_methods.list"), "Look up payment methods"),
        (reading("customers.addresses"), "Look up customer addresses"),
        (previewing(["orders.cancel", "payments.refund"]), "Work out what would change: Cancel order, refund payment"),
        (until("support_lead", MOMENT, "remind"), "Wait for support lead until 2026-11-24 09:51 UTC, then remind"),
        (until(None, MOMENT, "go on"), "Wait until 2026-11-24 09:51 UTC, then go on"),
    ],
)
def test_tools_and_timers_in_words(told: str, words: str) -> None:
    assert told == words


def test_what_is_too_long_is_cut_between_characters() -> None:
    assert clip("a" * 199 + "é") == "a" * 199
    assert len(previewing(["orders.change_address"] * 50).encode()) == SUMMARY
