"""A customer with very many orders is erased, or it is said at the preview that this cannot be."""

import asyncio

import pytest

from leverframe import Outcome, Refused
from tests.support.many_orders import ROWS_PER_ORDER, store_orders
from tests.support.rig import Rig
from tests.workflows.erasures import ERASE, decided_by, erasures, hurry, nobodies

IDA = "ida_holm_5001"
TEXT = "Please delete my account and all my data"
MINUTES = 10.0


@pytest.fixture
def ida(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Rig:
    hurry(monkeypatch)
    rig.script[:] = [ERASE]
    return rig


async def ended(rig: Rig, action_id: str) -> Outcome:
    return await asyncio.wait_for(rig.service.result(action_id), MINUTES * 60)


@pytest.mark.parametrize("orders", [400, pytest.param(3000, marks=pytest.mark.heavy)])
async def test_very_many_orders_are_erased(orders: int, ida: Rig) -> None:
    rig = ida
    await store_orders(rig.owner, IDA, orders)
    status = await rig.waiting(TEXT, subject=IDA, action="customer_erasure")
    assert status.plan is not None
    assert sum(len(call.changes) for call in status.plan.calls) >= orders * ROWS_PER_ORDER
    with pytest.raises(Refused, match="too long for one screen"):
        await rig.operator.approve(status.action_id, status.plan.code)
    await decided_by(rig, status, "olga@support", "rita@support")
    outcome = await ended(rig, status.action_id)
    assert (outcome.kind, outcome.state) == ("done", "erased")
    assert await erasures(rig, status.action_id) == await nobodies(rig) == 1
    for table in ("customers", "orders", "order_items", "fulfilments", "payment_methods", "order_payments"):
        assert await rig.sql(f"SELECT 1 FROM shop.{table} WHERE customer_id = :ida", ida=IDA) == []
    (kept,) = await rig.sql("SELECT count(*) AS n FROM shop.orders WHERE customer_id LIKE 'erased-%'")
    assert kept["n"] == orders


async def test_what_is_too_much_is_told_before_anybody_is_asked(ida: Rig) -> None:
    rig = ida
    await store_orders(rig.owner, IDA, 10_000)
    action_id = await rig.start(TEXT, subject=IDA, action="customer_erasure")
    outcome = await ended(rig, action_id)
    assert outcome.kind == "handed_over"
    (problem,) = await rig.kinds(action_id, "problem")
    for words in ("60,002 changes, and at most 25,000", "Ask for it in smaller parts", "PLAN-SIZE"):
        assert words in problem["what"]
    assert await rig.kinds(action_id, "decision") == []
    assert await nobodies(rig) == 0
