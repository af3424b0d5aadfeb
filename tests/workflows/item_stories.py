"""Mia's shop with delivered and pending items and variants of them, and one story for each action on items."""

from dataclasses import dataclass
from typing import Any

import pytest

from leverframe import Outcome, Status
from tests.support.rig import BO, BOS, MIA, Rig
from tests.support.typed import typed
from tools.shop.generator import DemoItem, DemoOrder, demo_customer
from tools.shop.store import store
from worker.testing.rig import propose

POT, RUG = DemoItem(name="Clay Pot", price="20.00"), DemoItem(name="Wool Rug", price="60.00")
ARRIVED, ARRIVED_TOO, OPEN, OPEN_TOO = "#W3000001", "#W3000002", "#W3000003", "#W3000004"
MIAS = demo_customer(
    MIA,
    [
        DemoOrder(order_id=ARRIVED, items=(POT, RUG), status="delivered"),
        DemoOrder(order_id=ARRIVED_TOO, items=(RUG,), status="delivered", payment="gift_card"),
        DemoOrder(order_id=OPEN, items=(POT, RUG)),
        DemoOrder(order_id=OPEN_TOO, items=(RUG,)),
    ],
)
POT_ID, RUG_ID = (variant.item_id for variant in MIAS.variants)
CARD, GIFT = (method.payment_method_id for method in MIAS.payment_methods)
"""The gift card holds 20.00."""
BOS_CARD = demo_customer(BO, [DemoOrder(order_id=BOS, items=(POT,))]).payment_methods[0].payment_method_id
RED, BLUE, GONE, WIDE = "1000000001", "1000000002", "1000000003", "1000000004"
"""A dearer pot (24.00), a cheaper one (18.00), one that is not available, and another rug (95.00)."""
VARIANTS = f"""INSERT INTO shop.variants SELECT id, product_id, jsonb_build_object('style', style), available, price
    FROM shop.products JOIN (VALUES
        ('{RED}', 'Clay Pot', 'red', true, 24.00), ('{BLUE}', 'Clay Pot', 'blue', true, 18.00),
        ('{GONE}', 'Clay Pot', 'gone', false, 20.00), ('{WIDE}', 'Wool Rug', 'wide', true, 95.00)
    ) AS v (id, name, style, available, price) USING (name)"""


@dataclass(frozen=True)
class Story:
    """What Mia asks for, and what the model makes of it."""

    action: str
    text: str
    event: str
    order_id: str
    arguments: dict[str, Any]
    clause: str
    """What the proposal rests on."""
    wrong_status: tuple[str, str]
    """An order that the action is not for, and the clause that says so."""
    again: str
    """The clause that refuses a second time."""
    unclear: tuple[str, str]
    """A text that can mean two orders, and the other one of them."""
    status: str
    """Of the order afterwards."""

    def answer(self, **other: Any) -> dict[str, Any]:
        """The model's answer, with some arguments otherwise."""
        return propose(self.event, **{"order_id": self.order_id, "clause": self.clause, **self.arguments, **other})


RETURN = Story(
    action="order_return",
    text="I want to return the clay pot",
    event="send_back",
    order_id=ARRIVED,
    arguments={"item_ids": [POT_ID], "payment_method_id": CARD},
    clause="RETURN-DELIVERED",
    wrong_status=(OPEN, "RETURN-DELIVERED"),
    again="RETURN-ONCE",
    unclear=("I want to return the rug", ARRIVED_TOO),
    status="return requested",
)
EXCHANGE = Story(
    action="order_exchange",
    text="Please exchange the clay pot for the red one, the difference from my gift card",
    event="exchange",
    order_id=ARRIVED,
    arguments={"changes": [f"{POT_ID}_to_{RED}"], "payment_method_id": GIFT},
    clause="EXCHANGE-DELIVERED",
    wrong_status=(OPEN, "EXCHANGE-DELIVERED"),
    again="RETURN-ONCE",
    unclear=("Please exchange the rug for the wide one, by credit card", ARRIVED_TOO),
    status="exchange requested",
)
CHANGE = Story(
    action="order_item_change",
    text="Please change the clay pot to the red one, the difference from my gift card",
    event="change",
    order_id=OPEN,
    arguments={"changes": [f"{POT_ID}_to_{RED}"], "payment_method_id": GIFT},
    clause="MODIFY-ITEMS",
    wrong_status=(ARRIVED, "MODIFY-PENDING"),
    again="MODIFY-ONCE",
    unclear=("Please change the rug to the wide one, by credit card", OPEN_TOO),
    status="pending (item modified)",
)
STORIES = (RETURN, EXCHANGE, CHANGE)


@pytest.fixture
async def stocked(rig: Rig) -> Rig:
    """The rig, with all this on its shelves."""
    await store(rig.owner, MIAS)
    await rig.sql(VARIANTS)
    return rig


async def shown(rig: Rig, story: Story, *answers: Any, text: str = "") -> Status:
    """Start the story and wait until its plan is shown."""
    rig.script[:] = answers or [story.answer()]
    # What earlier actions of the test have asked does not count.
    rig.model.requests.clear()
    return await rig.waiting(text or story.text, action=story.action)


async def ended(rig: Rig, story: Story, *answers: Any, text: str = "") -> Outcome:
    """Start the story, which nobody is to approve, and wait for its end."""
    rig.script[:] = answers
    rig.model.requests.clear()
    return await rig.result(await rig.start(text or story.text, action=story.action))


async def approved(rig: Rig, status: Status) -> Outcome:
    """Approve what is shown and wait for the end."""
    assert status.plan is not None
    await rig.operator.approve(status.action_id, status.plan.code, amount=typed(status.plan))
    return await rig.result(status.action_id)


async def changed(rig: Rig, before: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The rows that are there now and were not so before, by table."""
    now = await rig.snapshot()
    rows = {table: [row for row in now[table] if row not in before[table]] for table in now}
    return {table: new for table, new in rows.items() if new}
