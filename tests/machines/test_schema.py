"""What the model may answer follows from the machine and this user's facts alone."""

import json
from typing import Any

import pytest
from pydantic import JsonValue

from leverframe.contracts.base import Facts
from machines.arguments import Arguments
from machines.registry import machine_for
from machines.schema import IllegalProposal, answer_schema, offers, read_proposal
from machines.states import Decide

PENDING: JsonValue = {"order_id": "#W0000001", "status": "pending", "items": [{"name": "Desk lamp"}]}
ANOTHER: JsonValue = {"order_id": "#W0000003", "status": "pending", "items": [{"name": "Garden chair"}]}
SHIPPED: JsonValue = {"order_id": "#W0000002", "status": "processed"}


GIVEN = ("CANCEL-PENDING", "OWN-ORDERS")


def offered(
    *orders: JsonValue, text: str = "cancel it", asked: int = 0, given: tuple[str, ...] = GIVEN
) -> dict[str, type[Arguments]]:
    machine = machine_for("order_cancellation")(start_value="deciding")
    clauses: JsonValue = dict.fromkeys(given, "The clause's text.")
    facts: Facts = {"orders": list(orders), "messages": [text], "visits": {"asking": asked}, "clauses": clauses}
    assert isinstance(machine.current, Decide)
    return offers(machine, machine.current, facts)


def enumeration(schema: Any, event: str, argument: str) -> list[str]:
    for branch in schema["properties"]["proposal"]["anyOf"]:
        if branch["properties"]["event"]["const"] == event:
            found = branch["properties"][argument]
            return list(found.get("enum") or [found["const"]])
    raise AssertionError(f"{event} is not offered")


def test_only_pending_orders_of_the_user_can_be_written_down() -> None:
    schema = answer_schema(offered(PENDING, SHIPPED))
    assert enumeration(schema, "cancel", "order_id") == ["#W0000001"]
    assert "#W0000002" not in json.dumps(schema)


@pytest.mark.parametrize(
    ("orders", "text", "events"),
    [
        ((PENDING,), "cancel my order", {"cancel"}),
        ((PENDING, SHIPPED), "cancel my order", {"cancel"}),
        ((PENDING, ANOTHER), "cancel my order", {"ask"}),
        ((PENDING, ANOTHER), "cancel my lamps", {"cancel"}),
        ((PENDING, ANOTHER), "cancel w0000003", {"cancel"}),
        ((PENDING, ANOTHER), "cancel #W0000001 and #W0000003", {"ask"}),
        ((SHIPPED,), "cancel my order", {"decline"}),
        ((), "cancel my order", {"decline"}),
        ((PENDING, SHIPPED), "cancel #W0000002", {"decline"}),
        ((PENDING,), "cancel w9999999 please", {"ask", "decline"}),
        ((PENDING,), "cancel #W0000001 and #W9999999", {"decline"}),
    ],
)
def test_events_that_the_facts_rule_out_are_not_offered(
    orders: tuple[JsonValue, ...], text: str, events: set[str]
) -> None:
    assert offered(*orders, text=text).keys() == events | {"hand_over"}


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("cancel it, I do not need it", ["no longer needed"]),
        ("cancel it, I ordered it by mistake", ["ordered by mistake", "no longer needed"]),
        ("买错了，请取消", ["ordered by mistake", "no longer needed"]),
    ],
)
def test_a_mistake_is_a_reason_only_where_the_user_speaks_of_one(text: str, reasons: list[str]) -> None:
    assert enumeration(answer_schema(offered(PENDING, text=text)), "cancel", "reason") == reasons


@pytest.mark.parametrize(
    ("orders", "text", "given", "events"),
    [
        ((PENDING,), "cancel it", (), set()),
        ((PENDING,), "cancel it", ("OWN-ORDERS",), set()),
        ((SHIPPED,), "cancel it", (), set()),
        ((SHIPPED,), "cancel it", ("OWN-ORDERS", "RETURN-DELIVERED"), set()),
        ((SHIPPED,), "cancel it", ("CANCEL-PENDING",), {"decline"}),
    ],
)
def test_what_rests_on_a_clause_is_offered_only_where_the_clause_was_given(
    orders: tuple[JsonValue, ...], text: str, given: tuple[str, ...], events: set[str]
) -> None:
    assert offered(*orders, text=text, given=given).keys() == events | {"hand_over"}


@pytest.mark.parametrize("clause", ["OWN-ORDERS", "RETURN-DELIVERED", "CANCEL-PENDING ", "", None, ["CANCEL-PENDING"]])
def test_a_decline_cites_a_clause_that_the_machine_allows_here(clause: JsonValue) -> None:
    decline: JsonValue = {"event": "decline", "clause": clause}
    with pytest.raises(IllegalProposal):
        read_proposal(offered(SHIPPED, given=(*GIVEN, "RETURN-DELIVERED")), {"rationale": "x", "proposal": decline})


def test_a_decline_without_a_clause_is_refused() -> None:
    with pytest.raises(IllegalProposal):
        read_proposal(offered(SHIPPED), {"rationale": "x", "proposal": {"event": "decline"}})


def test_the_user_is_not_asked_for_ever() -> None:
    assert "ask" in offered(PENDING, ANOTHER, asked=1)
    assert "ask" not in offered(PENDING, ANOTHER, asked=2)


def test_the_rationale_comes_before_the_event() -> None:
    schema: Any = answer_schema(offered(PENDING))
    assert list(schema["properties"]) == ["rationale", "proposal"]


GOOD: dict[str, JsonValue] = {
    "event": "cancel",
    "order_id": "#W0000001",
    "reason": "no longer needed",
    "clause": "CANCEL-PENDING",
}


def test_a_legal_answer_is_read() -> None:
    proposal = read_proposal(offered(PENDING), {"rationale": "they ask for it", "proposal": GOOD})
    assert (proposal.event, proposal.arguments["order_id"]) == ("cancel", "#W0000001")
    assert "event" not in proposal.arguments


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"rationale": "x"},
        {"proposal": GOOD},
        {"rationale": "x", "proposal": "cancel"},
        {"rationale": "x", "proposal": [GOOD]},
        {"rationale": "x", "proposal": {**GOOD, "event": "succeeded"}},
        {"rationale": "x", "proposal": {**GOOD, "event": ["cancel"]}},
        {"rationale": "x", "proposal": {**GOOD, "order_id": "#W0000002"}},
        {"rationale": "x", "proposal": {**GOOD, "order_id": 1}},
        {"rationale": "x", "proposal": {**GOOD, "order_id": "#W0000001 "}},
        {"rationale": "x", "proposal": {**GOOD, "reason": "because"}},
        {"rationale": "x", "proposal": {**GOOD, "amount": "100.00"}},
        {"rationale": "x", "proposal": {"event": "cancel"}},
        {"rationale": "x" * 201, "proposal": GOOD},
        {"rationale": 5, "proposal": GOOD},
        {"rationale": "x", "proposal": GOOD, "tool": "orders.cancel"},
    ],
)
def test_any_other_answer_is_refused(answer: dict[str, JsonValue]) -> None:
    with pytest.raises(IllegalProposal):
        read_proposal(offered(PENDING), answer)
