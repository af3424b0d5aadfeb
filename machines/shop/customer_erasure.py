"""Destroy a customer's personal data, once two people have confirmed it and a waiting period has passed."""

from datetime import timedelta
from typing import Annotated

from leverframe.contracts.base import Facts
from machines.arguments import Arguments, Cites, HandOver, OneOf
from machines.base import ActionMachine
from machines.facts import listed, may_ask
from machines.shop.erasure_words import asks_to_erase, leaves_open
from machines.shop.what_it_does import what_it_does
from machines.states import Ask, Call, Confirm, Decide, End, Screen, Wait

WAITING = timedelta(days=7)
"""How long an approved erasure can still be withdrawn."""
PEOPLE = 2
"""How many must approve it."""

RIGHT, UNPAID, OPEN_ORDER = "ERASE-RIGHT", "ERASE-HOLD-UNPAID", "ERASE-HOLD-OPEN-ORDER"
"""Clauses, by their ids in the business's policy."""


def held(facts: Facts) -> list[str]:
    """The clauses under which the data must still be kept."""
    return list(dict.fromkeys(str(hold.get("clause")) for hold in listed(facts, "holds")))


def right(facts: Facts) -> list[str]:
    """The right to erasure, where the customer speaks of it and nothing holds the data."""
    return [RIGHT] if asks_to_erase(facts) and not held(facts) else []


def refusing(facts: Facts) -> list[str]:
    """The clauses that hold the data, where the customer speaks of erasing it."""
    return held(facts) if asks_to_erase(facts) else []


def unsaid(facts: Facts) -> list[str]:
    """What the customer can be asked for."""
    return ["what_to_erase"] if leaves_open(facts) else []


class Erase(Arguments):
    clause: Annotated[str, Cites(right)]


class AskBack(Arguments):
    missing: Annotated[str, OneOf(unsaid)]


class Decline(Arguments):
    clause: Annotated[str, Cites(refusing)]


class CustomerErasure(ActionMachine):
    """Destroy a customer's personal data for good, once two people have agreed and a week has passed."""

    action = "customer_erasure"
    clauses = (RIGHT, UNPAID, OPEN_ORDER)

    screening = Screen(initial=True)
    checking = Call("customers.erasure_check", "read")
    deciding = Decide("customer_erasure", {"erase": Erase, "ask": AskBack, "decline": Decline, "hand_over": HandOver})
    asking = Ask("ask", within=timedelta(days=3), remind=timedelta(days=1))
    confirming = Confirm(
        ["withdrawing", "erasing"],
        role="support",
        quorum=PEOPLE,
        words=what_it_does,
        within=timedelta(days=3),
        remind=timedelta(days=1),
        escalate_to="support_lead",
    )
    waiting = Wait(WAITING)
    withdrawing = Call("actions.withdraw_open", "destructive")
    erasing = Call("customers.erase", "destructive", {"replacement": "replacement"})
    # Where the data moved after the other actions were withdrawn: the new plan is shown, and waits, as the first did.
    confirming_erasure = Confirm(
        ["erasing"],
        role="support",
        quorum=PEOPLE,
        words=what_it_does,
        within=timedelta(days=3),
        remind=timedelta(days=1),
        escalate_to="support_lead",
    )
    waiting_again = Wait(WAITING)

    erased = End("done", "erased")
    declined = End("declined", "declined")
    stopped = End("blocked", "blocked")
    not_approved = End("rejected", "rejected")
    lapsed = End("expired", "expired")
    withdrawn = End("withdrawn", "withdrawn")
    handed_over = End("handed_over", "handed_over")

    passed = screening.to(checking)
    blocked = screening.to(stopped)
    escalated = screening.to(handed_over)

    erase = deciding.to(confirming)
    ask = deciding.to(asking, cond=may_ask)
    decline = deciding.to(declined)
    hand_over = deciding.to(handed_over)
    undecided = deciding.to(handed_over)

    answered = asking.to(screening)
    unanswered = asking.to(lapsed)

    approved = confirming.to(waiting) | confirming_erasure.to(waiting_again)
    rejected = confirming.to(not_approved) | confirming_erasure.to(handed_over)
    expired = confirming.to(lapsed) | confirming_erasure.to(handed_over)
    unplannable = confirming.to(handed_over) | confirming_erasure.to(handed_over)
    elapsed = waiting.to(withdrawing) | waiting_again.to(erasing)

    succeeded = checking.to(deciding) | withdrawing.to(erasing) | erasing.to(erased)
    failed = checking.to(handed_over) | withdrawing.to(handed_over) | erasing.to(handed_over)
    stale = withdrawing.to(confirming) | erasing.to(confirming_erasure)

    # From the second waiting period it is a person who tells the customer: other actions have been withdrawn.
    withdraw = withdrawn.from_(screening, checking, deciding, asking, confirming, waiting) | handed_over.from_(
        confirming_erasure, waiting_again
    )
