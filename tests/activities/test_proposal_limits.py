"""What a proposal may ask for in each action: numbers, lists and texts."""

import math

import pytest
from pydantic import JsonValue, ValidationError

from activities.guards.proposal import Limits, find_excess, limits
from machines.schema import RATIONALE_LIMIT

LIMITS = Limits.model_validate(
    {
        "version": "t",
        "rationale": 20,
        "text": 10,
        "entries": 2,
        "actions": {"returning": {"entries": 3, "most": {"quantity": "2"}, "amounts": {"amount": "200.00"}}},
    }
)


def rules(arguments: JsonValue, action: str = "returning", given: tuple[str, ...] | None = None) -> list[str]:
    proposal: JsonValue = {"event": "e", "arguments": arguments, "rationale": "r"}
    return [rule for rule, _, _ in find_excess(proposal, action, given, LIMITS)]


@pytest.mark.parametrize("amount", ["200.00", "0", 200, 0.5])
def test_an_amount_within_the_limit_passes(amount: JsonValue) -> None:
    assert rules({"amount": amount}) == []


@pytest.mark.parametrize(
    "amount", ["200.01", "-1", "NaN", "Infinity", "1e9", "two", "", None, True, 201, -0.01, math.inf, math.nan]
)
def test_an_amount_that_is_none_or_beyond_the_limit_does_not(amount: JsonValue) -> None:
    assert rules({"amount": amount}) == ["too_much"]


def test_a_number_needs_a_limit_of_its_action() -> None:
    assert rules({"quantity": 2}) == []
    assert rules({"quantity": 3}) == ["too_much"]
    assert rules({"quantity": 1}, action="other") == ["no_limit"]
    assert rules({"days": 1}) == ["no_limit"]
    assert rules({"gift": True, "note": None}) == []


def test_lists_are_counted_and_looked_into() -> None:
    assert rules({"items": ["a", "b", "c"]}) == []
    assert rules({"items": ["a", "b", "c"]}, action="other") == ["too_many"]
    proposal: JsonValue = {"event": "e", "arguments": {"items": [{"quantity": 1}, {"quantity": 9}]}, "rationale": "r"}
    assert [path for _, _, path in find_excess(proposal, "returning", None, LIMITS)] == ["/arguments/items/1/quantity"]


def test_nothing_of_the_proposal_is_quoted() -> None:
    proposal: JsonValue = {"arguments": {"clause": "secret", "amount": "secret"}, "rationale": "secret" * 9}
    found = list(find_excess(proposal, "returning", ("A",), LIMITS))
    assert [rule for rule, _, _ in found] == ["rationale_too_long", "unknown_clause", "too_much"]
    assert "secret" not in str(found)


@pytest.mark.parametrize("clause", [["A"], None, 7, {"A": "A"}])
def test_a_citation_of_another_kind_is_none(clause: JsonValue) -> None:
    assert "unknown_clause" in rules({"clause": clause}, given=("A",))


def test_the_limits_that_come_with_the_code_fit_the_machines() -> None:
    assert limits().rationale >= RATIONALE_LIMIT
    with pytest.raises(ValidationError):
        Limits.model_validate({**limits().model_dump(), "more": 1})
