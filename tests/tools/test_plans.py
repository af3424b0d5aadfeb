"""What was previewed is what is committed, once, or nothing is."""

import asyncio
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from leverframe.contracts.calling import CallResult
from leverframe.contracts.plan import Plan, PlannedCall, RowChange
from leverframe.digest import make_plan
from tests.support.two_customers import (
    ANN,
    BOB,
    BOBS,
    CARD_ORDER,
    GIFT_ORDER,
    SHIPPED,
    Action,
    Everything,
    Sql,
    cancelling,
    refunding,
    reinstating,
)
from tools.errors import LedgerConflict, NotApproved, ToolRefused, WrongTool

CARD = f"(SELECT payment_method_id FROM shop.order_payments WHERE order_id = '{CARD_ORDER}' LIMIT 1)"
GIFT = f"(SELECT payment_method_id FROM shop.order_payments WHERE order_id = '{GIFT_ORDER}' LIMIT 1)"


async def refunded(sql: Sql, order_id: str = CARD_ORDER) -> Decimal:
    """How much money has gone back for an order."""
    rows = await sql(
        "SELECT coalesce(sum(amount), 0) FROM shop.order_payments"
        f" WHERE order_id = '{order_id}' AND transaction_type = 'refund'"
    )
    return Decimal(str(rows[0][0]))


async def test_a_preview_shows_every_row_and_changes_nothing(action: Action, everything: Everything) -> None:
    before = await everything()
    plan = await action.preview(cancelling(GIFT_ORDER), refunding(GIFT_ORDER))
    assert await everything() == before
    cancelled, back = plan.calls
    assert cancelled.changes == (
        RowChange(
            table="orders",
            key={"order_id": GIFT_ORDER},
            before={"status": "pending", "version": 2, "cancel_reason": None, "cancelled_by_action": None},
            after={
                "status": "cancelled",
                "version": 3,
                "cancel_reason": "no longer needed",
                "cancelled_by_action": action.id,
            },
        ),
    )
    refund, card = back.changes
    assert refund.table == "order_payments"
    assert refund.before is None
    assert refund.after is not None
    assert (refund.after["amount"], refund.after["transaction_type"]) == ("40.00", "refund")
    assert (card.table, card.before, card.after) == ("payment_methods", {"balance": "20.00"}, {"balance": "60.00"})
    assert not any(name in str(plan) for name in (ANN, "created_at", "placed_at")), "no user and no clock in a plan"


async def test_two_previews_agree_and_another_action_has_another_plan(action: Action) -> None:
    calls = (cancelling(), refunding())
    plan = await action.preview(*calls)
    assert await action.preview(*calls) == plan
    other = await Action(action.sessions, id=f"{action.id}-2").preview(*calls)
    assert other.digest != plan.digest


async def test_execution_commits_exactly_the_plan(action: Action, sql: Sql) -> None:
    plan = await action.preview(cancelling(GIFT_ORDER), refunding(GIFT_ORDER))
    assert (await action.run(cancelling(GIFT_ORDER), plan)).status == "succeeded"
    assert (await action.run(refunding(GIFT_ORDER), plan)).status == "succeeded"
    assert await sql(
        f"SELECT status, cancel_reason, cancelled_by_action, version FROM shop.orders WHERE order_id = '{GIFT_ORDER}'"
    ) == [("cancelled", "no longer needed", action.id, 3)]
    assert await sql(f"SELECT balance FROM shop.payment_methods WHERE payment_method_id = {GIFT}") == [
        (Decimal("60.00"),)
    ]
    committed = await sql("SELECT body -> 'changes', body ->> 'digest', body ->> 'plan' FROM leverframe.ledger")
    assert committed == [
        ([change.model_dump() for change in call.changes], call.digest, plan.digest) for call in plan.calls
    ]


MOVED = {
    "status there and back": f"""UPDATE shop.orders SET status = 'processed' WHERE order_id = '{CARD_ORDER}';
        UPDATE shop.orders SET status = 'pending' WHERE order_id = '{CARD_ORDER}'""",
    "delivery address": f"UPDATE shop.orders SET city = 'Austin' WHERE order_id = '{CARD_ORDER}'",
    "price of an item": f"UPDATE shop.order_items SET price = 1 WHERE order_id = '{CARD_ORDER}' AND position = 1",
    "an item less": f"DELETE FROM shop.order_items WHERE order_id = '{CARD_ORDER}' AND position = 2",
    "a parcel sent": f"INSERT INTO shop.fulfilments VALUES ('{CARD_ORDER}', 1, '{ANN}', '{{}}', '{{}}')",
    "payment amount": f"UPDATE shop.order_payments SET amount = 54.11 WHERE order_id = '{CARD_ORDER}'",
    "a second payment": f"""INSERT INTO shop.order_payments SELECT gen_random_uuid(), order_id, 2, customer_id,
        'payment', 5, payment_method_id FROM shop.order_payments WHERE order_id = '{CARD_ORDER}'""",
    "a partial refund": f"""INSERT INTO shop.order_payments SELECT gen_random_uuid(), order_id, 2, customer_id,
        'refund', 5, payment_method_id, payment_id FROM shop.order_payments WHERE order_id = '{CARD_ORDER}'""",
    "a full refund": f"""INSERT INTO shop.order_payments SELECT gen_random_uuid(), order_id, 2, customer_id,
        'refund', amount, payment_method_id, payment_id FROM shop.order_payments WHERE order_id = '{CARD_ORDER}'""",
    "payment method closed": f"UPDATE shop.payment_methods SET closed = true WHERE payment_method_id = {CARD}",
}


@pytest.mark.parametrize("moved", MOVED)
async def test_data_that_moved_since_the_preview_stops_everything(
    moved: str, action: Action, sql: Sql, everything: Everything
) -> None:
    plan = await action.preview(cancelling(), refunding())
    for statement in MOVED[moved].split(";"):
        await sql(statement)
    before = await everything()
    result = await action.run(cancelling(), plan)
    assert result.status == "stale"
    assert result.message
    assert await everything() == before


async def test_a_gift_card_used_meanwhile_makes_the_plan_stale(
    action: Action, sql: Sql, everything: Everything
) -> None:
    plan = await action.preview(cancelling(GIFT_ORDER), refunding(GIFT_ORDER))
    await sql(f"UPDATE shop.payment_methods SET balance = 19.99 WHERE payment_method_id = {GIFT}")
    before = await everything()
    assert (await action.run(cancelling(GIFT_ORDER), plan)).status == "stale"
    assert await everything() == before
    fresh = await action.preview(cancelling(GIFT_ORDER), refunding(GIFT_ORDER))
    assert fresh.digest != plan.digest
    assert (await action.run(cancelling(GIFT_ORDER), fresh)).status == "succeeded"


async def test_an_order_shipped_meanwhile_is_refused(action: Action, sql: Sql, everything: Everything) -> None:
    plan = await action.preview(cancelling(), refunding())
    await sql(f"UPDATE shop.orders SET status = 'processed' WHERE order_id = '{CARD_ORDER}'")
    before = await everything()
    result = await action.run(cancelling(), plan)
    assert (result.status, "processed" in result.message) == ("failed", True)
    assert result.message.endswith(" (CANCEL-PENDING)")
    assert await everything() == before


async def test_the_balance_moving_between_the_two_calls_makes_the_refund_stale(action: Action, sql: Sql) -> None:
    plan = await action.preview(cancelling(GIFT_ORDER), refunding(GIFT_ORDER))
    await action.run(cancelling(GIFT_ORDER), plan)
    await sql(f"UPDATE shop.payment_methods SET balance = 1 WHERE payment_method_id = {GIFT}")
    assert (await action.run(refunding(GIFT_ORDER), plan)).status == "stale"
    assert await refunded(sql, GIFT_ORDER) == 0
    again = await action.preview(refunding(GIFT_ORDER))
    assert (await action.run(refunding(GIFT_ORDER), again)).status == "succeeded"
    assert await refunded(sql, GIFT_ORDER) == 40


async def test_a_method_closed_between_the_two_calls_fails_the_refund_and_the_order_is_reinstated(
    action: Action, sql: Sql
) -> None:
    plan = await action.preview(cancelling(), refunding())
    await action.run(cancelling(), plan)
    await sql(f"UPDATE shop.payment_methods SET closed = true WHERE payment_method_id = {CARD}")
    result = await action.run(refunding(), plan)
    assert (result.status, "closed" in result.message) == ("failed", True)
    assert (await action.run(reinstating())).output == {"order_id": CARD_ORDER, "status": "pending"}
    assert await refunded(sql) == 0
    assert await sql("SELECT count(*) FROM shop.orders WHERE cancelled_by_action IS NOT NULL") == [(0,)]


async def test_half_of_a_plan_is_not_run(action: Action, sql: Sql) -> None:
    plan = await action.preview(cancelling(), refunding())
    result = await action.run(refunding(), plan)
    assert result.status == "stale"
    assert await refunded(sql) == 0


async def test_a_retry_after_a_lost_report_returns_the_first_result(action: Action, sql: Sql) -> None:
    """The worker dies between commit and report: what was committed is not done again."""
    plan = await action.preview(cancelling(), refunding())
    first = [await action.run(call, plan) for call in (cancelling(), refunding())]
    for _ in range(3):
        assert [await action.run(call, plan) for call in (cancelling(), refunding())] == first
    assert await refunded(sql) == Decimal("54.10")
    assert await sql("SELECT count(*) FROM leverframe.ledger") == [(2,)]


async def test_a_connection_lost_before_commit_leaves_nothing_and_the_retry_succeeds(
    action: Action, sql: Sql, owner: AsyncEngine, everything: Everything
) -> None:
    plan = await action.preview(cancelling(), refunding())
    before = await everything()
    async with owner.begin() as other:
        await other.execute(text(f"SELECT FROM shop.orders WHERE order_id = '{CARD_ORDER}' FOR UPDATE"))
        running = asyncio.create_task(action.run(cancelling(), plan))
        waiting = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'leverframe_tools'"
        while not await sql(f"SELECT pg_terminate_backend(pid) {waiting}"):
            await asyncio.sleep(0)
        with pytest.raises(OperationalError):
            await running
    assert await everything() == before
    assert (await action.run(cancelling(), plan)).status == "succeeded"


async def test_workers_that_run_the_same_call_at_once_have_one_effect(action: Action, sql: Sql) -> None:
    plan = await action.preview(cancelling(GIFT_ORDER), refunding(GIFT_ORDER))
    for call in (cancelling(GIFT_ORDER), refunding(GIFT_ORDER)):
        results = await asyncio.gather(*(action.run(call, plan) for _ in range(8)))
        assert {result.status for result in results} == {"succeeded"}
        assert all(result == results[0] for result in results)
    assert await refunded(sql, GIFT_ORDER) == 40
    assert await sql(f"SELECT balance FROM shop.payment_methods WHERE payment_method_id = {GIFT}") == [(60,)]
    assert await sql("SELECT count(*) FROM leverframe.ledger") == [(2,)]


async def test_two_actions_on_one_order_refund_it_once(action: Action, sql: Sql) -> None:
    actions = [action, Action(action.sessions, id=f"{action.id}-2")]
    plans = [await each.preview(cancelling(), refunding()) for each in actions]

    async def whole(each: Action, plan: Plan) -> list[CallResult]:
        return [await each.run(call, plan) for call in (cancelling(), refunding())]

    outcomes = await asyncio.gather(*(whole(*pair) for pair in zip(actions, plans, strict=True)))
    assert sorted(outcome[0].status for outcome in outcomes) == ["failed", "succeeded"]
    assert await refunded(sql) == Decimal("54.10")


def forged(plan: Plan, action: Action) -> dict[str, Plan | None]:
    first, second = plan.calls
    free = first.changes[0].model_copy(update={"after": {"status": "cancelled"}})
    return {
        "no plan": None,
        "a plan of other calls": make_plan(action.id, [(second.planned, second.changes)]),
        "a plan of another action": make_plan("order_cancellation-other", [(first.planned, first.changes)]),
        "another order": make_plan(action.id, [(cancelling(GIFT_ORDER), first.changes)]),
        "another key": make_plan(action.id, [(cancelling(key="cancelling#2"), first.changes)]),
        "another digest": plan.model_copy(update={"digest": "0" * 64}),
        "changes that were not approved": plan.model_copy(
            update={"calls": (first.model_copy(update={"changes": (free,)}), second)}
        ),
        "a call's digest that is not its own": plan.model_copy(
            update={"calls": (first.model_copy(update={"digest": second.digest}), second)}
        ),
        "a call left out": plan.model_copy(update={"calls": (first,)}),
        "calls in another order": plan.model_copy(update={"calls": (second, first)}),
        "an empty plan": make_plan(action.id, []),
    }


async def test_a_destructive_call_without_its_own_approved_plan_is_refused(
    action: Action, everything: Everything
) -> None:
    plan = await action.preview(cancelling(), refunding())
    before = await everything()
    for name, approved in forged(plan, action).items():
        with pytest.raises(NotApproved, match="nothing was run"):
            await action.run(cancelling(), approved)
        assert await everything() == before, name


async def test_a_plan_of_nothing_but_the_first_call_approves_no_more(action: Action, sql: Sql) -> None:
    """A genuine plan that an attacker had approved does not stretch."""
    plan = await action.preview(cancelling())
    assert (await action.run(cancelling(), plan)).status == "succeeded"
    with pytest.raises(NotApproved):
        await action.run(refunding(), plan)
    assert await refunded(sql) == 0


async def test_a_plan_with_made_up_changes_is_stale(action: Action, everything: Everything) -> None:
    """Even a plan whose digests fit is compared with what the database really does."""
    genuine = await action.preview(cancelling())
    made_up = genuine.calls[0].changes[0].model_copy(update={"after": {"status": "pending"}})
    before = await everything()
    assert (await action.run(cancelling(), make_plan(action.id, [(cancelling(), [made_up])]))).status == "stale"
    assert await everything() == before


async def test_one_key_is_one_call(action: Action) -> None:
    plan = await action.preview(cancelling())
    await action.run(cancelling(), plan)
    other = cancelling(GIFT_ORDER)
    with pytest.raises(LedgerConflict):
        await action.run(other, await action.preview(other))


@pytest.mark.parametrize(
    ("call", "words", "rule"),
    [
        (cancelling(SHIPPED), "is delivered; only a pending order", "CANCEL-PENDING"),
        (cancelling(BOBS), "has no order", "OWN-ORDERS"),
        (cancelling("W1000001"), "has no order", "OWN-ORDERS"),
        (cancelling(reason="it is ugly"), "no longer needed or ordered by mistake", "CANCEL-REASON"),
        (cancelling("#W9999999"), "has no order", "OWN-ORDERS"),
        (refunding(), "was not cancelled by this action", "CANCEL-REFUND"),
        (refunding(BOBS), "has no order", "OWN-ORDERS"),
    ],
)
async def test_a_rule_refuses_in_words_and_is_named(action: Action, call: PlannedCall, words: str, rule: str) -> None:
    with pytest.raises(ToolRefused, match=words) as refused:
        await action.preview(call)
    assert refused.value.rule == rule
    assert refused.value.reason.endswith(f" ({rule})")


async def test_a_refund_does_not_happen_twice(action: Action, sql: Sql) -> None:
    plan = await action.preview(cancelling(), refunding())
    await action.run(cancelling(), plan)
    await action.run(refunding(), plan)
    again = refunding(key="refunding#2")
    with pytest.raises(ToolRefused, match="left to refund"):
        await action.preview(again)
    with pytest.raises(SQLAlchemyError, match="exceeds what was captured"):
        await sql(
            "INSERT INTO shop.order_payments SELECT gen_random_uuid(), order_id, 9, customer_id, 'refund', 0.01,"
            f" payment_method_id, payment_id FROM shop.order_payments WHERE order_id = '{CARD_ORDER}' AND position = 1"
        )


async def test_only_the_action_that_cancelled_reinstates_and_only_before_money_moved(action: Action) -> None:
    assert (await action.run(reinstating())).status == "failed"
    plan = await action.preview(cancelling(), refunding())
    await action.run(cancelling(), plan)
    other = Action(action.sessions, id=f"{action.id}-2")
    assert (await other.run(reinstating())).status == "failed"
    with pytest.raises(ToolRefused, match="not cancelled by this action"):
        await other.preview(refunding())
    await action.run(refunding(), plan)
    result = await action.run(reinstating())
    assert (result.status, "has been refunded" in result.message) == ("failed", True)


async def test_orders_are_listed_as_facts_newest_first(action: Action) -> None:
    result = await action.run(PlannedCall(call="reading", key="reading#1", tool="orders.list", arguments={}))
    orders = result.output["orders"]
    assert isinstance(orders, list)
    assert [order["order_id"] for order in orders if isinstance(order, dict)] == [CARD_ORDER, GIFT_ORDER, SHIPPED]
    lamp = orders[1]["items"][0]["item_id"]  # type: ignore[index, call-overload]
    assert isinstance(lamp, str)
    assert orders[1] == {
        "order_id": GIFT_ORDER,
        "status": "pending",
        "placed_on": "2026-05-02",
        "total": "40.00",
        "items": [{"item_id": lamp, "name": "Desk Lamp", "quantity": 1, "price": "40.00"}],
        "payment_method": "gift card",
    }
    bobs = await Action(action.sessions, subject=BOB).run(
        PlannedCall(call="reading", key="reading#1", tool="orders.list", arguments={})
    )
    assert CARD_ORDER not in str(bobs.output)


async def test_a_read_is_not_planned_nor_are_two_calls_of_one_key(action: Action) -> None:
    with pytest.raises(WrongTool, match="only reads"):
        await action.preview(PlannedCall(call="reading", key="reading#1", tool="orders.list", arguments={}))
    with pytest.raises(WrongTool, match="different keys"):
        await action.preview(cancelling(), refunding(key=cancelling().key))
    with pytest.raises(WrongTool):
        await action.preview()
