"""End a contract."""

import re
from datetime import timedelta
from typing import Annotated

from leverframe.contracts.base import Facts
from machines.amounts import two_above, typed_above
from machines.arguments import Arguments, Cites, HandOver, OneOf
from machines.base import ActionMachine
from machines.facts import always, may_ask, text
from machines.reading.wanting import or_what_is_wanted, wished
from machines.states import Ask, Call, Confirm, Decide, End, Screen
from mobile_contracts.machines.facts import (
    FOUR_EYES,
    OWN,
    RUNNING,
    TYPED_ABOVE,
    fees,
    refusing,
    the_contract,
    which_contract,
)  # fmt: skip
from mobile_contracts.machines.what_it_does import what_it_does

TERM = "END-TERM"
AT_ONCE = re.compile(
    r"\b(?:at once|immediately|right away|now|today|asap|sofort|gleich|heute|jetzt|umgehend)\b", re.IGNORECASE
)


def when(facts: Facts) -> list[str]:
    """At once costs a fee, so that it is only where the words say so."""
    return ["at_once"] if AT_ONCE.search(text(facts)) else ["end_of_term"]


class EndIt(Arguments):
    contract_id: Annotated[str, OneOf(the_contract)]
    when: Annotated[str, OneOf(when)]
    clause: Annotated[str, Cites(always(TERM))]


class AskBack(Arguments):
    missing: Annotated[str, OneOf(or_what_is_wanted(which_contract))]


class Decline(Arguments):
    clause: Annotated[str, Cites(refusing)]


class ContractEnd(ActionMachine):
    """End a mobile-phone contract, once people have approved the plan."""

    action = "contract_end"
    clauses = (TERM, OWN, RUNNING)

    screening = Screen(initial=True)
    reading = Call("contracts.list", "read")
    deciding = Decide("contract_end", {"end": EndIt, "ask": AskBack, "decline": Decline, "hand_over": HandOver})
    asking = Ask("ask", within=timedelta(days=3))
    confirming = Confirm(
        ["ending"],
        words=what_it_does,
        role="contracts",
        money=fees,
        quorum=two_above(FOUR_EYES),
        amount=typed_above(TYPED_ABOVE),
        within=timedelta(days=3),
        remind=timedelta(days=1),
        escalate_to="contracts_lead",
    )
    ending = Call(
        "contracts.end", "destructive", {"contract_id": "proposal.contract_id", "when": "proposal.when"}
    )  # fmt: skip

    ended = End("done", "ended")
    declined = End("declined", "declined")
    stopped = End("blocked", "blocked")
    not_approved = End("rejected", "rejected")
    lapsed = End("expired", "expired")
    withdrawn = End("withdrawn", "withdrawn")
    handed_over = End("handed_over", "handed_over")

    passed = screening.to(reading)
    blocked = screening.to(stopped)
    escalated = screening.to(handed_over)
    end = deciding.to(confirming, cond=wished)
    ask = deciding.to(asking, cond=may_ask)
    decline = deciding.to(declined, cond=wished)
    hand_over = deciding.to(handed_over)
    undecided = deciding.to(handed_over)
    answered = asking.to(screening)
    unanswered = asking.to(lapsed)
    approved = confirming.to(ending)
    rejected = confirming.to(not_approved)
    expired = confirming.to(lapsed)
    unplannable = confirming.to(handed_over)
    succeeded = reading.to(deciding) | ending.to(ended)
    failed = reading.to(handed_over) | ending.to(handed_over)
    stale = ending.to(confirming)
    withdraw = withdrawn.from_(screening, reading, deciding, asking, confirming)
