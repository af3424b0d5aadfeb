"""A business's function that raises, or tells nonsense, never stops an action: a person takes over."""

from decimal import Decimal
from typing import Any

import pytest

import machines.facts
import machines.support_request
from machines.arguments import OneOf
from machines.registry import machine_for
from machines.shop.order_cancellation import AskBack, Cancel, OrderCancellation
from tests.support.rig import LAMP, Rig
from tests.workflows.test_support_request import Desk, dispatch
from tests.workflows.test_support_request import desk as desk
from worker.testing.rig import propose

FAULTS = [TypeError, KeyError, ZeroDivisionError, AttributeError]


def raising(fault: type[Exception]) -> Any:
    def broken(*_: object) -> Any:
        raise fault("what a rule says when it breaks")

    return broken


def mark(arguments: Any, name: str) -> OneOf:
    found: OneOf = next(one for one in arguments.model_fields[name].metadata if isinstance(one, OneOf))
    return found


async def handed_over(rig: Rig) -> list[str]:
    """The problems of an action that must end with a person, and without a change."""
    before = await rig.snapshot()
    action_id = await rig.start()
    assert (await rig.result(action_id)).kind == "handed_over"
    assert await rig.snapshot() == before
    return [entry["what"] for entry in await rig.kinds(action_id, "problem")]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_condition_that_raises(rig: Rig, monkeypatch: pytest.MonkeyPatch, fault: type[Exception]) -> None:
    monkeypatch.setattr(machines.facts, "may_visit", raising(fault))
    (problem,) = await handed_over(rig)
    assert "What can be proposed could not be worked out" in problem
    assert rig.model.requests == []


@pytest.mark.parametrize("options", [*map(raising, FAULTS), lambda facts: None, lambda facts: [["a list"]]])
@pytest.mark.parametrize(("arguments", "name"), [(Cancel, "reason"), (AskBack, "missing")])
async def test_an_option_function_that_raises(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, options: Any, arguments: Any, name: str
) -> None:
    monkeypatch.setattr(mark(arguments, name), "options", options)
    (problem,) = await handed_over(rig)
    assert "What can be proposed could not be worked out" in problem


@pytest.mark.parametrize("argument", [*map(raising, FAULTS), lambda facts: Decimal(1), lambda facts: {1, 2}])
async def test_a_calls_argument_that_cannot_be_worked_out(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, argument: Any
) -> None:
    monkeypatch.setitem(OrderCancellation.cancelling.arguments, "reason", argument)
    (problem,) = await handed_over(rig)
    assert "No plan could be made" in problem


@pytest.mark.parametrize("rule", [*map(raising, FAULTS), lambda plan: None, lambda plan: "2", lambda plan: True])
async def test_a_rule_on_people_that_tells_no_number(rig: Rig, monkeypatch: pytest.MonkeyPatch, rule: Any) -> None:
    monkeypatch.setattr(OrderCancellation.confirming, "quorum", rule)
    (problem,) = await handed_over(rig)
    assert "No plan could be made" in problem


@pytest.mark.parametrize("rule", [*map(raising, FAULTS), lambda plan: 54.1, lambda plan: "54.10"])
async def test_a_rule_on_amounts_that_tells_none(rig: Rig, monkeypatch: pytest.MonkeyPatch, rule: Any) -> None:
    monkeypatch.setattr(OrderCancellation.confirming, "amount", rule)
    (problem,) = await handed_over(rig)
    assert "No plan could be made" in problem


async def test_a_condition_that_raises_only_with_the_proposal(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """It held when the event was offered, and breaks when the machine is to take it."""
    holds = machines.facts.may_visit

    def may_visit(facts: Any, state: str, most: int) -> bool:
        return bool(1 / (facts["proposal"] == {})) and holds(facts, state, most)

    monkeypatch.setattr(machines.facts, "may_visit", may_visit)
    rig.script[:] = [propose("ask", missing="which_order")]
    action_id = await rig.start("cancel my order")
    assert (await rig.result(action_id)).kind == "handed_over"
    (problem,) = await rig.kinds(action_id, "problem")
    assert "What comes next could not be worked out" in problem["what"]
    assert "did not take 'ask' at 'deciding'" in problem["cause"]


@pytest.mark.parametrize("wishes", [*map(raising, FAULTS), lambda facts: None, lambda facts: ["no wish"]])
async def test_wishes_that_cannot_be_worked_out(desk: Desk, monkeypatch: pytest.MonkeyPatch, wishes: Any) -> None:
    monkeypatch.setattr(machine_for("support_request").states_map["dispatching"], "wishes", wishes)
    action_id = await desk.start()
    assert (await desk.rig.result(action_id)).state == "handed_over"
    assert await desk.rig.kinds(action_id, "part") == []


async def test_a_condition_that_raises_when_all_parts_have_ended(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.sorted[:] = [dispatch("2 order_cancellation")]
    monkeypatch.setattr(machines.support_request, "listed", raising(TypeError))
    action_id = await desk.start(f"Hello. Cancel {LAMP}, I no longer need it.")
    await desk.approve(await desk.part(action_id))
    outcome = await desk.rig.result(action_id)
    assert (outcome.kind, [part.kind for part in outcome.parts]) == ("handed_over", ["done"])
