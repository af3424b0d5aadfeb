"""Tables of the reference shop, modelled so that a retail data set (orders, payments, exchanges, returns) fits.

Every table that holds a customer's data carries ``customer_id``, so that one row-level-security rule suits all;
composite foreign keys keep it true.
"""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from sqlalchemy import (
    TIMESTAMP,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Numeric,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

OrderStatus = Literal[
    "pending", "pending (item modified)", "processed", "delivered", "cancelled", "return requested",
    "exchange requested",
]  # fmt: skip
CancelReason = Literal["no longer needed", "ordered by mistake"]
PaymentSource = Literal["credit_card", "gift_card", "paypal"]

ORDER_ID = r"^#W[0-9]{7}$"
"""Form of an order id, for example ``#W1234567``."""


def _passes_on(columns: list[str], to: list[str]) -> ForeignKeyConstraint:
    """A reference that may be checked at the end: rows pass to another customer together with what they refer to."""
    return ForeignKeyConstraint(columns, to, deferrable=True)


class ShopTable(SQLModel):
    """A table of the schema ``shop``."""

    metadata = MetaData(schema="shop")


class Customer(ShopTable, table=True):
    """A customer with the default address."""

    __tablename__ = "customers"

    customer_id: str = Field(primary_key=True, sa_type=Text)
    first_name: str = Field(sa_type=Text)
    last_name: str = Field(sa_type=Text)
    email: str = Field(sa_type=Text)
    address1: str = Field(sa_type=Text)
    address2: str = Field(sa_type=Text)
    city: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    country: str = Field(sa_type=Text)
    zip: str = Field(sa_type=Text)


class PaymentMethod(ShopTable, table=True):
    """Where a customer's money comes from and goes back to; only a gift card has a balance."""

    __tablename__ = "payment_methods"
    __table_args__ = (
        UniqueConstraint("payment_method_id", "customer_id"),
        _passes_on(["customer_id"], ["shop.customers.customer_id"]),
    )

    payment_method_id: str = Field(primary_key=True, sa_type=Text)
    customer_id: str = Field(index=True, sa_type=Text)
    source: str = Field(sa_type=Text)
    brand: str | None = Field(default=None, sa_type=Text)
    last_four: str | None = Field(default=None, sa_type=Text)
    balance: Decimal | None = Field(default=None, sa_type=Numeric(12, 2))
    closed: bool = False


class Product(ShopTable, table=True):
    """A kind of thing that is sold."""

    __tablename__ = "products"

    product_id: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)


class Variant(ShopTable, table=True):
    """A product with its options, as it lies on the shelf."""

    __tablename__ = "variants"

    item_id: str = Field(primary_key=True, sa_type=Text)
    product_id: str = Field(foreign_key="shop.products.product_id", index=True, sa_type=Text)
    options: dict[str, str] = Field(sa_type=JSONB)
    available: bool
    price: Decimal = Field(sa_type=Numeric(12, 2))


class Order(ShopTable, table=True):
    """An order; ``version`` grows by one with every change of the order, its items or its fulfilments."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("order_id", "customer_id"),
        _passes_on(["customer_id"], ["shop.customers.customer_id"]),
        Index("ix_shop_orders_customer_id", "customer_id", "order_id"),
    )

    order_id: str = Field(primary_key=True, sa_type=Text)
    customer_id: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    placed_at: datetime = Field(sa_type=TIMESTAMP(timezone=True))
    address1: str = Field(sa_type=Text)
    address2: str = Field(sa_type=Text)
    city: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    country: str = Field(sa_type=Text)
    zip: str = Field(sa_type=Text)
    cancel_reason: str | None = Field(default=None, sa_type=Text)
    cancelled_by_action: str | None = Field(default=None, sa_type=Text)
    exchange_items: list[str] | None = Field(default=None, sa_type=ARRAY(Text))
    exchange_new_items: list[str] | None = Field(default=None, sa_type=ARRAY(Text))
    exchange_payment_method_id: str | None = Field(default=None, sa_type=Text)
    exchange_price_difference: Decimal | None = Field(default=None, sa_type=Numeric(12, 2))
    return_items: list[str] | None = Field(default=None, sa_type=ARRAY(Text))
    return_payment_method_id: str | None = Field(default=None, sa_type=Text)
    version: int = Field(default=1, sa_type=Integer)


class OrderItem(ShopTable, table=True):
    """One line of an order, with the price and options it was sold at."""

    __tablename__ = "order_items"
    __table_args__ = (_passes_on(["order_id", "customer_id"], ["shop.orders.order_id", "shop.orders.customer_id"]),)

    order_id: str = Field(primary_key=True, sa_type=Text)
    position: int = Field(primary_key=True, sa_type=Integer)
    customer_id: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    product_id: str = Field(foreign_key="shop.products.product_id", sa_type=Text)
    item_id: str = Field(foreign_key="shop.variants.item_id", sa_type=Text)
    price: Decimal = Field(sa_type=Numeric(12, 2))
    quantity: int = Field(default=1, sa_type=Integer)
    options: dict[str, str] = Field(sa_type=JSONB)


class OrderPayment(ShopTable, table=True):
    """Money that moved for an order: a payment, or a refund of one payment."""

    __tablename__ = "order_payments"
    __table_args__ = (
        _passes_on(["order_id", "customer_id"], ["shop.orders.order_id", "shop.orders.customer_id"]),
        _passes_on(
            ["payment_method_id", "customer_id"],
            ["shop.payment_methods.payment_method_id", "shop.payment_methods.customer_id"],
        ),
        ForeignKeyConstraint(
            ["refunds_payment", "order_id"], ["shop.order_payments.payment_id", "shop.order_payments.order_id"]
        ),
        UniqueConstraint("order_id", "customer_id", "position"),
    )

    payment_id: UUID = Field(primary_key=True)
    order_id: str = Field(primary_key=True, sa_type=Text)
    position: int = Field(sa_type=Integer)
    customer_id: str = Field(sa_type=Text)
    transaction_type: str = Field(sa_type=Text)
    amount: Decimal = Field(sa_type=Numeric(12, 2))
    payment_method_id: str = Field(sa_type=Text)
    refunds_payment: UUID | None = None
    action_id: str | None = Field(default=None, sa_type=Text)
    provider_payment: str | None = Field(default=None, unique=True, sa_type=Text)
    """Charge or payment intent at the payment provider; ``None`` where the money is in the shop's own books."""
    failure: str | None = Field(default=None, sa_type=Text)
    """Why the provider could not carry out a refund, which then does not count; ``None`` where it did."""
    pending: bool | None = None
    """``True`` as long as the provider has not carried out a refund that it was asked for; else ``None``."""
    created_at: datetime = Field(sa_type=TIMESTAMP(timezone=True), sa_column_kwargs={"server_default": func.now()})


class Fulfilment(ShopTable, table=True):
    """A parcel of an order."""

    __tablename__ = "fulfilments"
    __table_args__ = (_passes_on(["order_id", "customer_id"], ["shop.orders.order_id", "shop.orders.customer_id"]),)

    order_id: str = Field(primary_key=True, sa_type=Text)
    position: int = Field(primary_key=True, sa_type=Integer)
    customer_id: str = Field(sa_type=Text)
    tracking_ids: list[str] = Field(sa_type=ARRAY(Text))
    item_ids: list[str] = Field(sa_type=ARRAY(Text))
