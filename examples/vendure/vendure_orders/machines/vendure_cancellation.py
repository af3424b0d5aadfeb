"""Cancel an order in a Vendure shop, and pay back what was paid."""

from datetime import timedelta
from typing import Annotated

from machines.amounts import two_above, typed_above
from machines.arguments import Arguments, Cites, HandOver, OneOf
from machines.base import ActionMachine
from machines.facts import always, may_ask
from machines.reading.wanting import or_what_is_wanted, wished
from machines.states import Ask, Call, Confirm, Decide, End, Screen
from vendure_orders.machines.facts import (
    CANCEL,
    FOUR_EYES,
    OWN,
    TYPED_ABOVE,
    money_back,
    refusing,
    the_order,
    what_it_does,
    which_order,
)


class CancelIt(Arguments):
    code: Annotated[str, OneOf(the_order)]
    clause: Annotated[str, Cites(always(CANCEL))]


class AskBack(Arguments):
    missing: Annotated[str, OneOf(or_what_is_wanted(which_order))]


class Decline(Arguments):
    clause: Annotated[str, Cites(refusing)]


def by_support(*covers: str) -> Confirm:
    """Asks the support team, with the same rules for all that pays back."""
    return Confirm(
        covers,
        words=what_it_does,
        role="support",
        money=money_back,
        quorum=two_above(FOUR_EYES),
        amount=typed_above(TYPED_ABOVE),
        within=timedelta(days=3),
        remind=timedelta(days=1),
        escalate_to="support_lead",
    )


class VendureCancellation(ActionMachine):
    """Cancel an order at Vendure and refund it, once people have approved the plan."""

    action = "vendure_cancellation"
    clauses = (CANCEL, OWN)

    screening = Screen(initial=True)
    reading = Call("vendure.orders", "read", asks=True)
    deciding = Decide(
        "vendure_cancellation", {"cancel": CancelIt, "ask": AskBack, "decline": Decline, "hand_over": HandOver}
    )
    asking = Ask("ask", within=timedelta(days=3))
    confirming = by_support("cancelling", "refunding")
    cancelling = Call("vendure.cancel", "destructive", {"code": "proposal.code"}, asks=True)
    refunding = Call("vendure.refund", "destructive", {"code": "proposal.code"}, asks=True)
    # The order is cancelled, and somebody has paid back meanwhile.
    confirming_refund = by_support("refunding")

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
    cancel = deciding.to(confirming, cond=wished)
    ask = deciding.to(asking, cond=may_ask)
    decline = deciding.to(declined, cond=wished)
    hand_over = deciding.to(handed_over)
    undecided = deciding.to(handed_over)
    answered = asking.to(screening)
    unanswered = asking.to(lapsed)
    approved = confirming.to(cancelling) | confirming_refund.to(refunding)
    # An order that is cancelled and not refunded is a person's.
    rejected = confirming.to(not_approved) | confirming_refund.to(handed_over)
    expired = confirming.to(lapsed) | confirming_refund.to(handed_over)
    unplannable = confirming.to(handed_over) | confirming_refund.to(handed_over)
    succeeded = reading.to(deciding) | cancelling.to(refunding) | refunding.to(cancelled)
    failed = reading.to(handed_over) | cancelling.to(handed_over) | refunding.to(handed_over)
    stale = cancelling.to(confirming) | refunding.to(confirming_refund)
    withdraw = withdrawn.from_(screening, reading, deciding, asking, confirming)
