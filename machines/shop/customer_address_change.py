"""Change the default address in a customer's profile, as the shop's policy allows."""

import re
from datetime import timedelta
from typing import Annotated

from leverframe.contracts.base import Facts
from machines.arguments import Arguments, Cites, HandOver, OneOf
from machines.base import ActionMachine
from machines.facts import always, may_ask, text
from machines.reading.wanting import or_what_is_wanted, wished
from machines.shop.address_sources import PROFILE, on_file
from machines.shop.addresses import lines, written_out
from machines.shop.facts import OWN_ORDERS
from machines.shop.orders import NAMED_ORDERS, foreign
from machines.shop.what_it_does import what_it_does
from machines.states import Ask, Call, Confirm, Decide, End, Screen

OWN_PROFILE = "OWN-PROFILE"
"""Clause, by its id in the business's policy."""

SOMEBODY_ELSE = re.compile(
    r"\b(?:his|her|their|someone else'?s|somebody else'?s|another (?:customer|user|person)'?s"
    r"|(?!it|that|this|what|here|there|let|who)\w+['’]s) (?:\w+ )?(?:profile|account|default)"
    r"|\b(?:konto|profil) (?:meine[rs]|von|eine[rs] anderen)\b|\b(?:compte|profil) de (?:mon|ma|quelqu)\b"
    r"|\b(?:cuenta|perfil) de (?:mi|otr[oa]|alguien)\b"
    r"|(?:别人|朋友|老婆|老公|妈妈|爸爸|同事|他|她)的?(?:账户|账号|资料|默认)",
    re.IGNORECASE,
)
"""Speaks of the profile of another person."""


def refusing(facts: Facts) -> list[str]:
    """The clauses that a refusal can rest on: another user's order is named, or another person's profile."""
    others = SOMEBODY_ELSE.search(text(facts))
    return [*([OWN_ORDERS] if foreign(facts) else []), *([OWN_PROFILE] if others else [])]


def written(facts: Facts) -> list[str]:
    """The whole addresses in the user's words, where they speak of themselves."""
    return [] if refusing(facts) else lines(facts)


def known(facts: Facts) -> list[str]:
    """Labels of the orders whose address can become the default; the profile itself has that one already."""
    return [] if refusing(facts) else [label for label in on_file(lambda _: [])(facts) if label != PROFILE]


def which_address(facts: Facts) -> list[str]:
    """``which_address``, where no whole address is given and none on file is meant."""
    return [] if written(facts) or known(facts) or refusing(facts) else ["which_address"]


class Change(Arguments):
    address: Annotated[str, OneOf(written)]
    clause: Annotated[str, Cites(always(OWN_PROFILE))]


class Copy(Arguments):
    address_of: Annotated[str, OneOf(known)]
    clause: Annotated[str, Cites(always(OWN_PROFILE))]


class AskBack(Arguments):
    missing: Annotated[str, OneOf(or_what_is_wanted(which_address))]


class Decline(Arguments):
    clause: Annotated[str, Cites(refusing)]


class CustomerAddressChange(ActionMachine):
    """Change the default address in the customer's profile; orders that were placed stay as they are."""

    action = "customer_address_change"
    clauses = (OWN_PROFILE, OWN_ORDERS)

    screening = Screen(initial=True)
    reading_orders = Call("orders.details", "read", NAMED_ORDERS)
    reading_addresses = Call("customers.addresses", "read", NAMED_ORDERS)
    deciding = Decide(
        "customer_address_change",
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
    changing = Call("customers.change_address", "destructive", written_out())
    confirming_copy = Confirm(
        ["copying"],
        role="support",
        words=what_it_does,
        within=timedelta(days=3),
        remind=timedelta(days=1),
        escalate_to="support_lead",
    )
    copying = Call("customers.copy_address", "destructive", {"address_of": "proposal.address_of"})

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
