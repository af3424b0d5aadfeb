"""Ann's shop with more on its shelves: variants of what she has bought, more orders and more payment methods."""

from decimal import Decimal
from typing import cast

import pytest
from pydantic import JsonValue
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.policy import load_policy
from leverframe.contracts.calling import CallResult
from leverframe.contracts.plan import PlannedCall
from leverframe.digest import make_plan
from tests.support.two_customers import ANN, BOB, BOTTLE, LAMP, Action, Everything, Sql
from tools.errors import ToolRefused
from tools.shop.generator import DemoItem, DemoOrder, demo_customer
from tools.shop.store import store

VASE = DemoItem(name="Vase", price="30.00")
PENDING, ARRIVED, ON_GIFT, SENT = "#W1000004", "#W1000005", "#W1000006", "#W1000007"
EXTRA = demo_customer(
    ANN,
    [
        DemoOrder(order_id=PENDING, items=(LAMP, VASE, LAMP)),
        DemoOrder(order_id=ARRIVED, items=(LAMP, VASE, LAMP), status="delivered"),
        DemoOrder(order_id=ON_GIFT, items=(VASE,), payment="gift_card"),
        DemoOrder(order_id=SENT, items=(VASE,), status="processed"),
    ],
)
LAMP_ID, VASE_ID = (variant.item_id for variant in EXTRA.variants)
CARD, GIFT = (method.payment_method_id for method in EXTRA.payment_methods)
BOBS_CARD = demo_customer(BOB, [DemoOrder(order_id="#W2000001", items=(BOTTLE,))]).payment_methods[0].payment_method_id
BRASS, SMALL, GONE, TALL = "1000000001", "1000000002", "1000000003", "1000000004"
"""A dearer lamp (45.50), a cheaper one (31.00), one that is not available, and another vase (30.00)."""
PAYPAL, RICH, CLOSED = "paypal_1", "gift_card_rich", "credit_card_closed"
"""More of Ann's: an account, a gift card with 500.00 on it, and a card that is closed."""

MORE = (
    f"""INSERT INTO shop.variants SELECT id, product_id, jsonb_build_object('style', style), available, price
    FROM shop.products JOIN (VALUES
        ('{BRASS}', 'Desk Lamp', 'brass', true, 45.50), ('{SMALL}', 'Desk Lamp', 'small', true, 31.00),
        ('{GONE}', 'Desk Lamp', 'gone', false, 41.00), ('{TALL}', 'Vase', 'tall', true, 30.00)
    ) AS v (id, name, style, available, price) USING (name)""",
    f"""INSERT INTO shop.payment_methods (payment_method_id, customer_id, source, brand, last_four, balance, closed)
    VALUES ('{PAYPAL}', '{ANN}', 'paypal', NULL, NULL, NULL, false),
           ('{RICH}', '{ANN}', 'gift_card', NULL, NULL, 500, false),
           ('{CLOSED}', '{ANN}', 'credit_card', 'visa', '4412', NULL, true)""",
    f"UPDATE shop.orders SET city = 'Austin', zip = '73301' WHERE order_id = '{SENT}'",
    f"UPDATE shop.orders SET city = 'Boston', zip = '02108' WHERE customer_id = '{BOB}'",
)


@pytest.fixture
async def ann(action: Action, owner: AsyncEngine) -> Action:
    """An action of Ann's in this shop."""
    await store(owner, EXTRA)
    async with owner.begin() as connection:
        for statement in MORE:
            await connection.execute(text(statement))
    return action


def changing(tool: str, **arguments: JsonValue) -> PlannedCall:
    return PlannedCall(call="changing", key="changing#1", tool=tool, arguments=arguments)


async def read(action: Action, tool: str) -> dict[str, JsonValue]:
    """What a read returns."""
    return (await action.run(PlannedCall(call="reading", key="reading#1", tool=tool, arguments={}))).output


async def carried_out(action: Action, call: PlannedCall) -> dict[str, JsonValue]:
    """Preview, approve, execute, and once more, which changes nothing; the tool's output."""
    plan = await action.preview(call)
    first, again = [await action.run(call, plan) for _ in range(2)]
    assert first == again
    assert first.status == "succeeded", first.message
    return first.output


async def carried_out_by_another(action: Action, call: PlannedCall) -> dict[str, JsonValue]:
    """The same, as another action of the same customer."""
    return await carried_out(Action(action.sessions, id=f"{action.id[:-1]}9", subject=action.subject), call)


async def rule_of_refusal(action: Action, everything: Everything, call: PlannedCall) -> str:
    """The clause that a call is refused for, in the preview as in the execution; nothing has changed."""
    before = await everything()
    with pytest.raises(ToolRefused) as refused:
        await action.preview(call)
    approved = make_plan(action.id, [(call, [])])
    assert await action.run(call, approved) == CallResult(status="failed", message=refused.value.reason)
    assert await everything() == before
    assert refused.value.reason.endswith(f" ({refused.value.rule})")
    assert refused.value.rule in load_policy().clauses
    return refused.value.rule


async def payments(sql: Sql, order_id: str) -> list[tuple[object, ...]]:
    """The order's payments and refunds, in order: kind, amount, method."""
    rows = await sql(
        "SELECT transaction_type, amount, payment_method_id FROM shop.order_payments"
        f" WHERE order_id = '{order_id}' ORDER BY position"
    )
    return [tuple(row) for row in rows]


async def balance(sql: Sql, payment_method_id: str) -> Decimal:
    [[found]] = await sql(f"SELECT balance FROM shop.payment_methods WHERE payment_method_id = '{payment_method_id}'")
    return cast(Decimal, found)


async def items(sql: Sql, order_id: str) -> list[tuple[object, ...]]:
    """The order's lines: item, price, style."""
    rows = await sql(
        f"SELECT item_id, price, options ->> 'style' FROM shop.order_items WHERE order_id = '{order_id}'"
        " ORDER BY position"
    )
    return [tuple(row) for row in rows]
