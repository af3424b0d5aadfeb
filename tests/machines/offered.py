"""What may be proposed about a few orders, given the user's words, for pure tests."""

from typing import Any

from pydantic import JsonValue

from activities.policy import load_policy
from activities.prompts.offered import offered
from leverframe.contracts.base import Facts
from machines.registry import machine_for
from machines.schema import answer_schema, offers
from machines.states import Decide

LAMP, CHAIR, SOFA, CHANGED = "#W1000001", "#W1000002", "#W1000003", "#W1000004"
CARD, SECOND_CARD, GIFT, PAYPAL = "credit_card_1", "credit_card_2", "gift_card_3", "paypal_4"
NEW = "12 Garden Street, Austin, TX 78701, USA"
Offers = dict[str, dict[str, list[JsonValue]]]


def order(order_id: str, name: str, status: str = "pending", total: str = "54.10") -> dict[str, JsonValue]:
    items: list[JsonValue] = [{"name": name}]
    return {"order_id": order_id, "status": status, "total": total, "payment_method_ids": [CARD], "items": items}


def method(method_id: str, kind: str, description: str, balance: str | None = None) -> dict[str, JsonValue]:
    return {"payment_method_id": method_id, "kind": kind, "description": description, "balance": balance}


ORDERS = [order(LAMP, "Desk Lamp"), order(CHAIR, "Garden Chair"), order(SOFA, "Sofa", "delivered")]
METHODS = [
    method(CARD, "credit card", "credit card ending 4412"),
    method(SECOND_CARD, "credit card", "credit card ending 9001"),
    method(GIFT, "gift card", "gift card", "54.09"),
    method(PAYPAL, "PayPal", "PayPal"),
]


def can_be_proposed(action: str, *messages: str, **facts: Any) -> Offers:
    """Each event but handing over, which is always there, with what its arguments may be."""
    machine = machine_for(action)(start_value="deciding")
    assert isinstance(machine.current, Decide)
    reads = {"orders": ORDERS, "addresses": ["profile", SOFA], "payment_methods": METHODS, **facts}
    given: dict[str, JsonValue] = {clause: load_policy().clauses[clause].text for clause in machine.clauses}
    everything: Facts = {**reads, "messages": list(messages), "visits": {}, "clauses": given, "proposal": {}}
    found = offered(answer_schema(offers(machine, machine.current, everything)))
    assert "why" in found.pop("hand_over")
    return found


def ask(missing: str) -> Offers:
    return {"ask": {"missing": [missing]}}


def decline(*clauses: str) -> Offers:
    return {"decline": {"clause": [*clauses]}}
