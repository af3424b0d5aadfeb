"""Change the address to which a Vendure shop sends what a customer orders."""

from datetime import timedelta
from typing import Annotated

from machines.arguments import Arguments, Cites, HandOver, OneOf
from machines.base import ActionMachine
from machines.facts import always, may_ask
from machines.reading.wanting import or_what_is_wanted, wished
from machines.states import Ask, Call, Confirm, Decide, End, Screen
from vendure_orders.machines.addresses import part, the_address, what_it_does, which_address, written

CHANGE = "ADDRESS-CHANGE"
"""Clause, by its id in the policy."""


class Change(Arguments):
    address_id: Annotated[str, OneOf(the_address)]
    address: Annotated[str, OneOf(written)]
    clause: Annotated[str, Cites(always(CHANGE))]


class AskBack(Arguments):
    missing: Annotated[str, OneOf(or_what_is_wanted(which_address))]


class VendureAddressChange(ActionMachine):
    """Change the address to which the shop sends, once a person has approved it; placed orders stay as they are."""

    action = "vendure_address_change"
    clauses = (CHANGE,)

    screening = Screen(initial=True)
    reading = Call("vendure.addresses", "read", asks=True)
    deciding = Decide("vendure_address_change", {"change": Change, "ask": AskBack, "hand_over": HandOver})
    asking = Ask("ask", within=timedelta(days=3))
    confirming = Confirm(
        ["changing"],
        words=what_it_does,
        role="support",
        within=timedelta(days=3),
        remind=timedelta(days=1),
        escalate_to="support_lead",
    )
    parts = {name: part(name) for name in ("street", "postcode", "city")}
    changing = Call("vendure.change_address", "destructive", {"id": "proposal.address_id", **parts})

    changed = End("done", "changed")
    stopped = End("blocked", "blocked")
    not_approved = End("rejected", "rejected")
    lapsed = End("expired", "expired")
    withdrawn = End("withdrawn", "withdrawn")
    handed_over = End("handed_over", "handed_over")

    passed = screening.to(reading)
    blocked = screening.to(stopped)
    escalated = screening.to(handed_over)
    change = deciding.to(confirming, cond=wished)
    ask = deciding.to(asking, cond=may_ask)
    hand_over = deciding.to(handed_over)
    undecided = deciding.to(handed_over)
    answered = asking.to(screening)
    unanswered = asking.to(lapsed)
    approved = confirming.to(changing)
    rejected = confirming.to(not_approved)
    expired = confirming.to(lapsed)
    unplannable = confirming.to(handed_over)
    succeeded = reading.to(deciding) | changing.to(changed)
    failed = reading.to(handed_over) | changing.to(handed_over)
    stale = changing.to(confirming)
    withdraw = withdrawn.from_(screening, reading, deciding, asking, confirming)
