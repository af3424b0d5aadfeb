"""Send a part of a payment, or all that is left of it, back the way it came."""

from datetime import timedelta
from typing import Annotated

from pydantic import JsonValue

from leverframe.contracts.base import Facts
from machines.amounts import TYPED_ABOVE, two_above, typed_above
from machines.arguments import Arguments, Cites, HandOver, OneOf
from machines.base import ActionMachine
from machines.facts import OWN_ORDERS, always, may_ask, may_visit
from machines.orders import NAMED_ORDERS
from machines.refunds import CAPTURED, amounts, refusing_refund, the_payment, which_payment
from machines.states import Ask, Call, Confirm, Decide, End, Screen, Wait

FOUR_EYES = "500.00"
"""A refund above this amount needs two people."""
BANKS_TAKE = timedelta(days=10)
"""A bank can send back what the provider has called a success: 5 to 7 business days are what customers are told."""
MOST_NEWS = 10
"""How often the action is woken before a person takes over."""

THIS_PAYMENT = {"payment_id": "proposal.payment_id"}


class Refund(Arguments):
    payment_id: Annotated[str, OneOf(the_payment)]
    amount: Annotated[str, OneOf(amounts)]
    clause: Annotated[str, Cites(always(CAPTURED))]


class AskBack(Arguments):
    missing: Annotated[str, OneOf(which_payment)]


class Decline(Arguments):
    clause: Annotated[str, Cites(refusing_refund)]


def in_own_books(facts: Facts) -> bool:
    """Whether no provider holds the money, so that nothing can happen to it any more."""
    return _status(facts) == "booked"


def succeeded_there(facts: Facts) -> bool:
    """Whether the provider calls the refund a success."""
    return _status(facts) == "succeeded"


def failed_there(facts: Facts) -> bool:
    """Whether the provider could not carry the refund out, or the bank has sent it back."""
    return _status(facts) == "failed"


def may_wait(facts: Facts) -> bool:
    """Whether the action has not been woken too often yet."""
    return may_visit(facts, "settling", MOST_NEWS)


def _status(facts: Facts) -> JsonValue:
    refund = facts.get("refund")
    return refund.get("status") if isinstance(refund, dict) else None


class PaymentRefund(ActionMachine):
    """Send a part of a payment, or all that is left of it, back the way it came."""

    action = "payment_refund"
    clauses = (CAPTURED, OWN_ORDERS)

    screening = Screen(initial=True)
    reading = Call("payments.list_refundable", "read", NAMED_ORDERS)
    deciding = Decide("payment_refund", {"refund": Refund, "ask": AskBack, "decline": Decline, "hand_over": HandOver})
    asking = Ask("ask", within=timedelta(days=3), remind=timedelta(days=1))
    confirming = Confirm(
        ["refunding"],
        role="support",
        quorum=two_above(FOUR_EYES),
        amount=typed_above(TYPED_ABOVE),
        within=timedelta(days=3),
        remind=timedelta(days=1),
        escalate_to="support_lead",
    )
    refunding = Call("payments.refund_partly", "destructive", {**THIS_PAYMENT, "amount": "proposal.amount"})
    checking = Call("payments.refund_status", "read", THIS_PAYMENT)
    settling = Wait(BANKS_TAKE, wakes=True)
    concluding = Call("payments.refund_status", "read", THIS_PAYMENT)
    voiding = Call("payments.void_refund", "write", THIS_PAYMENT, compensates="refunding")

    refunded = End("done", "refunded")
    declined = End("declined", "declined")
    stopped = End("blocked", "blocked")
    not_approved = End("rejected", "rejected")
    lapsed = End("expired", "expired")
    withdrawn = End("withdrawn", "withdrawn")
    bounced = End("handed_over", "bounced")
    unsettled = End("handed_over", "unsettled")
    handed_over = End("handed_over", "handed_over")

    passed = screening.to(reading)
    blocked = screening.to(stopped)
    escalated = screening.to(handed_over)

    refund = deciding.to(confirming)
    ask = deciding.to(asking, cond=may_ask)
    decline = deciding.to(declined)
    hand_over = deciding.to(handed_over)
    undecided = deciding.to(handed_over)

    answered = asking.to(screening)
    unanswered = asking.to(lapsed)

    approved = confirming.to(refunding)
    rejected = confirming.to(not_approved)
    expired = confirming.to(lapsed)
    unplannable = confirming.to(handed_over)

    woken = settling.to(checking)
    elapsed = settling.to(concluding)

    succeeded = (
        reading.to(deciding)
        | refunding.to(checking)
        | checking.to(refunded, cond=in_own_books)
        | checking.to(voiding, cond=failed_there)
        | checking.to(settling, cond=may_wait)
        | checking.to(unsettled)
        | concluding.to(refunded, cond=succeeded_there)
        | concluding.to(voiding, cond=failed_there)
        | concluding.to(unsettled)
        | voiding.to(bounced)
    )
    failed = (
        handed_over.from_(reading, refunding)
        | checking.to(settling, cond=may_wait)
        | unsettled.from_(checking, concluding, voiding)
    )
    stale = refunding.to(confirming)

    # Whoever no longer waits for the bank leaves that to a person: the money is on its way.
    withdraw = withdrawn.from_(screening, reading, deciding, asking, confirming) | settling.to(unsettled)
