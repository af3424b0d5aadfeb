"""A retail data set as rows of the shop. Pure."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from tools.shop.generator.rows import Shop
from tools.shop.models import Customer, Fulfilment, Order, OrderItem, OrderPayment, PaymentMethod, Product, Variant
from tools.shop.retail.form import CreditCard, GiftCard, OrderForm, PaymentForm, RetailData, UserForm
from tools.shop.retail.refunds import refunded

NEWEST = datetime(2024, 5, 1, 12, tzinfo=UTC)
"""When every user's first listed order counts as placed: the data name no dates. Each further one is a day older, so
that newest first is the sequence of the user's list."""
PAYMENTS = uuid5(NAMESPACE_URL, "leverframe:retail-payments")
"""Namespace of the payments' ids, which derive from order and position."""


def shop_of(data: RetailData) -> Shop:
    """The rows; ids and times are the same every time."""
    placed = placed_at(data)
    shop = Shop(
        customers=[_customer(user) for user in data.users.values()],
        payment_methods=[
            _method(user.user_id, method) for user in data.users.values() for method in user.payment_methods.values()
        ],
        products=[Product(product_id=product.product_id, name=product.name) for product in data.products.values()],
        variants=[
            Variant(product_id=product.product_id, **variant.model_dump())
            for product in data.products.values()
            for variant in product.variants.values()
        ],
    )
    for order in data.orders.values():
        shop.orders.append(_order(order, placed[order.order_id]))
        shop.items += _items(order)
        shop.payments += _payments(order, placed[order.order_id])
        shop.fulfilments += _parcels(order)
    return shop


def placed_at(data: RetailData) -> Mapping[str, datetime]:
    """A moment for every order, by its id."""
    return {
        order_id: NEWEST - timedelta(days=age)
        for user in data.users.values()
        for age, order_id in enumerate(user.orders)
    }


def _customer(user: UserForm) -> Customer:
    return Customer(customer_id=user.user_id, email=user.email, **user.name.model_dump(), **user.address.model_dump())


def _method(customer_id: str, method: PaymentForm) -> PaymentMethod:
    card = method if isinstance(method, CreditCard) else None
    return PaymentMethod(
        payment_method_id=method.id,
        customer_id=customer_id,
        source=method.source,
        brand=card.brand if card else None,
        last_four=card.last_four if card else None,
        balance=method.balance if isinstance(method, GiftCard) else None,
    )


def _order(order: OrderForm, placed: datetime) -> Order:
    parts = {"user_id", "address", "items", "fulfillments", "payment_history"}
    return Order(
        customer_id=order.user_id, placed_at=placed, **order.address.model_dump(), **order.model_dump(exclude=parts)
    )


def _items(order: OrderForm) -> Iterator[OrderItem]:
    for position, item in enumerate(order.items, start=1):
        yield OrderItem(order_id=order.order_id, customer_id=order.user_id, position=position, **item.model_dump())


def _parcels(order: OrderForm) -> Iterator[Fulfilment]:
    for position, parcel in enumerate(order.fulfillments, start=1):
        yield Fulfilment(
            order_id=order.order_id,
            customer_id=order.user_id,
            position=position,
            tracking_ids=parcel.tracking_id,
            item_ids=parcel.item_ids,
        )


def _payments(order: OrderForm, placed: datetime) -> Iterator[OrderPayment]:
    ids = [uuid5(PAYMENTS, f"{order.order_id}\x1f{place}") for place in range(1, len(order.payment_history) + 1)]
    backs = refunded(order.payment_history)
    for place, moved in enumerate(order.payment_history):
        yield OrderPayment(
            payment_id=ids[place],
            order_id=order.order_id,
            customer_id=order.user_id,
            position=place + 1,
            refunds_payment=ids[backs[place]] if place in backs else None,
            created_at=placed,
            **moved.model_dump(),
        )
