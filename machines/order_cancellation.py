"""Cancel a pending order and refund it, as the shop's policy allows."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import JsonValue

from leverframe.contracts.base import Facts
from machines.amounts import two_above
from machines.arguments import Arguments, Cites, OneOf
from machines.base import ActionMachine
from machines.states import Ask, Call, Confirm, Decide, End, Screen

MAY_ASK = 2
"""How often the user is asked back before a person takes over."""

FOUR_EYES = "500.00"
"""A refund above this amount needs two people."""

ORDER_ID = re.compile(r"(?<![0-9A-Za-z])#?W(\d{7})(?!\d)", re.IGNORECASE)
MISTAKE = re.compile(
    r"mistak|accident|wrong|error|twice|double|never meant|did ?n.t mean|unintend"
    r"|misclick|versehen|irrt|doppelt|equivoc|equivoqu|sin querer|erreur|mégarde|engano|pomył|错|误|不小心|間違",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W\d_]{3,}")

CANCEL_PENDING, OWN_ORDERS = "CANCEL-PENDING", "OWN-ORDERS"
"""Clauses, by their ids in ``policies/``."""

Order = dict[str, JsonValue]


def orders(facts: Facts) -> list[Order]:
    """The user's orders as the scoped read returned them, newest first."""
    found = facts.get("orders")
    return [order for order in found if isinstance(order, dict)] if isinstance(found, list) else []


def text(facts: Facts) -> str:
    """All that the user has written, masked."""
    messages = facts.get("messages")
    return "\n".join(message for message in messages if isinstance(message, str)) if isinstance(messages, list) else ""


def named(facts: Facts) -> set[str]:
    """Order ids that the user's own words name, whoever they belong to."""
    return {f"#W{number}" for number in ORDER_ID.findall(text(facts))}


def foreign(facts: Facts) -> bool:
    """Whether the user names an order that is not theirs."""
    return bool(named(facts) - {order["order_id"] for order in orders(facts)})


def meant(facts: Facts) -> list[Order]:
    """The orders that the words can mean: the named ones, else those with an item that is mentioned, else all."""
    if named(facts):
        return [order for order in orders(facts) if order["order_id"] in named(facts)]
    said = _words(text(facts))
    return [order for order in orders(facts) if said & _words(_items(order))] or orders(facts)


def cancellable(facts: Facts) -> list[str]:
    """The pending orders among those that can be meant."""
    return [str(order["order_id"]) for order in meant(facts) if order.get("status") == "pending"]


def the_one(facts: Facts) -> list[str]:
    """The order to cancel, where just one can be meant: the policy has the user confirm which one it is."""
    found = cancellable(facts)
    return found if len(found) == 1 and not foreign(facts) else []


def missing(facts: Facts) -> list[str]:
    """What the user can be asked."""
    return ["which_order"] if len(cancellable(facts)) > 1 or (foreign(facts) and not meant(facts)) else []


def permitting(facts: Facts) -> list[str]:
    """The clause that a cancellation rests on."""
    return [CANCEL_PENDING]


def reasons(facts: Facts) -> list[str]:
    """The policy's two reasons; a mistake is only one where the user speaks of it."""
    return ["ordered by mistake", "no longer needed"] if MISTAKE.search(text(facts)) else ["no longer needed"]


def refusing(facts: Facts) -> list[str]:
    """Clauses that a refusal can rest on here; without one nothing is declined."""
    settled = not cancellable(facts) and bool(meant(facts) or not orders(facts))
    return [*([OWN_ORDERS] if foreign(facts) else []), *([CANCEL_PENDING] if settled else [])]


def may_ask(facts: Facts) -> bool:
    """Whether the user has not been asked too often yet."""
    visits = facts.get("visits")
    asked = visits.get("asking", 0) if isinstance(visits, dict) else 0
    return isinstance(asked, int) and asked < MAY_ASK


def _items(order: Order) -> str:
    items = order.get("items")
    return (
        " ".join(str(item.get("name")) for item in items if isinstance(item, dict)) if isinstance(items, list) else ""
    )


def _words(of: str) -> set[str]:
    return {word.casefold().removesuffix("s") for word in WORD.findall(of)}


class Cancel(Arguments):
    order_id: Annotated[str, OneOf(the_one)]
    reason: Annotated[str, OneOf(reasons)]
    clause: Annotated[str, Cites(permitting)]


class AskBack(Arguments):
    missing: Annotated[str, OneOf(missing)]


class Decline(Arguments):
    clause: Annotated[str, Cites(refusing)]


class HandOver(Arguments):
    why: Literal["other_request", "wants_a_person", "unclear"]


class OrderCancellation(ActionMachine):
    """Screen, read, decide; show the plan; cancel and refund what a person approved."""

    action = "order_cancellation"
    clauses = (CANCEL_PENDING, OWN_ORDERS)

    screening = Screen(initial=True)
    reading = Call("orders.list", "read")
    deciding = Decide(
        "order_cancellation", {"cancel": Cancel, "ask": AskBack, "decline": Decline, "hand_over": HandOver}
    )
    asking = Ask("ask", within=timedelta(days=3), remind=timedelta(days=1))
    confirming = Confirm(
        ["cancelling", "refunding"],
        role="support",
        quorum=two_above(FOUR_EYES),
        within=timedelta(days=3),
        remind=timedelta(days=1),
        escalate_to="support_lead",
    )
    cancelling = Call("orders.cancel", "destructive", {"order_id": "proposal.order_id", "reason": "proposal.reason"})
    refunding = Call("payments.refund", "destructive", {"order_id": "proposal.order_id"})
    confirming_refund = Confirm(
        ["refunding"],
        role="support",
        quorum=two_above(FOUR_EYES),
        within=timedelta(days=3),
        remind=timedelta(days=1),
        escalate_to="support_lead",
    )
    reinstating = Call("orders.reinstate", "write", {"order_id": "proposal.order_id"}, compensates="cancelling")

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

    cancel = deciding.to(confirming)
    ask = deciding.to(asking, cond=may_ask)
    decline = deciding.to(declined)
    hand_over = deciding.to(handed_over)
    undecided = deciding.to(handed_over)

    answered = asking.to(screening)
    unanswered = asking.to(lapsed)

    approved = confirming.to(cancelling) | confirming_refund.to(refunding)
    rejected = confirming.to(not_approved) | confirming_refund.to(reinstating)
    expired = confirming.to(lapsed) | confirming_refund.to(reinstating)
    unplannable = confirming.to(handed_over) | confirming_refund.to(reinstating)

    succeeded = reading.to(deciding) | cancelling.to(refunding) | refunding.to(cancelled) | reinstating.to(handed_over)
    failed = (
        reading.to(handed_over) | cancelling.to(handed_over) | refunding.to(reinstating) | reinstating.to(handed_over)
    )
    stale = cancelling.to(confirming) | refunding.to(confirming_refund)

    withdraw = withdrawn.from_(screening, reading, deciding, asking, confirming)
