"""Send back items of a delivered order for a refund, as the shop's policy allows."""

from datetime import timedelta
from typing import Annotated

from machines.arguments import Arguments, Cites, HandOver, ManyOf, OneOf
from machines.base import ActionMachine
from machines.facts import always, may_ask
from machines.reading.wanting import or_what_is_wanted, wished
from machines.shop.facts import OWN_ORDERS
from machines.shop.items import about_order, any_of, chosen_items, first_open, refusing_again
from machines.shop.money_back import money_back
from machines.shop.orders import NAMED_ORDERS, the_one, which_order
from machines.shop.parts import in_lines
from machines.shop.returning import returnable, which_items
from machines.shop.settling import refunding, refusing_method, which_method
from machines.shop.what_it_does import what_it_does
from machines.states import Ask, Call, Confirm, Decide, End, Screen

RETURN_DELIVERED, RETURN_REFUND, RETURN_ONCE = "RETURN-DELIVERED", "RETURN-REFUND", "RETURN-ONCE"
"""Clauses, by their ids in the business's policy."""

STATUS = "delivered"
REFUND = refunding(STATUS)
AGAIN = {"return requested": RETURN_ONCE, "exchange requested": RETURN_ONCE}


class SendBack(Arguments):
    order_id: Annotated[str, OneOf(the_one(STATUS))]
    item_ids: Annotated[list[str], ManyOf(returnable(STATUS))]
    payment_method_id: Annotated[str, OneOf(REFUND[1])]
    clause: Annotated[str, Cites(always(RETURN_DELIVERED))]


MISSING = first_open(which_order(STATUS), which_items(STATUS), in_lines(which_method(REFUND), STATUS))


class AskBack(Arguments):
    missing: Annotated[str, OneOf(or_what_is_wanted(MISSING))]
    about_id: Annotated[str, OneOf(about_order(STATUS))]


class Decline(Arguments):
    clause: Annotated[
        str,
        Cites(
            any_of(
                refusing_again(STATUS, RETURN_DELIVERED, AGAIN),
                refusing_method(STATUS, RETURN_REFUND, REFUND),
            )
        ),
    ]


class OrderReturn(ActionMachine):
    """Send items of a delivered order back for a refund."""

    action = "order_return"
    clauses = (RETURN_DELIVERED, RETURN_REFUND, RETURN_ONCE, OWN_ORDERS)

    screening = Screen(initial=True)
    reading_orders = Call("orders.details", "read", NAMED_ORDERS)
    reading_methods = Call("payment_methods.list", "read")
    deciding = Decide(
        "order_return", {"send_back": SendBack, "ask": AskBack, "decline": Decline, "hand_over": HandOver}
    )
    asking = Ask("ask", within=timedelta(days=3), remind=timedelta(days=1))
    confirming = Confirm(
        ["returning"],
        role="support",
        money=money_back,
        words=what_it_does,
        within=timedelta(days=3),
        remind=timedelta(days=1),
        escalate_to="support_lead",
    )
    returning = Call(
        "orders.request_return",
        "destructive",
        {
            "order_id": "proposal.order_id",
            "item_ids": chosen_items,
            "payment_method_id": "proposal.payment_method_id",
        },
    )

    returned = End("done", "returned")
    declined = End("declined", "declined")
    stopped = End("blocked", "blocked")
    not_approved = End("rejected", "rejected")
    lapsed = End("expired", "expired")
    withdrawn = End("withdrawn", "withdrawn")
    handed_over = End("handed_over", "handed_over")

    passed = screening.to(reading_orders)
    blocked = screening.to(stopped)
    escalated = screening.to(handed_over)

    send_back = deciding.to(confirming, cond=wished)
    ask = deciding.to(asking, cond=may_ask)
    decline = deciding.to(declined, cond=wished)
    hand_over = deciding.to(handed_over)
    undecided = deciding.to(handed_over)

    answered = asking.to(screening)
    unanswered = asking.to(lapsed)

    approved = confirming.to(returning)
    rejected = confirming.to(not_approved)
    expired = confirming.to(lapsed)
    unplannable = confirming.to(handed_over)

    succeeded = reading_orders.to(reading_methods) | reading_methods.to(deciding) | returning.to(returned)
    failed = handed_over.from_(reading_orders, reading_methods, returning)
    stale = returning.to(confirming)

    withdraw = withdrawn.from_(screening, reading_orders, reading_methods, deciding, asking, confirming)
