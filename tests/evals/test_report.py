"""Figures from known results, and a baseline that a worse run does not pass."""

from pathlib import Path

import pytest
from PIL import Image

from audit.rates import Rate
from evals.baseline import Baseline, baseline_path, incomparable, read_baseline, regressions, store
from evals.cases import Case, read_cases
from evals.deciding import Decided
from evals.jsonl import MalformedData
from evals.plot import draw
from evals.report import Price, Report, report
from leverframe.contracts.proposal import Usage
from leverframe.contracts.verdict import Judgement, Verdict
from machines import registry
from machines.shop.order_cancellation import OrderCancellation

CASES = read_cases("order_cancellation")


def case(case_id: str) -> Case:
    return next(one for one in CASES if one.id == case_id)


def verdict(guard: str, judgement: Judgement) -> Verdict:
    return Verdict(guard=guard, version="1", judgement=judgement, rule="r", reason="x")


def chosen(of: Case, event: str, **changes: object) -> Decided:
    decided = Decided(of, event=event, seconds=1.0, asked=1, usage=Usage(input_tokens=1000, output_tokens=100))
    decided.arguments = dict(of.arguments)
    for name, value in changes.items():
        setattr(decided, name, value)
    return decided


def run_of(right: int, model: str = "m", **changes: object) -> Report:
    """A report over the same cases, of which so many, the last, are right."""
    results = [
        chosen(one, one.events[0] if number >= len(CASES) - right else "undecided", **changes)
        for number, one in enumerate(CASES)
    ]
    return report(model, [results])


def baseline_of(made: Report) -> Baseline:
    return Baseline(model=made.model, actions=made.actions)


def test_every_figure_counts_what_it_says() -> None:
    results = [
        chosen(case("plain-1"), "cancel", verdicts=[("request", verdict("injection", "allow"))], confirmable=True),
        chosen(case("plain-2"), "blocked", verdicts=[("request", verdict("injection", "block"))], asked=0),
        chosen(case("plain-3"), "ask"),
        chosen(case("injected-1"), "blocked", verdicts=[("request", verdict("injection", "block"))], asked=0),
        chosen(case("injected-2"), "decline", verdicts=[("request", verdict("injection", "allow"))]),
        chosen(case("topic-1"), "cancel", confirmable=True, unsafe=["x"]),
        chosen(case("which-1"), "undecided"),
    ]
    made = report("m", [results], Price(input=1.0, output=10.0))
    total = made.total
    assert total.events == Rate(count=2, of=7)
    assert total.unsafe_proposals == Rate(count=1, of=7)
    assert total.unsafe_effects == Rate(count=1, of=7)
    assert total.wrongly_blocked == Rate(count=1, of=5)
    assert total.asked_needlessly == Rate(count=1, of=6)
    assert total.refused == Rate(count=3, of=7)
    assert total.undecided == Rate(count=1, of=7)
    assert total.arguments["order_id"] == Rate(count=3, of=3)
    guard = total.guards["request/injection"]
    assert (guard.recall, guard.false_positives) == (Rate(count=1, of=2), Rate(count=1, of=2))
    assert {kind: figures.events.of for kind, figures in made.kinds.items()} == {
        "normal": 4, "boundary": 1, "adversarial": 2,
    }  # fmt: skip
    assert made.costs.price == pytest.approx(7 * 0.002)
    assert made.costs.price_per_thousand == pytest.approx(2.0)
    assert made.costs.asked == 5


def test_trials_count_for_pass_power_and_safety_and_not_twice_for_shares() -> None:
    good, bad = chosen(case("plain-1"), "cancel"), chosen(case("plain-1"), "ask", unsafe=["x"])
    made = report("m", [[good], [good], [bad]])
    assert made.total.events == Rate(count=1, of=1)
    assert made.total.unsafe_effects == Rate(count=1, of=3)
    assert made.pass_power == pytest.approx([2 / 3, 1 / 3, 0.0])


def test_each_action_has_figures_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.registry().machines, "moved", OrderCancellation)
    moved = chosen(case("plain-1").model_copy(update={"action": "moved"}), "cancel", seconds=3.0)
    made = report("m", [[chosen(case("plain-1"), "ask"), moved]])
    first, second = made.actions["moved"], made.actions["order_cancellation"]
    assert (first.total.events, second.total.events) == (Rate(count=1, of=1), Rate(count=0, of=1))
    assert (first.seconds_p95, second.seconds_p95) == (3.0, 1.0)
    assert first.cases != second.cases
    assert made.total.events == made.kinds["normal"].events == Rate(count=1, of=2)


def test_a_run_within_the_interval_passes_and_one_beyond_it_does_not() -> None:
    baseline = baseline_of(run_of(36))
    assert regressions(run_of(36), baseline) == []
    assert regressions(run_of(40), baseline) == []
    assert regressions(run_of(32), baseline) == []
    worse = regressions(run_of(28), baseline)
    assert any(line.startswith("order_cancellation: events: 70.0%, and the baseline has 36/40") for line in worse)
    assert any(line.startswith("order_cancellation: undecided: ") for line in worse)


def test_more_false_alarms_are_a_regression_too() -> None:
    quiet = run_of(40, verdicts=[("request", verdict("injection", "allow"))])
    loud = run_of(40, verdicts=[("request", verdict("injection", "block"))])
    found = [line.split(": ")[1] for line in regressions(loud, baseline_of(quiet))]
    assert found == ["request/injection false positives"]
    assert [line.split(": ")[1] for line in regressions(quiet, baseline_of(loud))] == ["request/injection recall"]


def test_an_unsafe_effect_fails_whatever_the_baseline_says() -> None:
    unsafe = run_of(40, unsafe=["orders.cancel would run with nobody confirming"])
    baseline = baseline_of(unsafe)
    assert regressions(unsafe, baseline)[0] == "plain-1: orders.cancel would run with nobody confirming"
    assert regressions(unsafe.model_copy(update={"rows": []}), baseline)[0].startswith("unsafe effects: 40/40")


def test_what_cannot_be_compared_is_told() -> None:
    made = run_of(36)
    other = {"order_cancellation": made.actions["order_cancellation"].model_copy(update={"cases": "0123456789ab"})}
    assert incomparable(made, baseline_of(made)) == []
    assert incomparable(made, Baseline(model="m", actions={})) == ["the baseline has no order_cancellation"]
    assert incomparable(made, Baseline(model="m", actions=other)) == [
        "the baseline of order_cancellation is over other cases (0123456789ab)"
    ]


def test_a_stored_report_is_read_back_and_a_broken_one_named(tmp_path: Path) -> None:
    made, path = run_of(36), tmp_path / "deep" / "m.json"
    store(made, path)
    assert read_baseline(path) == baseline_of(made)
    whole = tmp_path / "whole.json"
    whole.write_text(made.model_dump_json())
    assert read_baseline(whole) == baseline_of(made)
    path.write_text('{"model": 1}')
    with pytest.raises(MalformedData, match="not a report: model: Input should be a valid string"):
        read_baseline(path)
    with pytest.raises(MalformedData, match="cannot be read"):
        read_baseline(tmp_path / "none.json")


def test_storing_one_action_keeps_the_others(tmp_path: Path) -> None:
    path, made = tmp_path / "m.json", run_of(36)
    store(made.model_copy(update={"actions": {"moved": made.actions["order_cancellation"]}}), path)
    store(run_of(40), path)
    assert [*read_baseline(path).actions] == ["moved", "order_cancellation"]
    assert read_baseline(path).actions["moved"] == made.actions["order_cancellation"]


def test_a_baseline_has_its_models_name() -> None:
    assert baseline_path("Qwen/Qwen2.5 0.5B").name == "Qwen-Qwen2.5-0.5B.json"
    assert baseline_path("../../etc/passwd").name == "etc-passwd.json"


def test_models_are_drawn_side_by_side(tmp_path: Path) -> None:
    one, two, path = (
        run_of(36, "one"),
        run_of(20, "a model with a name that is much too long for its place"),
        tmp_path / "m.png",
    )
    draw([one, two], path)
    with Image.open(path) as image:
        picture = image.convert("RGB")
        assert picture.size[0] == 1000
        widths = [sum(picture.getpixel((x, y)) == colour for x in range(1000)) for y, colour in _rows(picture)]
    # The bar of 36 of 40 is longer than that of 20 of 40, in the same proportion.
    assert widths[0] / widths[1] == pytest.approx(36 / 20, rel=0.05)


def _rows(picture: Image.Image) -> list[tuple[int, tuple[int, int, int]]]:
    """For each bar's colour, a row in the first panel that crosses it above its whisker."""
    found = []
    for colour in ((0x3B, 0x6E, 0xA5), (0x5B, 0x8C, 0x5A)):
        first = next(y for y in range(picture.size[1]) if picture.getpixel((300, y)) == colour)
        found.append((first + 3, colour))
    return found
