"""What a machine gets to know of a customer's orders, of the shelf and of the ways to pay; and nothing of others."""

from tests.support.two_customers import BOB, CARD_ORDER, GIFT_ORDER, SHIPPED, Action, Sql
from tests.tools.shelf import (
    ARRIVED,
    BRASS,
    CARD,
    CLOSED,
    GIFT,
    GONE,
    LAMP_ID,
    ON_GIFT,
    PAYPAL,
    PENDING,
    RICH,
    SENT,
    SMALL,
    TALL,
    VASE_ID,
    carried_out,
    changing,
    read,
)

VASE = {"item_id": VASE_ID, "name": "Vase", "options": {"style": "standard"}, "price": "30.00", "quantity": 1}


async def test_orders_are_told_with_their_items_one_by_one_newest_first(ann: Action) -> None:
    orders = (await read(ann, "orders.details"))["orders"]
    assert isinstance(orders, list)
    ids = [order["order_id"] for order in orders if isinstance(order, dict)]
    assert ids == [PENDING, ARRIVED, ON_GIFT, SENT, CARD_ORDER, GIFT_ORDER, SHIPPED]
    assert orders[2] == {
        "order_id": ON_GIFT,
        "status": "pending",
        "placed_on": "2026-05-04",
        "total": "30.00",
        "payment_method_ids": [GIFT],
        "items": [VASE],
    }
    first = orders[0]
    assert isinstance(first, dict)
    lines = first["items"]
    assert isinstance(lines, list)
    assert [line["item_id"] for line in lines if isinstance(line, dict)] == [LAMP_ID, VASE_ID, LAMP_ID]
    assert "Elm" not in str(orders)


async def test_the_method_that_pays_now_is_the_one_that_is_told(ann: Action) -> None:
    await carried_out(ann, changing("orders.change_payment", order_id=PENDING, payment_method_id=PAYPAL))
    orders = (await read(ann, "orders.details"))["orders"]
    assert isinstance(orders, list)
    assert [order["payment_method_ids"] for order in orders[:2] if isinstance(order, dict)] == [[PAYPAL], [CARD]]


async def test_variants_are_the_others_of_the_product_that_are_on_the_shelf(ann: Action, sql: Sql) -> None:
    variants = (await read(ann, "products.variants"))["variants"]
    assert isinstance(variants, dict)
    brass = {"item_id": BRASS, "options": {"style": "brass"}, "price": "45.50"}
    small = {"item_id": SMALL, "options": {"style": "small"}, "price": "31.00"}
    assert variants[LAMP_ID] == [brass, small]
    assert variants[VASE_ID] == [{"item_id": TALL, "options": {"style": "tall"}, "price": "30.00"}]
    assert [found for item, found in variants.items() if item not in (LAMP_ID, VASE_ID)] == [[]], "the bottle has none"
    assert GONE not in str(variants)
    await sql("UPDATE shop.orders SET status = 'processed' WHERE status <> 'cancelled'")
    assert await read(ann, "products.variants") == {"variants": {}}


async def test_payment_methods_are_the_open_ones_in_words(ann: Action) -> None:
    methods = (await read(ann, "payment_methods.list"))["payment_methods"]
    assert isinstance(methods, list)
    by_id = {method["payment_method_id"]: method for method in methods if isinstance(method, dict)}
    assert set(by_id) == {CARD, GIFT, PAYPAL, RICH}
    assert by_id[RICH] == {
        "payment_method_id": RICH,
        "kind": "gift card",
        "description": "gift card",
        "balance": "500.00",
    }
    assert (by_id[PAYPAL]["kind"], by_id[PAYPAL]["balance"]) == ("PayPal", None)
    assert by_id[CARD]["kind"] == "credit card"
    assert str(by_id[CARD]["description"]).startswith("credit card ending ")
    assert CLOSED not in by_id


async def test_another_customer_is_told_nothing_of_these(ann: Action) -> None:
    bobs = Action(ann.sessions, subject=BOB)
    tools = ("orders.details", "payment_methods.list", "products.variants", "customers.addresses")
    told = str([await read(bobs, tool) for tool in tools])
    assert not [secret for secret in (PENDING, ON_GIFT, SENT, RICH, PAYPAL, CARD, VASE_ID, TALL) if secret in told]
