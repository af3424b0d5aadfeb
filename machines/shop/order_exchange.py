"""Exchange items of a delivered order for other variants of the same products, as the shop's policy allows."""

from datetime import timedelta
from typing import Annotated

from machines.arguments import Arguments, Cites, HandOver, ManyOf, OneOf
from machines.base import ActionMachine
from machines.facts import always, may_ask
from machines.reading.wanting import or_what_is_wanted, wished
from machines.shop.facts import OWN_ORDERS
from machines.shop.items import any_of, first_open, refusing_again
from machines.shop.money_back import money_back
from machines.shop.orders import NAMED_ORDERS, the_one, which_order
from machines.shop.parts import in_lines
from machines.shop.settling import refusing_method, settling, which_method
from machines.shop.variants import (
    about_items,
    changes,
    lines_to_change,
    new_ids,
    old_ids,
    refusing_unavailable,
    which_items_to_change,
    which_variant,
)
from machines.shop.what_it_does import what_it_does
from machines.states import Ask, Call, Confirm, Decide, End, Screen

EXCHANGE_DELIVERED, EXCHANGE_PRICE, RETURN_ONCE = "EXCHANGE-DELIVERED", "EXCHANGE-PRICE", "RETURN-ONCE"
"""Clauses, by their ids in the business's policy."""

STATUS = "delivered"
PAYMENT = settling(STATUS)
AGAIN = {"return requested": RETURN_ONCE, "exchange requested": RETURN_ONCE}
MISSING = first_open(
    which_order(STATUS),
    which_items_to_change(STATUS),
    which_variant(STATUS),
    in_lines(which_method(PAYMENT), STATUS, implied=True),
)


class Exchange(Arguments):
    order_id: Annotated[str, OneOf(the_one(STATUS))]
    changes: Annotated[list[str], ManyOf(changes(STATUS), most=5, limit=lines_to_change(STATUS))]
    payment_method_id: Annotated[str, OneOf(PAYMENT[1])]
    clause: Annotated[str, Cites(always(EXCHANGE_DELIVERED))]


class AskBack(Arguments):
    missing: Annotated[str, OneOf(or_what_is_wanted(MISSING))]
    about_id: Annotated[str, OneOf(about_items(STATUS, MISSING))]


class Decline(Arguments):
    clause: Annotated[
        str,
        Cites(
            any_of(
                refusing_again(STATUS, EXCHANGE_DELIVERED, AGAIN),
                refusing_unavailable(STATUS, EXCHANGE_DELIVERED),
                refusing_method(STATUS, EXCHANGE_PRICE, PAYMENT),
            )
        ),
    ]


class OrderExchange(ActionMachine):
    """Exchange items of a delivered order for other variants of the same products."""

    action = "order_exchange"
    clauses = (EXCHANGE_DELIVERED, EXCHANGE_PRICE, RETURN_ONCE, OWN_ORDERS)

    screening = Screen(initial=True)
    reading_orders = Call("orders.details", "read", NAMED_ORDERS)
    reading_variants = Call("products.variants", "read", NAMED_ORDERS)
    reading_methods = Call("payment_methods.list", "read")
    deciding = Decide(
        "order_exchange", {"exchange": Exchange, "ask": AskBack, "decline": Decline, "hand_over": HandOver}
    )
    asking = Ask("ask", within=timedelta(days=3), remind=timedelta(days=1))
    confirming = Confirm(
        ["exchanging"],
        role="support",
        money=money_back,
        words=what_it_does,
        within=timedelta(days=3),
        remind=timedelta(days=1),
        escalate_to="support_lead",
    )
    exchanging = Call(
        "orders.request_exchange",
        "destructive",
        {
            "order_id": "proposal.order_id",
            "item_ids": old_ids,
            "new_item_ids": new_ids,
            "payment_method_id": "proposal.payment_method_id",
        },
    )

    exchanged = End("done", "exchanged")
    declined = End("declined", "declined")
    stopped = End("blocked", "blocked")
    not_approved = End("rejected", "rejected")
    lapsed = End("expired", "expired")
    withdrawn = End("withdrawn", "withdrawn")
    handed_over = End("handed_over", "handed_over")

    passed = screening.to(reading_orders)
    blocked = screening.to(stopped)
    escalated = screening.to(handed_over)

    exchange = deciding.to(confirming, cond=wished)
    ask = deciding.to(asking, cond=may_ask)
    decline = deciding.to(declined, cond=wished)
    hand_over = deciding.to(handed_over)
    undecided = deciding.to(handed_over)

    answered = asking.to(screening)
    unanswered = asking.to(lapsed)

    approved = confirming.to(exchanging)
    rejected = confirming.to(not_approved)
    expired = confirming.to(lapsed)
    unplannable = confirming.to(handed_over)

    succeeded = (
        reading_orders.to(reading_variants)
        | reading_variants.to(reading_methods)
        | reading_methods.to(deciding)
        | exchanging.to(exchanged)
    )
    failed = handed_over.from_(reading_orders, reading_variants, reading_methods, exchanging)
    stale = exchanging.to(confirming)

    withdraw = withdrawn.from_(
        screening, reading_orders, reading_variants, reading_methods, deciding, asking, confirming
    )
