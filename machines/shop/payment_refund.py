"""Send a part of a payment, or all that is left of it, back the way it came."""

from datetime import timedelta
from typing import Annotated

from machines.amounts import two_above, typed_above
from machines.arguments import Arguments, Cites, HandOver, OneOf
from machines.base import ActionMachine
from machines.facts import always, may_ask
from machines.reading.wanting import or_what_is_wanted, wished
from machines.shop.facts import OWN_ORDERS
from machines.shop.money_back import FOUR_EYES, TYPED_ABOVE, money_back
from machines.shop.orders import NAMED_ORDERS
from machines.shop.refund_news import (
    BANKS_TAKE,
    failed_there,
    in_own_books,
    not_noted,
    succeeded_there,
    unclear_there,
)
from machines.shop.refunds import CAPTURED, amounts, refusing_refund, the_payment, which_payment
from machines.shop.what_it_does import what_it_does
from machines.states import Ask, Call, Confirm, Decide, End, Screen, Stands, Wait

THIS_PAYMENT = {"payment_id": "proposal.payment_id"}


class Refund(Arguments):
    payment_id: Annotated[str, OneOf(the_payment)]
    amount: Annotated[str, OneOf(amounts)]
    clause: Annotated[str, Cites(always(CAPTURED))]


class AskBack(Arguments):
    missing: Annotated[str, OneOf(or_what_is_wanted(which_payment))]


class Decline(Arguments):
    clause: Annotated[str, Cites(refusing_refund)]


class PaymentRefund(ActionMachine):
    """Send a part of a payment, or all that is left of it, back the way it came."""

    action = "payment_refund"
    clauses = (CAPTURED, OWN_ORDERS)

    screening = Screen(initial=True, reopens=True)
    reading = Call("payments.list_refundable", "read", NAMED_ORDERS)
    deciding = Decide("payment_refund", {"refund": Refund, "ask": AskBack, "decline": Decline, "hand_over": HandOver})
    asking = Ask("ask", within=timedelta(days=3), remind=timedelta(days=1))
    confirming = Confirm(
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
    refunding = Call("payments.refund_partly", "destructive", {**THIS_PAYMENT, "amount": "proposal.amount"}, pends=True)
    noting = Call("payments.note_refunds", "write", compensates="refunding")
    checking = Call("payments.refund_status", "read", THIS_PAYMENT)
    settling = Wait(BANKS_TAKE, wakes=True)
    concluding = Call("payments.refund_status", "read", THIS_PAYMENT)
    voiding = Call("payments.void_refund", "write", THIS_PAYMENT, compensates="refunding")
    # Late news about an action that had ended.
    rechecking = Call("payments.refund_status", "read")
    renoting = Call("payments.note_refunds", "write", compensates="refunding")

    refunded = End("done", "refunded")
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

    refund = deciding.to(confirming, cond=wished)
    ask = deciding.to(asking, cond=may_ask)
    decline = deciding.to(declined, cond=wished)
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
        | checking.to(noting, cond=not_noted)
        | checking.to(unsettled, cond=unclear_there)
        | checking.to(settling)
        | noting.to(checking)
        | concluding.to(voiding, cond=failed_there)
        | concluding.to(noting, cond=not_noted)
        | concluding.to(refunded, cond=succeeded_there)
        | concluding.to(unsettled)
        | voiding.to(bounced)
        | rechecking.to(renoting, cond=not_noted)
        | rechecking.to(stands)
        | renoting.to(bounced, cond=failed_there)
        | renoting.to(stands)
    )
    pending = refunding.to(noting)
    failed = (
        handed_over.from_(reading, refunding)
        | checking.to(settling)
        | unsettled.from_(noting, concluding, voiding, rechecking, renoting)
    )
    stale = refunding.to(confirming)

    # Whoever no longer waits for the bank leaves that to a person: the money is on its way.
    withdraw = withdrawn.from_(screening, reading, deciding, asking, confirming) | settling.to(unsettled)
