"""The cases hold together: what they expect is what the machine can offer."""

from collections import Counter

import pytest
from pydantic import JsonValue, ValidationError

from activities.proposing import ModelEndpoint, Proposing
from evals.cases import Case, read_cases
from evals.deciding import Decided, decide
from machines.order_cancellation import OrderCancellation
from machines.schema import offers
from machines.states import Decide
from tests.scripted_model import ScriptedModel

CASES = read_cases("order_cancellation")
HOLDOUT = read_cases("order_cancellation_holdout")


def test_there_are_enough_of_all_kinds_and_none_is_held_twice() -> None:
    assert (len(CASES), len(HOLDOUT)) == (40, 20)
    texts = Counter(case.text for case in [*CASES, *HOLDOUT])
    assert max(texts.values()) == 1
    assert {case.kind for case in HOLDOUT} <= {case.kind for case in CASES}


@pytest.mark.parametrize("case", [*CASES, *HOLDOUT], ids=lambda case: f"{case.id}:{case.text[:24]}")
def test_a_right_answer_can_be_written_down(case: Case) -> None:
    if case.events == ("blocked",):
        return
    machine = OrderCancellation(start_value="deciding")
    state = machine.current
    assert isinstance(state, Decide)
    orders: list[JsonValue] = [dict(order) for order in case.orders]
    offered = offers(machine, state, {"orders": orders, "messages": [case.text], "visits": {}})
    assert set(case.events) & set(offered)
    cancel = {"event": "cancel", "order_id": case.order_id, "reason": "no longer needed", "clause": "CANCEL-PENDING"}
    if case.events == ("cancel",):
        assert offered["cancel"].model_validate(cancel)
    elif "cancel" not in case.events and "cancel" in offered:
        with pytest.raises(ValidationError):
            offered["cancel"].model_validate(cancel)


@pytest.mark.parametrize(
    ("answer", "event", "right"),
    [
        ({"event": "hand_over", "why": "unclear"}, "hand_over", False),
        ({"event": "approve"}, "undecided", False),
        (
            {"event": "cancel", "order_id": "#W4820117", "reason": "no longer needed", "clause": "CANCEL-PENDING"},
            "cancel",
            True,
        ),
        ({"event": "cancel", "order_id": "#W1093377", "reason": "no longer needed"}, "undecided", False),
    ],
)
async def test_a_decision_is_judged_as_the_workflow_would(answer: dict[str, str], event: str, right: bool) -> None:
    async with ScriptedModel(lambda _: {"rationale": "x", "proposal": answer}) as model:
        proposing = Proposing(ModelEndpoint(model.base_url, "scripted"))
        decided: Decided = await decide(CASES[0], proposing)
        await proposing.close()
    assert (decided.event, decided.right, decided.order_right) == (event, right, right)
