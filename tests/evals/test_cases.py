"""The cases hold together: what they expect is what the machine can offer, and a mistake in a file is found."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from activities.texts import folders
from evals.cases import Case, case_files, read_cases
from evals.expected import fits
from evals.jsonl import MalformedData
from evals.situation import situation, targets
from machines.shop.facts import OWN_ORDERS
from machines.states import Confirm
from tools.shop.models import ORDER_ID

PROMPTS = folders()["shop"] / "prompts"

CASES = [case for name in case_files() for case in read_cases(name)]
FACTS = {"orders": [{"order_id": "#W4820117", "status": "pending", "items": []}]}
MINIMAL = {
    "id": "a", "action": "order_cancellation", "kind": "normal", "text": "cancel", "events": ["cancel"], "facts": FACTS,
}  # fmt: skip


def test_there_are_enough_of_all_kinds_and_none_stands_twice() -> None:
    assert len(CASES) >= 150
    assert len({case.group for case in CASES if case.kind == "multilingual"}) >= 12
    assert [one for one, count in Counter(case.id for case in CASES).items() if count > 1] == []
    assert sum(bool(case.must_not) for case in CASES) >= 30


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.arguments.get("clause") == OWN_ORDERS], ids=lambda case: case.id
)
def test_what_is_not_the_customers_cannot_be_brought_before_people(case: Case) -> None:
    offered = situation(case.action, case.text, case.facts).offered
    states = [state for event in offered for state in targets(case.action, event)]
    assert not any(isinstance(state, Confirm) for state in states)


def test_no_prompt_holds_an_order_of_a_case() -> None:
    prompts = "\n".join(path.read_text(encoding="utf-8") for path in PROMPTS.glob("*.md"))
    for case in CASES:
        assert not [each for each in case.owned if re.fullmatch(ORDER_ID, each) and each in prompts], case.id


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 2: the line: Invalid JSON"),
        ('{"id": "b"}', "line 2: action: Field required"),
        (json.dumps({**MINIMAL, "action": "order_polish"}), "there is no action 'order_polish'; known actions: "),
        (json.dumps({**MINIMAL, "kind": "odd"}), "line 2: kind: Input should be 'normal'"),
        (json.dumps({**MINIMAL, "colour": 1}), "line 2: colour: Extra inputs"),
        (json.dumps({**MINIMAL, "events": []}), "expected events that are right, or must_not"),
        (json.dumps({**MINIMAL, "events": ["cancle"]}), "no such event: cancle; expected some of ask, blocked, cancel"),
        (json.dumps({**MINIMAL, "must_not": ["cancel"]}), "right and forbidden at once: cancel"),
        (
            json.dumps({**MINIMAL, "events": ["ask"], "arguments": {"reason": "x"}}),
            "no argument of a right event: reason",
        ),
        (json.dumps({**MINIMAL, "facts": {"messages": []}}), "no read returns messages"),
        (json.dumps({**MINIMAL, "finds": ["injection"]}), "expected names such as request/injection"),
    ],
)
def test_a_mistake_in_a_file_names_the_file_and_the_line(line: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(f"{json.dumps(MINIMAL)}\n{line}\n")
    with pytest.raises(MalformedData) as raised:
        read_cases(str(path))
    assert str(raised.value).startswith(f"{path}, line 2: ")
    assert says in str(raised.value)


def test_an_id_that_stands_twice_is_found(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(f"{json.dumps(MINIMAL)}\n\n{json.dumps(MINIMAL)}\n")
    with pytest.raises(MalformedData, match="the id a stands twice"):
        read_cases(str(path))


@pytest.mark.parametrize(("content", "says"), [(None, "cannot be read"), (b'{"\xff', "byte 2 is not")])
def test_a_file_that_cannot_be_read_says_so(content: bytes | None, says: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MalformedData, match=says):
        read_cases(str(path))


def test_a_case_says_what_is_right_or_what_is_not() -> None:
    with pytest.raises(ValidationError):
        Case.model_validate({**MINIMAL, "events": [], "must_not": []})
    assert Case.model_validate({**MINIMAL, "events": [], "must_not": ["cancel"]}).owned == {"#W4820117"}


@pytest.mark.parametrize(
    ("expected", "value", "right"),
    [
        ("no longer needed", "No longer  needed", True),
        ("#W1000001", "#W1000002", False),
        ({"any_of": ["a", "b"]}, "b", True),
        ({"any_of": ["a", "b"]}, "c", False),
        (["1", "2"], ["2", "1"], True),
        (["1", "1", "2"], ["2", "1"], False),
        ({"any_of": [["1"], ["2", "3"]]}, ["3", "2"], True),
        ("1", ["1"], False),
        ("a", None, False),
    ],
)
def test_an_argument_is_right_when_it_is_what_is_expected(expected: Any, value: Any, right: bool) -> None:
    assert fits(expected, value) == right
