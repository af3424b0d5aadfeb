"""Arguments that are lists, and arguments that quote the user."""

from typing import Annotated

import pytest
from pydantic import JsonValue

from leverframe.contracts.base import Facts
from machines.arguments import Arguments, ManyOf, Quoted
from machines.base import ActionMachine
from machines.schema import IllegalProposal, answer_schema, offers, read_proposal
from machines.states import Decide, End

WORDS = "Please send it to 12  Elm Avenue,\nDenver"


def things(facts: Facts) -> list[str]:
    found = facts["things"]
    return [str(thing) for thing in found] if isinstance(found, list) else []


class Send(Arguments):
    thing_ids: Annotated[list[str], ManyOf(things, most=3)]
    street: Annotated[str, Quoted(20)]


class Sending(ActionMachine):
    deciding = Decide("p", {"send": Send}, initial=True)
    person = End("handed_over", "person")
    send = deciding.to(person)


def offered(things: list[JsonValue]) -> dict[str, type[Arguments]]:
    machine = Sending()
    assert isinstance(machine.current, Decide)
    return offers(machine, machine.current, {"things": things, "messages": [WORDS]})


def proposed(thing_ids: object, street: object = "12 elm avenue") -> dict[str, JsonValue]:
    answer = {"event": "send", "thing_ids": thing_ids, "street": street}
    content = {"rationale": "r", "proposal": answer}
    return dict(read_proposal(offered(["a", "b"]), content).arguments)  # type: ignore[arg-type]


def test_a_list_and_a_quotation_are_taken() -> None:
    assert proposed(["a", "a", "b"]) == {"thing_ids": ["a", "a", "b"], "street": "12 elm avenue"}
    assert proposed(["b"], "Denver")["street"] == "Denver"


@pytest.mark.parametrize("thing_ids", [[], ["c"], ["a", "c"], ["a"] * 4, "a", [["a"]], None, {"a": "a"}])
def test_another_list_is_illegal(thing_ids: object) -> None:
    with pytest.raises(IllegalProposal, match="thing_ids"):
        proposed(thing_ids)


@pytest.mark.parametrize("street", ["13 Elm Avenue", "", " ", "Please send it to 12 Elm", 5, None])
def test_a_quotation_that_the_user_has_not_written_is_illegal(street: object) -> None:
    with pytest.raises(IllegalProposal, match="street") as refused:
        proposed(["a"], street)
    assert "Elm" not in str(refused.value), "an error quotes nothing"


def test_the_schema_lists_the_options_and_the_most() -> None:
    schema = answer_schema(offered(["a", "b"]))
    (branch,) = schema["properties"]["proposal"]["anyOf"]  # type: ignore[index, call-overload]
    properties = branch["properties"]  # type: ignore[index, call-overload]
    assert properties["thing_ids"] == {  # type: ignore[index, call-overload]
        "type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "minItems": 1, "maxItems": 3,
    }  # fmt: skip
    assert properties["street"] == {"type": "string", "minLength": 1, "maxLength": 20}  # type: ignore[index, call-overload]


def test_a_list_without_options_is_not_offered() -> None:
    assert offered([]) == {}
