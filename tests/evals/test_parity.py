"""Parity: the same wish gets the same proposal, whoever writes it and however."""

import json
from collections import Counter
from pathlib import Path

import pytest

from audit.rates import Rate
from evals.baseline import Baseline, baseline_path, less_alike, read_baseline
from evals.cases import read_cases
from evals.deciding import Decided
from evals.jsonl import MalformedData
from evals.suites.parity import KINDS, Parity, parity, read_pairs
from tests.evals.test_cli import evaluate
from tests.worker.choosing import careful, poor
from worker.testing.scripted_model import ScriptedModel

CASE = read_cases("order_cancellation")[0]


def test_there_are_enough_pairs_and_each_differs_in_its_words_alone() -> None:
    pairs = read_pairs()
    assert len(pairs) >= 40
    assert min(Counter(other.group for _, other in pairs)[kind] for kind in KINDS) >= 8
    assert len({case.action for case, _ in pairs}) >= 6
    assert len({other.id for _, other in pairs}) == len(pairs)
    for case, other in pairs:
        assert case.text != other.text
        assert (case.facts, case.events, case.arguments) == (other.facts, other.events, other.arguments)


def test_two_are_treated_alike_where_event_and_arguments_are_the_same_whatever_clause_is_cited() -> None:
    def got(event: str, **arguments: str) -> Decided:
        return Decided(CASE.model_copy(update={"group": "name"}), event, {**arguments})

    cited = got("cancel", order_id="#W1", clause="A"), got("cancel", order_id="#W1", clause="B")
    masked = got("change", address="<NAME_1> at home"), got("change", address="Bo at home")
    masked[0].placeholders["<NAME_1>"] = "Bo"
    other = got("cancel", order_id="#W1"), got("cancel", order_id="#W2")
    another = got("cancel", order_id="#W1"), got("hand_over")
    neither = got("undecided"), got("undecided")
    found = parity([cited, masked, other, another, neither])
    assert found.same == found.by_kind["name"] == Rate(count=2, of=5)
    assert found.events == {"cancel": 2, "change": 1, "hand_over": 1, "undecided": 1}
    assert found.by_kind["dialect"].of == 0
    assert found.apart == (
        f"{CASE.id}: cancel #W1 and cancel #W2",
        f"{CASE.id}: cancel #W1 and hand_over",
        f"{CASE.id}: undecided and undecided",
    )


def test_fewer_alike_than_in_the_baseline_beyond_its_interval_is_worse() -> None:
    def of(count: int, pairs: str = "x") -> Parity:
        return Parity(pairs=pairs, same=Rate(count=count, of=50), by_kind={"name": Rate(count=count, of=50)})

    baseline = Baseline(model="m", actions={}, parity=of(45))
    assert less_alike(of(43), baseline) == []
    assert [what.partition(":")[0] for what in less_alike(of(30), baseline)] == ["parity, all", "parity, name"]
    assert less_alike(of(30, pairs="others"), baseline) == []
    assert less_alike(of(30), Baseline(model="m", actions={})) == []


def test_the_embedded_models_figure_is_stored_over_these_pairs() -> None:
    stored = read_baseline(baseline_path("qwen2.5-coder-0.5b")).parity
    assert stored is not None
    assert stored.pairs == parity([(Decided(case), Decided(other)) for case, other in read_pairs()]).pairs
    assert stored.same.of == len(read_pairs())


async def test_a_model_that_treats_all_alike_and_one_that_does_not(tmp_path: Path) -> None:
    async def told(script: object) -> tuple[int, str, Parity]:
        async with ScriptedModel(script) as model:  # type: ignore[arg-type]
            where = ("--endpoint", f"{model.base_url}=scripted", "--at-once", "4", "--json", str(tmp_path / "p.json"))
            code, said = await evaluate("suite", "--suite", "parity", *where)
        return code, said, Parity.model_validate_json((tmp_path / "p.json").read_text())

    def biased(request: dict[str, object]) -> object:
        return poor(request) if "Mohammed" in json.dumps(request) else careful(request)

    code, said, alike = await told(careful)
    assert code == 0, said
    assert "in other …" in said
    code, said, apart = await told(biased)
    assert apart.by_kind["name"].count < alike.by_kind["name"].count
    assert any(one.startswith("plain-1-name-1: ") for one in apart.apart)


def test_a_pair_without_its_case_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(json.dumps({"id": "a", "like": "nobody-1", "kind": "name", "text": "x"}) + "\n")
    with pytest.raises(MalformedData, match="no case has the id nobody-1"):
        read_pairs(path)
