"""Cancel a pending order and refund it, as the shop's policy allows."""

import re
from datetime import timedelta
from typing import Annotated

from leverframe.contracts.base import Facts
from machines.amounts import TYPED_ABOVE, two_above, typed_above
from machines.arguments import Arguments, Cites, HandOver, OneOf
from machines.base import ActionMachine
from machines.facts import OWN_ORDERS, always, may_ask, text
from machines.orders import NAMED_ORDERS, refusing, the_one, which_order
from machines.states import Ask, Call, Confirm, Decide, End, Screen

FOUR_EYES = "500.00"
"""A refund above this amount needs two people."""

MISTAKE = re.compile(
    r"mistak|accident|wrong|error|twice|double|never meant|did ?n.t mean|unintend"
    r"|misclick|versehen|irrt|doppelt|equivoc|equivoqu|sin querer|erreur|mégarde|engano|pomył|错|误|不小心|間違",
    re.IGNORECASE,
)

CANCEL_PENDING = "CANCEL-PENDING"
"""Clause, by its id in ``policies/``."""


def reasons(facts: Facts) -> list[str]:
    """The policy's two reasons; a mistake is only one where the user speaks of it."""
    return ["ordered by mistake", "no longer needed"] if MISTAKE.search(text(facts)) else ["no longer needed"]


class Cancel(Arguments):
    order_id: Annotated[str, OneOf(the_one("pending"))]
    reason: Annotated[str, OneOf(reasons)]
    clause: Annotated[str, Cites(always(CANCEL_PENDING))]


class AskBack(Arguments):
    missing: Annotated[str, OneOf(which_order("pending"))]


class Decline(Arguments):
    clause: Annotated[str, Cites(refusing("pending", CANCEL_PENDING))]


class OrderCancellation(ActionMachine):
    """Cancel a pending order and refund it, once a person has approved the plan."""

    action = "order_cancellation"
    clauses = (CANCEL_PENDING, OWN_ORDERS)

    screening = Screen(initial=True)
    reading = Call("orders.list", "read", NAMED_ORDERS)
    deciding = Decide(
        "order_cancellation", {"cancel": Cancel, "ask": AskBack, "decline": Decline, "hand_over": HandOver}
    )
    asking = Ask("ask", within=timedelta(days=3), remind=timedelta(days=1))
    confirming = Confirm(
        ["cancelling", "refunding"],
        role="support",
        quorum=two_above(FOUR_EYES),
        amount=typed_above(TYPED_ABOVE),
        within=timedelta(days=3),
        remind=timedelta(days=1),
        escalate_to="support_lead",
    )
    cancelling = Call("orders.cancel", "destructive", {"order_id": "proposal.order_id", "reason": "proposal.reason"})
    refunding = Call("payments.refund", "destructive", {"order_id": "proposal.order_id"})
    confirming_refund = Confirm(
        ["refunding"],
        role="support",
        quorum=two_above(FOUR_EYES),
        amount=typed_above(TYPED_ABOVE),
        within=timedelta(days=3),
        remind=timedelta(days=1),
        escalate_to="support_lead",
    )
    reinstating = Call("orders.reinstate", "write", {"order_id": "proposal.order_id"}, compensates="cancelling")

    cancelled = End("done", "cancelled")
    declined = End("declined", "declined")
    stopped = End("blocked", "blocked")
    not_approved = End("rejected", "rejected")
    lapsed = End("expired", "expired")
    withdrawn = End("withdrawn", "withdrawn")
    handed_over = End("handed_over", "handed_over")

    passed = screening.to(reading)
    blocked = screening.to(stopped)
    escalated = screening.to(handed_over)

    cancel = deciding.to(confirming)
    ask = deciding.to(asking, cond=may_ask)
    decline = deciding.to(declined)
    hand_over = deciding.to(handed_over)
    undecided = deciding.to(handed_over)

    answered = asking.to(screening)
    unanswered = asking.to(lapsed)

    approved = confirming.to(cancelling) | confirming_refund.to(refunding)
    rejected = confirming.to(not_approved) | confirming_refund.to(reinstating)
    expired = confirming.to(lapsed) | confirming_refund.to(reinstating)
    unplannable = confirming.to(handed_over) | confirming_refund.to(reinstating)

    succeeded = reading.to(deciding) | cancelling.to(refunding) | refunding.to(cancelled) | reinstating.to(handed_over)
    failed = (
        reading.to(handed_over) | cancelling.to(handed_over) | refunding.to(reinstating) | reinstating.to(handed_over)
    )
    stale = cancelling.to(confirming) | refunding.to(confirming_refund)

    withdraw = withdrawn.from_(screening, reading, deciding, asking, confirming)
