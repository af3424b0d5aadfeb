"""Cancel a pending order and refund it, as the shop's policy allows."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import JsonValue

from leverframe.contracts.base import Facts
from leverframe.contracts.proposal import Clause
from machines.arguments import Arguments, OneOf
from machines.base import ActionMachine
from machines.states import Ask, Call, Confirm, Decide, End, Screen

MAY_ASK = 2
"""How often the user is asked back before a person takes over."""

ORDER_ID = re.compile(r"(?<![0-9A-Za-z])#?W(\d{7})(?!\d)", re.IGNORECASE)


def orders(facts: Facts) -> list[dict[str, JsonValue]]:
    """The user's orders as the scoped read returned them, newest first."""
    found = facts.get("orders")
    return [order for order in found if isinstance(order, dict)] if isinstance(found, list) else []


def named(facts: Facts) -> set[str]:
    """Order ids that the user's own words name, whoever they belong to."""
    messages = facts.get("messages")
    texts = [text for text in messages if isinstance(text, str)] if isinstance(messages, list) else []
    return {f"#W{number}" for text in texts for number in ORDER_ID.findall(text)}


def cancellable(facts: Facts) -> list[str]:
    """Ids of pending orders; when the user names orders, only those among them."""
    pending = [str(order["order_id"]) for order in orders(facts) if order.get("status") == "pending"]
    return [order_id for order_id in pending if not named(facts) or order_id in named(facts)]


def permitting(facts: Facts) -> list[str]:
    return ["CANCEL-PENDING"]


def refusing(facts: Facts) -> list[str]:
    """Clauses that can carry a refusal here; the last holds for any request."""
    own = {str(order["order_id"]): order.get("status") for order in orders(facts)}
    foreign = bool(named(facts) - own.keys())
    settled = any(
        status != "pending" for order_id, status in own.items() if not named(facts) or order_id in named(facts)
    )
    return [
        *(["OWN-ORDERS"] if foreign or not named(facts) else []),
        *(["CANCEL-PENDING"] if settled or not own else []),
        "CANCEL-REASON",
    ]


def can_cancel(facts: Facts) -> bool:
    return bool(cancellable(facts))


def may_ask(facts: Facts) -> bool:
    visits = facts.get("visits")
    asked = visits.get("asking", 0) if isinstance(visits, dict) else 0
    return isinstance(asked, int) and asked < MAY_ASK


class Cancel(Arguments):
    order_id: Annotated[str, OneOf(cancellable)]
    reason: Literal["no longer needed", "ordered by mistake"]
    clause: Annotated[str, OneOf(permitting)]


class AskBack(Arguments):
    missing: Literal["which_order", "reason"]


class Decline(Arguments):
    clause: Annotated[str, OneOf(refusing)]


class HandOver(Arguments):
    why: Literal["other_request", "wants_a_person", "unclear"]


class OrderCancellation(ActionMachine):
    """Screen, read, decide; show the plan; cancel and refund what a person approved."""

    action = "order_cancellation"
    clauses = (
        Clause(id="CANCEL-PENDING", text="An order can only be cancelled while its status is 'pending'."),
        Clause(id="CANCEL-REASON", text="The reason must be 'no longer needed' or 'ordered by mistake'."),
        Clause(id="OWN-ORDERS", text="Requests about another user's orders are denied."),
    )

    screening = Screen(initial=True)
    reading = Call("orders.list", "read")
    deciding = Decide(
        "order_cancellation", {"cancel": Cancel, "ask": AskBack, "decline": Decline, "hand_over": HandOver}
    )
    asking = Ask("ask", within=timedelta(days=3), remind=timedelta(days=1))
    confirming = Confirm(
        ["cancelling", "refunding"], role="support", within=timedelta(days=3), remind=timedelta(days=1)
    )
    cancelling = Call("orders.cancel", "destructive", {"order_id": "proposal.order_id", "reason": "proposal.reason"})
    refunding = Call("payments.refund", "destructive", {"order_id": "proposal.order_id"})
    confirming_refund = Confirm(["refunding"], role="support", within=timedelta(days=3), remind=timedelta(days=1))
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

    cancel = deciding.to(confirming, cond=can_cancel)
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
