"""The form of a retail data set: users, orders and products, each under its own id."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tools.shop.models import ORDER_ID, CancelReason, OrderStatus

Money = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
Difference = Annotated[Decimal, Field(max_digits=12, decimal_places=2)]
"""Negative where the customer gets money back."""
Id = Annotated[str, Field(min_length=1)]


class Form(BaseModel):
    """A part of the data. A field that is not known here is an error, so that nothing is dropped in silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AddressForm(Form):
    address1: str
    address2: str
    city: str
    country: str
    state: str
    zip: str


class NameForm(Form):
    first_name: str
    last_name: str


class CreditCard(Form):
    source: Literal["credit_card"]
    id: Id
    brand: str
    last_four: str = Field(pattern=r"^[0-9]{4}$")


class GiftCard(Form):
    source: Literal["gift_card"]
    id: Id
    balance: Money


class PayPal(Form):
    source: Literal["paypal"]
    id: Id


PaymentForm = Annotated[CreditCard | GiftCard | PayPal, Field(discriminator="source")]


class UserForm(Form):
    user_id: Id
    name: NameForm
    address: AddressForm
    email: str
    payment_methods: dict[str, PaymentForm]
    orders: list[str]
    """Ids of all orders of this user, taken to be the newest first."""


class VariantForm(Form):
    item_id: Id
    options: dict[str, str]
    available: bool
    price: Money


class ProductForm(Form):
    name: str
    product_id: Id
    variants: dict[str, VariantForm]


class ItemForm(Form):
    """One piece that was ordered; two of a kind are two entries."""

    name: str
    product_id: str
    item_id: str
    price: Money
    options: dict[str, str]


class ParcelForm(Form):
    tracking_id: list[str]
    item_ids: list[str]


class MoneyMoved(Form):
    """A payment, or money that went back."""

    transaction_type: Literal["payment", "refund"]
    amount: Money
    """Nothing only of a refund: so is a price difference booked where there is none."""
    payment_method_id: str


class OrderForm(Form):
    order_id: str = Field(pattern=ORDER_ID)
    user_id: str
    address: AddressForm
    items: list[ItemForm]
    status: OrderStatus
    fulfillments: list[ParcelForm]
    payment_history: list[MoneyMoved]
    cancel_reason: CancelReason | None = None
    exchange_items: list[str] | None = None
    exchange_new_items: list[str] | None = None
    exchange_payment_method_id: str | None = None
    exchange_price_difference: Difference | None = None
    return_items: list[str] | None = None
    return_payment_method_id: str | None = None


class RetailData(Form):
    """A whole shop."""

    users: dict[str, UserForm]
    orders: dict[str, OrderForm]
    products: dict[str, ProductForm]
