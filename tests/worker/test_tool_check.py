"""A machine whose tools are not what it says they are is refused before any worker starts."""

import pytest

from machines.registry import machines
from machines.states import Call
from tools.base import Toolbox
from tools.toolbox import toolbox
from worker.actions.tool_check import ToolMismatch, check_tools


def test_the_machines_fit_the_tools() -> None:
    check_tools(machines(), toolbox())


def test_a_missing_tool_is_named_with_the_known_ones() -> None:
    fewer = Toolbox()
    fewer.add(toolbox().get("orders.list"))
    with pytest.raises(ToolMismatch) as caught:
        check_tools(machines(), fewer)
    assert "state refunding: there is no tool 'payments.refund'; known tools: orders.list" in str(caught.value)


@pytest.mark.parametrize(
    ("attribute", "value", "complaint"),
    [
        ("effect", "write", "orders.cancel is destructive, and the machine says write"),
        ("arguments", {"order_id": "proposal.order_id"}, "orders.cancel needs the argument reason"),
        (
            "arguments",
            {"order_id": "a", "reason": "b", "colour": "c"},
            "orders.cancel has no argument colour",
        ),
    ],
)
def test_a_call_that_does_not_fit_is_explained(
    monkeypatch: pytest.MonkeyPatch, attribute: str, value: object, complaint: str
) -> None:
    machine = machines()["order_cancellation"]
    cancelling = next(state for state in machine.states if isinstance(state, Call) and state.id == "cancelling")
    monkeypatch.setattr(cancelling, attribute, value)
    with pytest.raises(ToolMismatch, match=complaint):
        check_tools(machines(), toolbox())
