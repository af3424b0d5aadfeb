"""Send a pending order to another address, as the shop's policy allows."""

from datetime import timedelta
from typing import Annotated

from leverframe.contracts.base import Facts
from machines.arguments import Arguments, Cites, HandOver, OneOf
from machines.base import ActionMachine
from machines.facts import always, may_ask
from machines.reading.wanting import or_what_is_wanted, wished
from machines.shop.address_sources import of_the_order, on_file, without_places
from machines.shop.addresses import lines, written_out
from machines.shop.facts import OWN_ORDERS
from machines.shop.items import any_of, first_open, refusing_again
from machines.shop.orders import NAMED_ORDERS, foreign, the_one, which_order
from machines.shop.parts import in_one_way
from machines.shop.what_it_does import what_it_does
from machines.states import Ask, Call, Confirm, Decide, End, Screen

MODIFY_ADDRESS, MODIFY_PENDING, MODIFY_ONCE = "MODIFY-ADDRESS", "MODIFY-PENDING", "MODIFY-ONCE"
"""Clauses, by their ids in the business's policy."""

STATUS = "pending"
TARGET = of_the_order(the_one(STATUS))
ON_FILE = on_file(TARGET)
WHOLE = in_one_way(TARGET, STATUS, without_places)
"""The order that is meant, where all of it is to go to one place."""


def which_address(facts: Facts) -> list[str]:
    """``which_address``, where it is clear which order is meant, and no whole address is given."""
    told = lines(facts) or ON_FILE(facts) or foreign(facts)
    return ["which_address"] if WHOLE(facts) and not told else []


class Change(Arguments):
    order_id: Annotated[str, OneOf(WHOLE)]
    address: Annotated[str, OneOf(lines)]
    clause: Annotated[str, Cites(always(MODIFY_ADDRESS))]


class Copy(Arguments):
    order_id: Annotated[str, OneOf(WHOLE)]
    address_of: Annotated[str, OneOf(ON_FILE)]
    clause: Annotated[str, Cites(always(MODIFY_ADDRESS))]


class AskBack(Arguments):
    missing: Annotated[str, OneOf(or_what_is_wanted(first_open(of_the_order(which_order(STATUS)), which_address)))]


class Decline(Arguments):
    clause: Annotated[
        str,
        Cites(
            any_of(
                lambda facts: [OWN_ORDERS] if foreign(facts) else [],
                of_the_order(
                    refusing_again(STATUS, MODIFY_PENDING, {"pending (item modified)": MODIFY_ONCE}),
                ),
            )
        ),
    ]


class OrderAddressChange(ActionMachine):
    """Send a pending order to another address: one that the customer writes, or one that is on file."""

    action = "order_address_change"
    clauses = (MODIFY_ADDRESS, MODIFY_PENDING, MODIFY_ONCE, OWN_ORDERS)

    screening = Screen(initial=True)
    reading_orders = Call("orders.details", "read", NAMED_ORDERS)
    reading_addresses = Call("customers.addresses", "read", NAMED_ORDERS)
    deciding = Decide(
        "order_address_change",
        {"change": Change, "copy": Copy, "ask": AskBack, "decline": Decline, "hand_over": HandOver},
    )
    asking = Ask("ask", within=timedelta(days=3), remind=timedelta(days=1))
    confirming = Confirm(
        ["changing"],
        role="support",
        words=what_it_does,
        within=timedelta(days=3),
        remind=timedelta(days=1),
        escalate_to="support_lead",
    )
    changing = Call(
        "orders.change_address",
        "destructive",
        {"order_id": "proposal.order_id", **written_out()},
    )
    confirming_copy = Confirm(
        ["copying"],
        role="support",
        words=what_it_does,
        within=timedelta(days=3),
        remind=timedelta(days=1),
        escalate_to="support_lead",
    )
    copying = Call(
        "orders.copy_address",
        "destructive",
        {"order_id": "proposal.order_id", "address_of": "proposal.address_of"},
    )

    changed = End("done", "changed")
    declined = End("declined", "declined")
    stopped = End("blocked", "blocked")
    not_approved = End("rejected", "rejected")
    lapsed = End("expired", "expired")
    withdrawn = End("withdrawn", "withdrawn")
    handed_over = End("handed_over", "handed_over")

    passed = screening.to(reading_orders)
    blocked = screening.to(stopped)
    escalated = screening.to(handed_over)

    change = deciding.to(confirming, cond=wished)
    copy = deciding.to(confirming_copy, cond=wished)
    ask = deciding.to(asking, cond=may_ask)
    decline = deciding.to(declined, cond=wished)
    hand_over = deciding.to(handed_over)
    undecided = deciding.to(handed_over)

    answered = asking.to(screening)
    unanswered = asking.to(lapsed)

    approved = confirming.to(changing) | confirming_copy.to(copying)
    rejected = not_approved.from_(confirming, confirming_copy)
    expired = lapsed.from_(confirming, confirming_copy)
    unplannable = handed_over.from_(confirming, confirming_copy)

    succeeded = (
        reading_orders.to(reading_addresses)
        | reading_addresses.to(deciding)
        | changing.to(changed)
        | copying.to(changed)
    )
    failed = handed_over.from_(reading_orders, reading_addresses, changing, copying)
    stale = changing.to(confirming) | copying.to(confirming_copy)

    withdraw = withdrawn.from_(
        screening, reading_orders, reading_addresses, deciding, asking, confirming, confirming_copy
    )
