"""Arguments that are lists."""

from typing import Annotated, Any

import pytest
from pydantic import JsonValue

from leverframe.contracts.base import Facts
from machines.arguments import Arguments, ManyOf
from machines.base import ActionMachine
from machines.schema import IllegalProposal, answer_schema, offers, read_proposal
from machines.states import Decide, End


def things(facts: Facts) -> list[str]:
    found = facts["things"]
    return [str(thing) for thing in found] if isinstance(found, list) else []


class Send(Arguments):
    thing_ids: Annotated[list[str], ManyOf(things, most=3)]


class Sending(ActionMachine):
    deciding = Decide("p", {"send": Send}, initial=True)
    person = End("handed_over", "person")
    send = deciding.to(person)


def offered(things: list[JsonValue]) -> dict[str, type[Arguments]]:
    machine = Sending()
    assert isinstance(machine.current, Decide)
    return offers(machine, machine.current, {"things": things})


def proposed(thing_ids: Any) -> JsonValue:
    content: Any = {"rationale": "r", "proposal": {"event": "send", "thing_ids": thing_ids}}
    return read_proposal(offered(["a", "b"]), content).arguments["thing_ids"]


def test_a_list_is_taken_with_repetitions_and_in_its_order() -> None:
    assert proposed(["b", "a", "b"]) == ["b", "a", "b"]


@pytest.mark.parametrize("thing_ids", [[], ["c"], ["a", "c"], ["a"] * 4, "a", [["a"]], None, {"a": "a"}])
def test_another_list_is_illegal(thing_ids: Any) -> None:
    with pytest.raises(IllegalProposal, match="thing_ids"):
        proposed(thing_ids)


def test_the_schema_lists_the_options_and_the_most() -> None:
    schema: Any = answer_schema(offered(["a", "b"]))
    (branch,) = schema["properties"]["proposal"]["anyOf"]
    assert branch["properties"]["thing_ids"] == {
        "type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "minItems": 1, "maxItems": 3,
    }  # fmt: skip


def test_a_list_without_options_is_not_offered() -> None:
    assert offered([]) == {}
