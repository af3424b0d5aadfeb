"""Refunds of several payments in one call: what has moved is booked, what has not does not count."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from leverframe.contracts.plan import PlannedCall
from tests.support.faulty_proxy import FaultyProxy, Request, faulty_proxy
from tests.support.stripe_double import KEY, StripeDouble
from tests.support.two_customers import CARD_ORDER, Action, Sql, cancelling, refunding, reinstating
from tools.errors import Unreachable
from tools.outside import Outside
from tools.shop.stripe_client import StripeRefunds


@pytest.fixture
async def proxy(stripe_server: StripeDouble) -> AsyncIterator[FaultyProxy]:
    async with faulty_proxy(stripe_server.port) as proxy:
        yield proxy


@pytest.fixture
async def payments(action: Action, stripe_server: StripeDouble, sql: Sql) -> list[str]:
    """The card order was paid in two parts, both at the provider: 54.10 and 10.00."""
    await sql(
        "INSERT INTO shop.order_payments (payment_id, order_id, position, customer_id, transaction_type, amount,"
        " payment_method_id) SELECT gen_random_uuid(), order_id, 2, customer_id, 'payment', 10.00, payment_method_id"
        f" FROM shop.order_payments WHERE order_id = '{CARD_ORDER}'"
    )
    intents = [stripe_server.pay(5410), stripe_server.pay(1000)]
    for position, intent in enumerate(intents, start=1):
        await sql(
            f"UPDATE shop.order_payments SET provider_payment = '{intent}'"
            f" WHERE order_id = '{CARD_ORDER}' AND position = {position}"
        )
    return intents


@pytest.fixture
async def refunder(action: Action, proxy: FaultyProxy, payments: list[str]) -> AsyncIterator[Action]:
    client = StripeRefunds(KEY, proxy.url)
    yield replace(action, outside=Outside(client))
    await client.close()


def about(tool: str, key: str) -> PlannedCall:
    return PlannedCall(call="noting", key=key, tool=f"payments.{tool}", arguments={})


async def books(sql: Sql) -> Sequence[Sequence[object]]:
    return await sql(
        "SELECT amount, failure, pending FROM shop.order_payments WHERE transaction_type = 'refund' ORDER BY position"
    )


def answers(proxy: FaultyProxy, stripe: StripeDouble, *statuses: str) -> None:
    """What the provider says of the next refunds, one after the other; ``refused``: it makes none."""
    left = list(statuses)

    def edit(request: Request, told: dict[str, Any]) -> None:
        if request.refunds and left:
            told["status"] = left.pop(0)
            stripe.turn(told["id"], told["status"])
        if left and left[0] == "refused":
            left.pop(0)
            proxy.goes_wrong("refused")

    proxy.edit = edit


@pytest.mark.parametrize(
    ("second", "reason"), [("failed", "failed"), ("refused", "the payment provider has no such refund")]
)
async def test_where_the_second_comes_to_nothing_the_first_is_booked_all_the_same(
    refunder: Action,
    proxy: FaultyProxy,
    stripe_server: StripeDouble,
    payments: list[str],
    sql: Sql,
    second: str,
    reason: str,
) -> None:
    plan = await refunder.preview(cancelling(), refunding())
    await refunder.run(cancelling(), plan)
    answers(proxy, stripe_server, "succeeded", second)
    done = await refunder.run(refunding(), plan)
    assert done.status == "pending"
    assert await refunder.run(refunding(), plan) == done, "tried again, it is told the same"
    assert len(proxy.asked) == 2
    assert (await refunder.run(about("note_refunds", "noting#1"))).status == "succeeded"
    assert await books(sql) == [(Decimal("54.10"), None, None), (Decimal("10.00"), reason, None)]
    told = (await refunder.run(about("refund_status", "checking#1"))).output
    assert told["refund_noted"] is True
    assert {"status": "failed", "amount": "10.00", "payment_id": f"{CARD_ORDER}/2"}.items() <= told["refund"].items()  # type: ignore[union-attr]
    refused = await refunder.run(reinstating())
    assert refused.status == "failed", "a part of the money has gone back"


@pytest.mark.parametrize("first", ["failed", "canceled"])
async def test_where_the_first_comes_to_nothing_the_second_is_not_asked_for(
    refunder: Action, proxy: FaultyProxy, stripe_server: StripeDouble, sql: Sql, first: str
) -> None:
    plan = await refunder.preview(cancelling(), refunding())
    await refunder.run(cancelling(), plan)
    answers(proxy, stripe_server, first)
    assert (await refunder.run(refunding(), plan)).status == "failed"
    assert len(proxy.asked) == 1
    assert await books(sql) == []
    assert (await refunder.run(reinstating())).status == "succeeded"


async def test_an_order_is_not_reinstated_while_money_may_be_on_its_way(
    refunder: Action, proxy: FaultyProxy, stripe_server: StripeDouble, sql: Sql, payments: list[str]
) -> None:
    """The refund was made, its answer lost, and nobody came to book it."""
    plan = await refunder.preview(cancelling(), refunding())
    await refunder.run(cancelling(), plan)
    proxy.goes_wrong("reset after")
    with pytest.raises(Unreachable):
        await refunder.run(refunding(), plan)
    assert await books(sql) == []
    assert "has been refunded" in (await refunder.run(reinstating())).message
    stripe_server.turn(stripe_server.refunds(payments[0])[0]["id"], "failed")
    assert (await refunder.run(reinstating())).status == "succeeded"


async def test_what_is_noted_already_is_not_written_again(
    refunder: Action, proxy: FaultyProxy, stripe_server: StripeDouble, sql: Sql, payments: list[str]
) -> None:
    plan = await refunder.preview(cancelling(), refunding())
    await refunder.run(cancelling(), plan)
    answers(proxy, stripe_server, "pending", "pending")
    await refunder.run(refunding(), plan)
    await refunder.run(about("note_refunds", "noting#1"))
    assert [row[2] for row in await books(sql)] == [True, True]
    await refunder.run(about("note_refunds", "noting#2"))
    changes = await sql(
        "SELECT jsonb_array_length(body -> 'changes') FROM leverframe.ledger"
        " WHERE key LIKE 'effect:noting%' ORDER BY seq"
    )
    assert [row[0] for row in changes] == [2, 0]
    other = replace(refunder, id=f"{refunder.id}-2")
    assert (await other.run(about("refund_status", "checking#1"))).output["refund"]["status"] == "none"  # type: ignore[index, call-overload]
