"""Have a pending order paid with another of the customer's payment methods, as the shop's policy allows."""

from datetime import timedelta
from typing import Annotated

from machines.amounts import typed_above
from machines.arguments import Arguments, Cites, HandOver, OneOf, Options
from machines.base import ActionMachine
from machines.facts import always, may_ask
from machines.reading.wanting import or_what_is_wanted, wished
from machines.shop.facts import OWN_ORDERS
from machines.shop.items import any_of, first_open, refusing_again
from machines.shop.money_back import TYPED_ABOVE, money_back
from machines.shop.orders import NAMED_ORDERS, which_order
from machines.shop.parts import in_one_way
from machines.shop.paying import (
    MODIFY_PAYMENT,
    PAYMENT_ONCE,
    PAYMENT_OWN,
    STATUS,
    payable,
    payable_order,
    refusing_payment,
    which_method,
)
from machines.shop.payment_methods import without_methods
from machines.shop.refund_news import BANKS_TAKE, failed_there, not_noted, sent_back, unclear_there
from machines.shop.what_it_does import what_it_does
from machines.states import Ask, Call, Confirm, Decide, End, Screen, Stands, Wait

MODIFY_PENDING, MODIFY_ONCE = "MODIFY-PENDING", "MODIFY-ONCE"
"""Clauses, by their ids in the business's policy."""


def in_one(options: Options) -> Options:
    """The options where one method is to pay for all of the order."""
    return in_one_way(options, STATUS, without_methods)


class Change(Arguments):
    order_id: Annotated[str, OneOf(in_one(payable_order))]
    payment_method_id: Annotated[str, OneOf(payable)]
    clause: Annotated[str, Cites(always(MODIFY_PAYMENT))]


class AskBack(Arguments):
    missing: Annotated[str, OneOf(or_what_is_wanted(first_open(which_order(STATUS), in_one(which_method))))]


class Decline(Arguments):
    clause: Annotated[
        str,
        Cites(
            any_of(
                refusing_again(STATUS, MODIFY_PENDING, {"pending (item modified)": MODIFY_ONCE}),
                in_one(refusing_payment),
            )
        ),
    ]


class OrderPaymentChange(ActionMachine):
    """Have a pending order paid with another of the customer's own payment methods."""

    action = "order_payment_change"
    clauses = (MODIFY_PAYMENT, MODIFY_PENDING, MODIFY_ONCE, PAYMENT_ONCE, PAYMENT_OWN, OWN_ORDERS)

    screening = Screen(initial=True, reopens=True)
    reading_orders = Call("orders.details", "read", NAMED_ORDERS)
    reading_methods = Call("payment_methods.list", "read")
    deciding = Decide(
        "order_payment_change", {"change": Change, "ask": AskBack, "decline": Decline, "hand_over": HandOver}
    )
    asking = Ask("ask", within=timedelta(days=3), remind=timedelta(days=1))
    confirming = Confirm(
        ["changing"],
        role="support",
        money=money_back,
        words=what_it_does,
        amount=typed_above(TYPED_ABOVE),
        within=timedelta(days=3),
        remind=timedelta(days=1),
        escalate_to="support_lead",
    )
    changing = Call(
        "orders.change_payment",
        "destructive",
        {"order_id": "proposal.order_id", "payment_method_id": "proposal.payment_method_id"},
        pends=True,
    )
    # What the payment provider has not carried out at once is waited for.
    noting = Call("payments.note_refunds", "write", compensates="changing")
    checking = Call("payments.refund_status", "read")
    settling = Wait(BANKS_TAKE, wakes=True)
    concluding = Call("payments.refund_status", "read")
    # Late news about an action that had ended.
    rechecking = Call("payments.refund_status", "read")
    renoting = Call("payments.note_refunds", "write", compensates="changing")

    changed = End("done", "changed")
    declined = End("declined", "declined")
    stopped = End("blocked", "blocked")
    not_approved = End("rejected", "rejected")
    lapsed = End("expired", "expired")
    withdrawn = End("withdrawn", "withdrawn")
    bounced = End("handed_over", "bounced", tell="support")
    unsettled = End("handed_over", "unsettled", tell="support")
    handed_over = End("handed_over", "handed_over")
    stands = Stands()

    passed = screening.to(reading_orders)
    blocked = screening.to(stopped)
    escalated = screening.to(handed_over)
    reopened = screening.to(rechecking)

    change = deciding.to(confirming, cond=wished)
    ask = deciding.to(asking, cond=may_ask)
    decline = deciding.to(declined, cond=wished)
    hand_over = deciding.to(handed_over)
    undecided = deciding.to(handed_over)

    answered = asking.to(screening)
    unanswered = asking.to(lapsed)

    approved = confirming.to(changing)
    rejected = confirming.to(not_approved)
    expired = confirming.to(lapsed)
    unplannable = confirming.to(handed_over)

    woken = settling.to(checking)
    elapsed = settling.to(concluding)

    succeeded = (
        reading_orders.to(reading_methods)
        | reading_methods.to(deciding)
        | changing.to(changed)
        | noting.to(checking)
        | checking.to(noting, cond=not_noted)
        | checking.to(bounced, cond=failed_there)
        | checking.to(changed, cond=sent_back)
        | checking.to(unsettled, cond=unclear_there)
        | checking.to(settling)
        | concluding.to(noting, cond=not_noted)
        | concluding.to(changed, cond=sent_back)
        | concluding.to(unsettled)
        | rechecking.to(renoting, cond=not_noted)
        | rechecking.to(stands)
        | renoting.to(bounced, cond=failed_there)
        | renoting.to(stands)
    )
    pending = changing.to(noting)
    failed = (
        handed_over.from_(reading_orders, reading_methods, changing)
        | checking.to(settling)
        | unsettled.from_(noting, concluding, rechecking, renoting)
    )
    stale = changing.to(confirming)

    # Whoever no longer waits for the bank leaves that to a person: the money is on its way.
    withdraw = withdrawn.from_(screening, reading_orders, reading_methods, deciding, asking, confirming) | settling.to(
        unsettled
    )
