from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from sqlmodel import SQLModel

from tools.shop.models import Customer, Fulfilment, Order, OrderItem, OrderPayment, PaymentMethod, Product, Variant


class Address(TypedDict):
    """Where something is sent."""

    address1: str
    address2: str
    city: str
    state: str
    country: str
    zip: str


@dataclass
class Shop:
    """Rows by table, parents before children."""

    customers: list[Customer] = field(default_factory=list)
    payment_methods: list[PaymentMethod] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    items: list[OrderItem] = field(default_factory=list)
    payments: list[OrderPayment] = field(default_factory=list)
    fulfilments: list[Fulfilment] = field(default_factory=list)

    @property
    def tables(self) -> tuple[Sequence[SQLModel], ...]:
        """All rows, in an order in which they can be inserted."""
        return (
            self.customers, self.payment_methods, self.products, self.variants,
            self.orders, self.items, self.payments, self.fulfilments,
        )  # fmt: skip
