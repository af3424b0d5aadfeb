"""The cases hold together: what they expect is what the machine can offer, and a mistake in a file is found."""

import json
from collections import Counter
from pathlib import Path

import pytest
from pydantic import ValidationError

from activities.prompts.prompt import FOLDER as PROMPTS
from evals.cases import BY_GUARDS, KINDS, Case, case_files, read_cases
from evals.jsonl import MalformedData
from evals.situation import situation

CASES = [case for name in case_files() for case in read_cases(name)]
LEGAL = {"order_id": "#W4820117", "status": "pending", "items": []}
MINIMAL = {"id": "a", "kind": "normal", "text": "cancel", "events": ["cancel"], "orders": [LEGAL]}


def test_there_are_enough_of_all_kinds_and_none_stands_twice() -> None:
    assert len(CASES) >= 150
    kinds = Counter(case.kind for case in CASES)
    assert all(kinds[kind] >= 30 for kind in KINDS)
    assert len({case.group for case in CASES if case.kind == "multilingual"}) >= 12
    assert max(Counter(case.text for case in CASES).values()) == 1
    assert max(Counter(case.id for case in CASES).values()) == 1
    assert sum(bool(case.must_not) for case in CASES) >= 30


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_right_answer_can_be_written_down(case: Case) -> None:
    offered = situation(case.text, (dict(order) for order in case.orders)).offered
    by_model = {*case.events} - {*BY_GUARDS}
    assert by_model & {*offered} or {*case.events} & {*BY_GUARDS}
    if "cancel" in case.events:
        arguments = {"reason": "no longer needed", "clause": "CANCEL-PENDING", "order_id": case.order_id}
        expected = {name: value for name in arguments if (value := getattr(case, name)) is not None}
        assert offered["cancel"].model_validate({"event": "cancel", **arguments, **expected}, strict=True)
    elif "decline" in by_model & {*offered}:
        assert offered["decline"].model_validate({"event": "decline", "clause": case.clause}, strict=True)


@pytest.mark.parametrize("case", [case for case in CASES if case.clause == "OWN-ORDERS"], ids=lambda case: case.id)
def test_what_is_not_the_customers_cannot_be_cancelled(case: Case) -> None:
    assert "cancel" not in situation(case.text, (dict(order) for order in case.orders)).offered


def test_no_prompt_holds_a_case() -> None:
    prompts = "\n".join(path.read_text(encoding="utf-8") for path in PROMPTS.glob("*.md"))
    for case in CASES:
        assert case.text not in prompts, case.id
        assert not any(str(order["order_id"]) in prompts for order in case.orders), case.id


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 2: the line: Invalid JSON"),
        ('{"id": "b"}', "line 2: kind: Field required"),
        (json.dumps({**MINIMAL, "kind": "odd"}), "line 2: kind: Input should be 'normal'"),
        (json.dumps({**MINIMAL, "colour": 1}), "line 2: colour: Extra inputs"),
        (json.dumps({**MINIMAL, "events": []}), "expected events that are right, or must_not"),
        (json.dumps({**MINIMAL, "events": ["cancle"]}), "no such event: cancle; expected some of ask, blocked, cancel"),
        (json.dumps({**MINIMAL, "must_not": ["cancel"]}), "right and forbidden at once: cancel"),
        (json.dumps({**MINIMAL, "order_id": "#W1"}), "the order #W1 is not among the customer's orders #W4820117"),
        (json.dumps({**MINIMAL, "events": ["ask"], "reason": "x"}), "a reason is expected, and a cancellation is not"),
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
