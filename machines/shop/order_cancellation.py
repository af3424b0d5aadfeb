"""Cancel a pending order and refund it, as the shop's policy allows."""

import re
from datetime import timedelta
from typing import Annotated

from leverframe.contracts.base import Facts
from machines.amounts import two_above, typed_above
from machines.arguments import Arguments, Cites, HandOver, OneOf
from machines.base import ActionMachine
from machines.facts import always, may_ask, text
from machines.reading.wanting import or_what_is_wanted, wished
from machines.shop.facts import OWN_ORDERS
from machines.shop.money_back import FOUR_EYES, TYPED_ABOVE, money_back
from machines.shop.orders import NAMED_ORDERS, refusing, the_one, which_order
from machines.shop.parts import as_a_whole
from machines.shop.refund_news import BANKS_TAKE, failed_there, not_noted, sent_back, unclear_there
from machines.shop.what_it_does import what_it_does
from machines.states import Ask, Call, Confirm, Decide, End, Screen, Stands, Wait

MISTAKE = re.compile(
    r"mistak|accident|wrong|error|twice|double|never meant|did ?n.t mean|unintend"
    r"|misclick|versehen|irrt|doppelt|equivoc|equivoqu|sin querer|erreur|mégarde|engano|pomył|错|误|不小心|間違",
    re.IGNORECASE,
)

CANCEL_PENDING = "CANCEL-PENDING"
"""Clause, by its id in the business's policy."""


def reasons(facts: Facts) -> list[str]:
    """The policy's two reasons; a mistake is only one where the user speaks of it."""
    return ["ordered by mistake", "no longer needed"] if MISTAKE.search(text(facts)) else ["no longer needed"]


class Cancel(Arguments):
    order_id: Annotated[str, OneOf(as_a_whole(the_one("pending"), "pending"))]
    reason: Annotated[str, OneOf(reasons)]
    clause: Annotated[str, Cites(always(CANCEL_PENDING))]


class AskBack(Arguments):
    missing: Annotated[str, OneOf(or_what_is_wanted(which_order("pending")))]


class Decline(Arguments):
    clause: Annotated[str, Cites(refusing("pending", CANCEL_PENDING))]


class OrderCancellation(ActionMachine):
    """Cancel a pending order and refund it, once a person has approved the plan."""

    action = "order_cancellation"
    clauses = (CANCEL_PENDING, OWN_ORDERS)

    screening = Screen(initial=True, reopens=True)
    reading = Call("orders.list", "read", NAMED_ORDERS)
    deciding = Decide(
        "order_cancellation", {"cancel": Cancel, "ask": AskBack, "decline": Decline, "hand_over": HandOver}
    )
    asking = Ask("ask", within=timedelta(days=3), remind=timedelta(days=1))
    confirming = Confirm(
        ["cancelling", "refunding"],
        role="support",
        money=money_back,
        words=what_it_does,
        quorum=two_above(FOUR_EYES),
        amount=typed_above(TYPED_ABOVE),
        within=timedelta(days=3),
        remind=timedelta(days=1),
        escalate_to="support_lead",
    )
    cancelling = Call("orders.cancel", "destructive", {"order_id": "proposal.order_id", "reason": "proposal.reason"})
    refunding = Call("payments.refund", "destructive", {"order_id": "proposal.order_id"}, pends=True)
    confirming_refund = Confirm(
        ["refunding"],
        role="support",
        money=money_back,
        words=what_it_does,
        quorum=two_above(FOUR_EYES),
        amount=typed_above(TYPED_ABOVE),
        within=timedelta(days=3),
        remind=timedelta(days=1),
        escalate_to="support_lead",
    )
    reinstating = Call("orders.reinstate", "write", {"order_id": "proposal.order_id"}, compensates="cancelling")
    # What the payment provider has not carried out at once is waited for.
    noting = Call("payments.note_refunds", "write", compensates="refunding")
    checking = Call("payments.refund_status", "read")
    settling = Wait(BANKS_TAKE, wakes=True)
    concluding = Call("payments.refund_status", "read")
    # Late news about an action that had ended.
    rechecking = Call("payments.refund_status", "read")
    renoting = Call("payments.note_refunds", "write", compensates="refunding")

    cancelled = End("done", "cancelled")
    declined = End("declined", "declined")
    stopped = End("blocked", "blocked")
    not_approved = End("rejected", "rejected")
    lapsed = End("expired", "expired")
    withdrawn = End("withdrawn", "withdrawn")
    bounced = End("handed_over", "bounced", tell="support")
    unsettled = End("handed_over", "unsettled", tell="support")
    handed_over = End("handed_over", "handed_over")
    stands = Stands()

    passed = screening.to(reading)
    blocked = screening.to(stopped)
    escalated = screening.to(handed_over)
    reopened = screening.to(rechecking)

    cancel = deciding.to(confirming, cond=wished)
    ask = deciding.to(asking, cond=may_ask)
    decline = deciding.to(declined, cond=wished)
    hand_over = deciding.to(handed_over)
    undecided = deciding.to(handed_over)

    answered = asking.to(screening)
    unanswered = asking.to(lapsed)

    approved = confirming.to(cancelling) | confirming_refund.to(refunding)
    rejected = confirming.to(not_approved) | confirming_refund.to(reinstating)
    expired = confirming.to(lapsed) | confirming_refund.to(reinstating)
    unplannable = confirming.to(handed_over) | confirming_refund.to(reinstating)

    woken = settling.to(checking)
    elapsed = settling.to(concluding)

    succeeded = (
        reading.to(deciding)
        | cancelling.to(refunding)
        | refunding.to(cancelled)
        | reinstating.to(handed_over)
        | noting.to(checking)
        | checking.to(noting, cond=not_noted)
        | checking.to(reinstating, cond=failed_there)
        | checking.to(cancelled, cond=sent_back)
        | checking.to(unsettled, cond=unclear_there)
        | checking.to(settling)
        | concluding.to(noting, cond=not_noted)
        | concluding.to(cancelled, cond=sent_back)
        | concluding.to(unsettled)
        | rechecking.to(renoting, cond=not_noted)
        | rechecking.to(stands)
        | renoting.to(bounced, cond=failed_there)
        | renoting.to(stands)
    )
    pending = refunding.to(noting)
    failed = (
        reading.to(handed_over)
        | cancelling.to(handed_over)
        | refunding.to(reinstating)
        | reinstating.to(handed_over)
        | checking.to(settling)
        | unsettled.from_(noting, concluding, rechecking, renoting)
    )
    stale = cancelling.to(confirming) | refunding.to(confirming_refund)

    # Whoever no longer waits for the bank leaves that to a person: the money is on its way.
    withdraw = withdrawn.from_(screening, reading, deciding, asking, confirming) | settling.to(unsettled)
