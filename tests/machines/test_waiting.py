"""Waiting periods: what the proofs demand of them, and how long an approval then lasts."""

from datetime import timedelta

import pytest

from machines.base import ActionMachine
from machines.states import Call, Confirm, End, Wait
from machines.verify import UnsafeMachine, verify
from machines.waiting_times import waits_after

DAYS = timedelta(days=3)
WEEK = timedelta(days=7)


class Patient(ActionMachine):
    """Waits a week and three days between the approval and the second deed, and for what comes of it."""

    reading = Call("rows.read", "read", initial=True)
    confirming = Confirm(["marking", "erasing"], role="support", within=DAYS)
    waiting = Wait(WEEK)
    marking = Call("rows.mark", "destructive")
    resting = Wait(DAYS)
    erasing = Call("rows.erase", "destructive")
    settling = Wait(timedelta(days=90), wakes=True)
    done = End("done", "done")
    person = End("handed_over", "person")

    approved = confirming.to(waiting)
    elapsed = waiting.to(marking) | resting.to(erasing) | settling.to(done)
    woken = settling.to(done)
    rejected = confirming.to(person)
    expired = confirming.to(person)
    unplannable = confirming.to(person)
    succeeded = reading.to(confirming) | marking.to(resting) | erasing.to(settling)
    failed = reading.to(person) | marking.to(person) | erasing.to(person)
    stale = marking.to(confirming) | erasing.to(confirming)
    withdraw = person.from_(confirming, waiting)


def test_a_waiting_period_may_stand_between_an_approval_and_what_it_covers() -> None:
    verify(Patient)


def test_an_approval_lasts_as_long_as_its_own_waiting_periods() -> None:
    confirm = Patient.confirming
    assert isinstance(confirm, Confirm)
    assert waits_after(confirm) == WEEK + DAYS, "what comes after the last covered call does not count"


class Impatient(ActionMachine):
    """Cannot be withdrawn while it waits."""

    reading = Call("rows.read", "read", initial=True)
    confirming = Confirm(["erasing"], role="support", within=DAYS)
    waiting = Wait(WEEK)
    erasing = Call("rows.erase", "destructive")
    done = End("done", "done")
    person = End("handed_over", "person")

    approved = confirming.to(waiting)
    elapsed = waiting.to(erasing)
    rejected = confirming.to(person)
    expired = confirming.to(person)
    unplannable = confirming.to(person)
    succeeded = reading.to(confirming) | erasing.to(done)
    failed = reading.to(person) | erasing.to(person)
    stale = erasing.to(confirming)


class Timeless(ActionMachine):
    """A wait that is none, woken by nothing that it knows."""

    waiting = Wait(timedelta(0), initial=True)
    done = End("done", "done")
    elapsed = waiting.to(done)
    woken = waiting.to(done)


class Sleepless(ActionMachine):
    """Can be woken, and does not say what then."""

    waiting = Wait(WEEK, wakes=True, initial=True)
    done = End("done", "done")
    elapsed = waiting.to(done)


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        (Impatient, "withdrawable while it waits: confirming --approved--> waiting"),
        (Timeless, "lasts > 0"),
        (Timeless, "a Wait never sends 'woken'"),
        (Sleepless, "no unconditional transition for its outcome 'woken'"),
    ],
)
def test_a_wait_that_breaks_a_proof_does_not_load(machine: type[ActionMachine], words: str) -> None:
    with pytest.raises(UnsafeMachine) as refused:
        verify(machine)
    assert words in str(refused.value)
