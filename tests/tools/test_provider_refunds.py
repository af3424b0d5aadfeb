"""Money at a payment provider: planned, moved once, found again, and noted when it came back."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from pydantic import JsonValue
from sqlalchemy.exc import DBAPIError

from leverframe.contracts.calling import CallResult
from leverframe.contracts.plan import Plan, PlannedCall
from leverframe.digest import make_plan
from tests.support.faulty_proxy import Fault, FaultyProxy, faulty_proxy
from tests.support.stripe_double import KEY, StripeDouble
from tests.support.two_customers import ANN, BOB, CARD_ORDER, GIFT_ORDER, Action, Everything, Sql, cancelling, refunding
from tools.errors import NotConnected, ToolRefused, Unreachable
from tools.outside import Outside
from tools.shop.stripe_client import StripeRefunds

PAYMENT = f"{CARD_ORDER}/1"
PAID = 5410


@pytest.fixture
async def proxy(stripe_server: StripeDouble) -> AsyncIterator[FaultyProxy]:
    async with faulty_proxy(stripe_server.port) as proxy:
        yield proxy


@pytest.fixture
async def refunds(proxy: FaultyProxy) -> AsyncIterator[StripeRefunds]:
    client = StripeRefunds(KEY, proxy.url)
    yield client
    await client.close()


@pytest.fixture
async def paid(action: Action, stripe_server: StripeDouble, sql: Sql) -> str:
    """The card order's payment, at the provider."""
    intent = stripe_server.pay(PAID)
    await sql(f"UPDATE shop.order_payments SET provider_payment = '{intent}' WHERE order_id = '{CARD_ORDER}'")
    return intent


@pytest.fixture
def refunder(action: Action, refunds: StripeRefunds, paid: str) -> Action:
    return replace(action, outside=Outside(refunds))


def part(amount: str, payment: str = PAYMENT, visit: int = 1) -> PlannedCall:
    return PlannedCall(
        call="refunding",
        key=f"refunding#{visit}",
        tool="payments.refund_partly",
        arguments={"payment_id": payment, "amount": amount},
    )


def about(tool: str, payment: str = PAYMENT) -> PlannedCall:
    return PlannedCall(call="checking", key="checking#1", tool=f"payments.{tool}", arguments={"payment_id": payment})


async def patiently(action: Action, planned: PlannedCall, plan: Plan | None = None, tries: int = 5) -> CallResult:
    """As Temporal does: again and again, as long as trying again may help."""
    for _ in range(tries):
        try:
            return await action.run(planned, plan)
        except Unreachable:
            continue
    raise AssertionError("it was never carried out")


async def books(sql: Sql) -> Sequence[Sequence[object]]:
    return await sql(
        "SELECT payment_id::text, amount, failure FROM shop.order_payments WHERE transaction_type = 'refund'"
    )


async def status_of(action: Action) -> JsonValue:
    return (await action.run(about("refund_status"))).output["refund"]


async def test_a_preview_shows_the_request_and_sends_nothing(
    refunder: Action, proxy: FaultyProxy, paid: str, everything: Everything
) -> None:
    before = await everything()
    plan = await refunder.preview(part("12.50"))
    assert await everything() == before
    row, request = plan.calls[0].changes
    assert row.table == "order_payments"
    assert (request.table, request.before) == ("stripe.refunds", None)
    assert request.key == {"idempotency_key": row.key["payment_id"]}
    assert request.after == {"method": "refund", "payment": paid, "amount": "12.50", "currency": "USD"}
    assert proxy.asked == []
    assert await refunder.preview(part("12.50")) == plan


async def test_an_approved_refund_moves_the_money_once(
    refunder: Action, stripe_server: StripeDouble, paid: str, sql: Sql
) -> None:
    plan = await refunder.preview(part("12.50"))
    done = await refunder.run(part("12.50"), plan)
    assert done.status == "succeeded"
    assert await refunder.run(part("12.50"), plan) == done
    (refund,) = stripe_server.refunds(paid)
    ((refund_id, amount, failure),) = await books(sql)
    assert (refund["amount"], amount, failure) == (1250, Decimal("12.50"), None)
    assert refund["metadata"] == {"leverframe_action": refunder.id, "leverframe_refund": refund_id}
    assert await status_of(refunder) == {
        "payment_id": PAYMENT,
        "amount": "12.50",
        "status": "succeeded",
        "reason": "",
    }
    rows = await sql("SELECT body -> 'answers' FROM leverframe.ledger WHERE kind = 'effect'")
    assert rows[0][0] == [{"refund": refund["id"], "status": "succeeded"}]


FAULTS: list[tuple[Fault, bool]] = [
    ("timeout before", False),
    ("timeout after", True),
    ("500 before", False),
    ("500 after", True),
    ("429", False),
    ("409", False),
    ("reset before", False),
    ("reset after", True),
    ("garbage", True),
    ("other json", True),
    ("half an answer", True),
    ("huge", True),
    ("redirect", False),
]


@pytest.mark.parametrize(("fault", "moved"), FAULTS)
async def test_whatever_goes_wrong_the_money_moves_once_and_is_found_again(
    refunder: Action, proxy: FaultyProxy, stripe_server: StripeDouble, paid: str, sql: Sql, fault: Fault, moved: bool
) -> None:
    plan = await refunder.preview(part("12.50"))
    proxy.goes_wrong(fault)
    with pytest.raises(Unreachable):
        await refunder.run(part("12.50"), plan)
    assert await books(sql) == []
    assert len(stripe_server.refunds(paid)) == moved
    assert (await patiently(refunder, part("12.50"), plan)).status == "succeeded"
    assert [refund["amount"] for refund in stripe_server.refunds(paid)] == [1250]
    assert len(await books(sql)) == 1
    keys = {request.headers.get("idempotency-key") for request in proxy.asked}
    assert keys == {plan.calls[0].changes[1].key["idempotency_key"]}
    assert len(proxy.asked) == (1 if moved else 2), "what was found is not asked for again"


@pytest.mark.parametrize("fault", ["slow", "doubled answer"])
async def test_what_comes_late_or_twice_is_one_answer(
    refunder: Action, proxy: FaultyProxy, stripe_server: StripeDouble, paid: str, fault: Fault
) -> None:
    plan = await refunder.preview(part("12.50"))
    proxy.goes_wrong(fault)
    assert (await refunder.run(part("12.50"), plan)).status == "succeeded"
    assert (await refunder.run(about("refund_status"))).status == "succeeded"
    assert (len(proxy.asked), len(stripe_server.refunds(paid))) == (1, 1)


async def test_a_provider_that_asks_for_patience_is_left_alone_for_as_long(
    refunder: Action, proxy: FaultyProxy, paid: str
) -> None:
    plan = await refunder.preview(part("12.50"))
    proxy.goes_wrong("429")
    with pytest.raises(Unreachable, match="RateLimitError, HTTP 429") as later:
        await refunder.run(part("12.50"), plan)
    assert later.value.after == timedelta(seconds=7)


@pytest.mark.parametrize("fault", ["timeout before", "500 before", "429", "garbage", "other json", "huge"])
async def test_a_provider_that_cannot_be_read_moves_nothing(
    refunder: Action, proxy: FaultyProxy, stripe_server: StripeDouble, paid: str, sql: Sql, fault: Fault
) -> None:
    plan = await refunder.preview(part("12.50"))
    proxy.goes_wrong(fault, on_reads=True)
    with pytest.raises(Unreachable):
        await refunder.run(part("12.50"), plan)
    assert proxy.asked == []
    assert (await patiently(refunder, part("12.50"), plan)).status == "succeeded"
    assert len(stripe_server.refunds(paid)) == 1


async def test_a_refusal_of_the_provider_is_final_and_writes_nothing(
    refunder: Action, proxy: FaultyProxy, stripe_server: StripeDouble, paid: str, everything: Everything, sql: Sql
) -> None:
    plan = await refunder.preview(part("12.50"))
    before = await everything()
    proxy.goes_wrong("refused")
    refused = await refunder.run(part("12.50"), plan)
    assert refused.status == "failed"
    assert refused.message == "The payment provider refuses: No more. (REFUND-PROVIDER)"
    after = await everything()
    assert len(after.pop("leverframe.outbox")) == 1
    assert after == {table: rows for table, rows in before.items() if table != "leverframe.outbox"}
    assert await sql("SELECT state, answer ->> 'told' FROM leverframe.outbox") == [
        ("refused", '{"refused": "The payment provider refuses: No more.", "rule": "REFUND-PROVIDER"}')
    ]
    assert await refunder.run(part("12.50"), plan) == refused, "it is not asked again"
    assert len(proxy.asked) == 1
    assert stripe_server.refunds(paid) == []


async def test_a_key_that_the_provider_does_not_take_is_told_and_not_tried_again(
    action: Action, paid: str, proxy: FaultyProxy
) -> None:
    client = StripeRefunds("no key", proxy.url)
    try:
        with pytest.raises(NotConnected, match="LEVERFRAME_STRIPE_API_KEY"):
            await replace(action, outside=Outside(client)).preview(part("1.00"))
    finally:
        await client.close()


async def test_without_access_nothing_of_the_provider_is_planned(action: Action, paid: str) -> None:
    with pytest.raises(NotConnected, match="LEVERFRAME_STRIPE_API_KEY"):
        await action.preview(part("1.00"))


@pytest.mark.parametrize("amount", ["54.11", "54.10", "1000.00", "0.00"])
async def test_never_above_what_the_books_have_left(refunder: Action, sql: Sql, amount: str) -> None:
    # 54.10 was paid at the provider, of which the books know 54.10 less what went back.
    plan = await refunder.preview(part("0.01"))
    await refunder.run(part("0.01"), plan)
    other = replace(refunder, id=f"{refunder.id}-2")
    with pytest.raises(ToolRefused, match=r"cannot go back .*\(REFUND-CAPTURED\)"):
        await other.preview(part(amount))


async def test_never_above_what_the_provider_has_left(
    refunder: Action, stripe_server: StripeDouble, paid: str, sql: Sql
) -> None:
    plan = await refunder.preview(part("50.00"))
    stripe_server.refund(paid, 500)
    refused = await refunder.run(part("50.00"), plan)
    assert refused.status == "failed"
    assert "49.10 left" in refused.message
    assert [refund["amount"] for refund in stripe_server.refunds(paid)] == [500]
    assert await books(sql) == []


async def test_a_refund_that_failed_at_the_provider_leaves_room_again(
    refunder: Action, stripe_server: StripeDouble, paid: str
) -> None:
    stripe_server.turn(stripe_server.refund(paid, 5000), "failed")
    plan = await refunder.preview(part("54.10"))
    assert (await refunder.run(part("54.10"), plan)).status == "succeeded"


@pytest.mark.parametrize("amount", ["-1.00", "1", "1.5", "1e1", " 1.00", "1.00\n", "NaN", "١.٠٠"])
async def test_an_amount_has_one_form(refunder: Action, amount: str) -> None:
    with pytest.raises(Exception, match="amount"):
        await refunder.preview(part(amount))


async def test_a_payment_in_another_currency_is_not_refunded(
    refunder: Action, stripe_server: StripeDouble, sql: Sql
) -> None:
    intent = stripe_server.pay(PAID, "eur")
    await sql(f"UPDATE shop.order_payments SET provider_payment = '{intent}' WHERE order_id = '{CARD_ORDER}'")
    with pytest.raises(ToolRefused, match="is in EUR"):
        await refunder.preview(part("1.00"))


@pytest.mark.parametrize("payment", ["#W2000001/1", "#W9999999/1", f"{CARD_ORDER}/2"])
async def test_nobody_elses_payment(refunder: Action, payment: str) -> None:
    with pytest.raises(ToolRefused, match="OWN-ORDERS"):
        await refunder.preview(part("1.00", payment))


async def test_killed_between_the_money_and_the_commit(
    refunder: Action, proxy: FaultyProxy, stripe_server: StripeDouble, paid: str, sql: Sql
) -> None:
    plan = await refunder.preview(part("12.50"))
    proxy.goes_wrong("timeout after")
    killed = asyncio.create_task(refunder.run(part("12.50"), plan))
    await asyncio.wait_for(proxy.struck.wait(), 10)
    killed.cancel()
    with pytest.raises(asyncio.CancelledError):
        await killed
    assert await books(sql) == []
    assert (await refunder.run(part("12.50"), plan)).status == "succeeded"
    assert len(stripe_server.refunds(paid)) == 1
    assert await sql("SELECT state, tries FROM leverframe.outbox") == [("answered", 2)]


async def test_money_that_moved_before_the_data_did_is_a_persons_and_is_not_moved_again(
    refunder: Action, stripe_server: StripeDouble, proxy: FaultyProxy, paid: str, sql: Sql
) -> None:
    """The answer is lost, and before the next try another refund is booked: the rows would be others then."""
    plan = await refunder.preview(part("12.50"))
    proxy.goes_wrong("reset after")
    with pytest.raises(Unreachable):
        await refunder.run(part("12.50"), plan)
    other = replace(refunder, id=f"{refunder.id}-2")
    await other.run(part("1.00"), await other.preview(part("1.00")))
    for _ in range(2):
        left = await refunder.run(part("12.50"), plan)
        assert left.status == "unfinished"
        assert "It is not known whether what was asked of stripe.refunds has happened" in left.message
    assert sorted(refund["amount"] for refund in stripe_server.refunds(paid)) == [100, 1250]
    assert len(await books(sql)) == 1
    outbox = f"SELECT state, tries FROM leverframe.outbox WHERE action_id = '{refunder.id}'"
    assert await sql(outbox) == [("unknown", 1)]


async def test_two_tries_at_once(refunder: Action, stripe_server: StripeDouble, paid: str, sql: Sql) -> None:
    plan = await refunder.preview(part("12.50"))
    tries = await asyncio.gather(*(refunder.run(part("12.50"), plan) for _ in range(4)))
    assert {one.status for one in tries} == {"succeeded"}
    assert len(stripe_server.refunds(paid)) == 1
    assert len(await books(sql)) == 1


async def test_two_refunds_of_one_payment_at_once(
    refunder: Action, stripe_server: StripeDouble, paid: str, sql: Sql
) -> None:
    actions = [replace(refunder, id=f"{refunder.id}-{number}") for number in range(3)]
    plans = [await action.preview(part("40.00")) for action in actions]
    done = await asyncio.gather(*(action.run(part("40.00"), plan) for action, plan in zip(actions, plans, strict=True)))
    assert sorted(one.status for one in done) == ["failed", "failed", "succeeded"]
    assert [refund["amount"] for refund in stripe_server.refunds(paid)] == [4000]
    assert len(await books(sql)) == 1


async def test_a_refund_that_fails_later_is_noted_and_counts_no_more(
    refunder: Action, stripe_server: StripeDouble, paid: str, sql: Sql
) -> None:
    plan = await refunder.preview(part("54.10"))
    await refunder.run(part("54.10"), plan)
    void = about("void_refund")
    refused = await refunder.run(void)
    assert refused.status == "failed"
    assert "succeeded at the provider, so it counts" in refused.message

    stripe_server.turn(stripe_server.refunds(paid)[0]["id"], "failed")
    assert (await refunder.run(void)).status == "succeeded"
    ((_, _, failure),) = await books(sql)
    assert failure == "failed"
    status = await status_of(refunder)
    assert isinstance(status, dict)
    assert status["status"] == "failed"
    listed = (
        await refunder.run(PlannedCall(call="reading", key="reading#1", tool="payments.list_refundable", arguments={}))
    ).output
    payments = listed["payments"]
    assert isinstance(payments, list)
    assert {"payment_id": PAYMENT, "refundable": "54.10"}.items() <= payments[0].items()  # type: ignore[union-attr]
    assert (await refunder.run(void)).status == "succeeded"
    assert len(await books(sql)) == 1


async def test_a_cancelled_order_gets_its_money_from_the_provider_too(
    refunder: Action, stripe_server: StripeDouble, paid: str, proxy: FaultyProxy
) -> None:
    plan = await refunder.preview(cancelling(), refunding())
    assert (await refunder.run(cancelling(), plan)).status == "succeeded"
    assert proxy.asked == [], "what comes later in the plan is looked at, and not sent"
    proxy.goes_wrong("reset after")
    assert (await patiently(refunder, refunding(), plan)).status == "succeeded"
    assert [refund["amount"] for refund in stripe_server.refunds(paid)] == [PAID]


async def test_a_request_that_was_not_approved_is_not_sent(
    refunder: Action, stripe_server: StripeDouble, paid: str
) -> None:
    plan = await refunder.preview(part("12.50"))
    row, request = plan.calls[0].changes
    assert request.after is not None
    dearer = request.model_copy(update={"after": {**request.after, "amount": "1.00"}})
    forged = make_plan(refunder.id, [(part("12.50"), (row, dearer))])
    assert (await refunder.run(part("12.50"), forged)).status == "stale"
    assert stripe_server.refunds(paid) == []


async def test_a_payment_in_the_shops_own_books(action: Action, sql: Sql) -> None:
    gift = part("5.00", f"{GIFT_ORDER}/1")
    plan = await action.preview(gift)
    assert [change.table for change in plan.calls[0].changes] == ["order_payments", "payment_methods"]
    assert (await action.run(gift, plan)).status == "succeeded"
    state = (await action.run(about("refund_status", f"{GIFT_ORDER}/1"))).output["refund"]
    assert isinstance(state, dict)
    assert state["status"] == "booked"
    refused = await action.run(about("void_refund", f"{GIFT_ORDER}/1"))
    assert refused.status == "failed"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE shop.order_payments SET failure = NULL WHERE transaction_type = 'refund'",
        "UPDATE shop.order_payments SET failure = 'x' WHERE transaction_type = 'payment'",
        "UPDATE shop.order_payments SET provider_payment = 'pi_x' WHERE transaction_type = 'refund'",
        "UPDATE shop.order_payments SET provider_payment = 'pi_y'",
    ],
)
async def test_what_the_database_itself_refuses(
    refunder: Action, stripe_server: StripeDouble, paid: str, sql: Sql, statement: str
) -> None:
    await refunder.run(part("54.10"), await refunder.preview(part("54.10")))
    stripe_server.turn(stripe_server.refunds(paid)[0]["id"], "failed")
    await refunder.run(about("void_refund"))
    with pytest.raises(DBAPIError):
        await sql(statement)


async def test_listing_shows_the_users_own_payments_alone(action: Action) -> None:
    listing = PlannedCall(call="reading", key="reading#1", tool="payments.list_refundable", arguments={})
    output = (await action.run(listing)).output
    assert BOB not in str(output)
    assert ANN not in str(output)
    payments = output["payments"]
    assert isinstance(payments, list)
    assert payments[0] == {
        "payment_id": PAYMENT,
        "order_id": CARD_ORDER,
        "payment_method_id": payments[0]["payment_method_id"],  # type: ignore[index, call-overload]
        "description": payments[0]["description"],  # type: ignore[index, call-overload]
        "captured": "54.10",
        "refunded": "0.00",
        "refundable": "54.10",
    }
