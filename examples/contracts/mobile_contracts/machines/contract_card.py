"""Add a card to a contract."""

import re
from datetime import timedelta
from typing import Annotated

from leverframe.contracts.base import Facts
from machines.arguments import Arguments, Cites, HandOver, OneOf
from machines.base import ActionMachine
from machines.facts import always, may_ask, text
from machines.reading.wanting import or_what_is_wanted, wished
from machines.states import Ask, Call, Confirm, Decide, End, Screen
from mobile_contracts.machines.facts import (
    OWN,
    RUNNING,
    refusing,
    the_contract,
    which_contract,
)  # fmt: skip
from mobile_contracts.machines.what_it_does import what_it_does

THREE = "CARD-THREE"
ESIM = re.compile(r"\be-?sim\b", re.IGNORECASE)


def kinds(facts: Facts) -> list[str]:
    """An eSIM where the words say so, else one to put in."""
    return ["eSIM"] if ESIM.search(text(facts)) else ["SIM"]


class Add(Arguments):
    contract_id: Annotated[str, OneOf(the_contract)]
    kind: Annotated[str, OneOf(kinds)]
    clause: Annotated[str, Cites(always(THREE))]


class AskBack(Arguments):
    missing: Annotated[str, OneOf(or_what_is_wanted(which_contract))]


class Decline(Arguments):
    clause: Annotated[str, Cites(refusing)]


class ContractCard(ActionMachine):
    """Add a card to a mobile-phone contract, once a person has approved it."""

    action = "contract_card"
    clauses = (THREE, OWN, RUNNING)

    screening = Screen(initial=True)
    reading = Call("contracts.list", "read")
    deciding = Decide("contract_card", {"add": Add, "ask": AskBack, "decline": Decline, "hand_over": HandOver})
    asking = Ask("ask", within=timedelta(days=3))
    confirming = Confirm(
        ["adding"],
        words=what_it_does,
        role="contracts",
        within=timedelta(days=3),
        remind=timedelta(days=1),
        escalate_to="contracts_lead",
    )
    adding = Call("contracts.add_card", "destructive", {"contract_id": "proposal.contract_id", "kind": "proposal.kind"})

    added = End("done", "added")
    declined = End("declined", "declined")
    stopped = End("blocked", "blocked")
    not_approved = End("rejected", "rejected")
    lapsed = End("expired", "expired")
    withdrawn = End("withdrawn", "withdrawn")
    handed_over = End("handed_over", "handed_over")

    passed = screening.to(reading)
    blocked = screening.to(stopped)
    escalated = screening.to(handed_over)
    add = deciding.to(confirming, cond=wished)
    ask = deciding.to(asking, cond=may_ask)
    decline = deciding.to(declined, cond=wished)
    hand_over = deciding.to(handed_over)
    undecided = deciding.to(handed_over)
    answered = asking.to(screening)
    unanswered = asking.to(lapsed)
    approved = confirming.to(adding)
    rejected = confirming.to(not_approved)
    expired = confirming.to(lapsed)
    unplannable = confirming.to(handed_over)
    succeeded = reading.to(deciding) | adding.to(added)
    failed = reading.to(handed_over) | adding.to(handed_over)
    stale = adding.to(confirming)
    withdraw = withdrawn.from_(screening, reading, deciding, asking, confirming)
