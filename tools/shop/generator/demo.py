"""One customer with exactly the orders that a demonstration or a test wants. Pure."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Annotated
from uuid import NAMESPACE_OID, uuid5

from pydantic import BaseModel, Field

from tools.shop.generator.rows import Address, Shop
from tools.shop.models import (
    ORDER_ID,
    Customer,
    Order,
    OrderItem,
    OrderPayment,
    OrderStatus,
    PaymentMethod,
    PaymentSource,
    Product,
    Variant,
)

ADDRESS = Address(address1="12 Elm Avenue", address2="Suite 3", city="Denver", state="CO", country="USA", zip="80202")
Money = Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]{2}$")]


class DemoItem(BaseModel, frozen=True):
    name: str
    price: Money
    """Of one piece, as in ``54.10``."""
    quantity: int = 1


class DemoOrder(BaseModel, frozen=True):
    order_id: Annotated[str, Field(pattern=ORDER_ID)]
    items: tuple[DemoItem, ...]
    status: OrderStatus = "pending"
    payment: PaymentSource = "credit_card"
    placed_on: date = date(2026, 5, 4)


def demo_customer(customer_id: str, orders: Sequence[DemoOrder]) -> Shop:
    """The customer, the payment methods and orders named, and the products in them; ids derive from the names."""
    name = customer_id.split("_")[0].title() or "Demo"
    shop = Shop(
        customers=[
            Customer(
                customer_id=customer_id,
                first_name=name,
                last_name="Example",
                email=f"{_number(customer_id, 6)}@example.com",
                **ADDRESS,
            )
        ],
        payment_methods=[_method(customer_id, source) for source in sorted({order.payment for order in orders})],
    )
    for order in orders:
        _add_order(shop, customer_id, order)
    return shop


def _add_order(shop: Shop, customer_id: str, order: DemoOrder) -> None:
    placed_at = datetime.combine(order.placed_on, time(12), UTC)
    shop.orders.append(
        Order(order_id=order.order_id, customer_id=customer_id, status=order.status, placed_at=placed_at, **ADDRESS)
    )
    for position, item in enumerate(order.items, start=1):
        product = Product(product_id=_number(item.name, 10), name=item.name)
        variant = Variant(
            item_id=_number(f"{item.name} {item.price}", 10),
            product_id=product.product_id,
            options={"style": "standard"},
            available=True,
            price=Decimal(item.price),
        )
        if product.product_id not in {known.product_id for known in shop.products}:
            shop.products.append(product)
        if variant.item_id not in {known.item_id for known in shop.variants}:
            shop.variants.append(variant)
        shop.items.append(
            OrderItem(
                order_id=order.order_id,
                customer_id=customer_id,
                position=position,
                name=item.name,
                product_id=product.product_id,
                item_id=variant.item_id,
                price=variant.price,
                quantity=item.quantity,
                options=variant.options,
            )
        )
    shop.payments.append(
        OrderPayment(
            order_id=order.order_id,
            customer_id=customer_id,
            payment_id=uuid5(NAMESPACE_OID, order.order_id),
            position=1,
            transaction_type="payment",
            amount=sum((Decimal(item.price) * item.quantity for item in order.items), Decimal("0.00")),
            payment_method_id=_method(customer_id, order.payment).payment_method_id,
            created_at=placed_at,
        )
    )


def _method(customer_id: str, source: PaymentSource) -> PaymentMethod:
    number = _number(f"{customer_id} {source}", 12)
    return PaymentMethod(
        payment_method_id=f"{source}_{number}",
        customer_id=customer_id,
        source=source,
        brand="visa" if source == "credit_card" else None,
        last_four=number[:4] if source == "credit_card" else None,
        balance=Decimal("20.00") if source == "gift_card" else None,
    )


def _number(name: str, digits: int) -> str:
    value = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
    return f"{value % 10**digits:0{digits}d}"
