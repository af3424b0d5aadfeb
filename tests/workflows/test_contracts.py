"""Between workflows and roles of different releases: contracts only grow, since an action stays on the code that began
it while the roles around it are mended. ``make record-contracts`` keeps a release's; the last two are kept.
"""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from leverframe.contracts.calling import Previewed
from leverframe.contracts.plan import Plan
from tests.workflows.record_contracts import ACTIVITIES, FOLDER, Exchange, contracts

FILES = sorted(FOLDER.glob("*.jsonl.gz"))
RELEASES = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.removesuffix(".jsonl.gz"))


def kept(file: Path) -> tuple[dict[str, dict[str, Any]], list[Exchange]]:
    answers, *exchanges = map(json.loads, gzip.decompress(file.read_bytes()).decode().split("\n"))
    return answers, exchanges


@RELEASES
def test_what_an_earlier_release_asked_and_answered_is_read(file: Path) -> None:
    _, exchanges = kept(file)
    assert {activity for activity, _, _ in exchanges} == {*ACTIVITIES}
    for activity, request, answer in exchanges:
        asked, answered = contracts(activity)
        asked.model_validate(request)
        if answered:
            answered.model_validate(answer)


@RELEASES
def test_an_earlier_release_reads_what_is_answered_now(file: Path) -> None:
    """All that it needs is still said, in values that it knows: a new one would be news to it that it cannot read."""
    earlier, _ = kept(file)
    for activity, before in earlier.items():
        answered = contracts(activity)[1]
        assert answered is not None
        now = answered.model_json_schema()
        for name, kind in _kinds(before).items():
            said = _kinds(now)[name]
            assert {*kind.get("required", ())} <= {*said["properties"]}, name
            for field, values in kind["properties"].items():
                assert {*said["properties"].get(field, {}).get("enum", ())} <= {*values.get("enum", ())}, field


def _kinds(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {name: kind for name, kind in schema.get("$defs", {}).items() if "properties" in kind}
    return {**found, schema["title"]: schema} if "properties" in schema else found


def newer(said: object) -> Any:
    """What a later release could say in its place."""
    match said:
        case Plan():
            return said.model_dump(mode="json")
        case BaseModel():
            return {**{name: newer(value) for name, value in said}, "mood": None, "more": [1]}
        case tuple():
            return [newer(one) for one in said]
    return said


def exchanges() -> Iterator[Exchange]:
    for file in FILES:
        yield from kept(file)[1]


def test_an_action_reads_what_newer_roles_answer() -> None:
    for activity, _, answer in exchanges():
        if answered := contracts(activity)[1]:
            read = answered.model_validate(answer)
            assert answered.model_validate(newer(read)) == read, activity


def test_a_plan_that_says_more_than_can_be_shown_is_not_read() -> None:
    """It is a person's affair then: nobody approves what they are not shown."""
    plans = [answer for activity, _, answer in exchanges() if activity == "preview" and answer["plan"]]
    for answer in plans:
        (call, *_) = answer["plan"]["calls"]
        for more in (answer["plan"], call, call["planned"], call["changes"][0]):
            more["more"] = 1
            with pytest.raises(ValidationError, match="Extra inputs"):
                Previewed.model_validate(answer)
            del more["more"]
    assert plans


def test_a_role_does_not_do_by_half_what_newer_workflows_ask() -> None:
    """What it does not know may be what matters. The attempt fails and is repeated: roles go before workflows."""
    for activity, request, _ in exchanges():
        with pytest.raises(ValidationError, match="Extra inputs"):
            contracts(activity)[0].model_validate({**request, "more": 1})
