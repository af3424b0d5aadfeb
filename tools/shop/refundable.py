"""What of a customer's payments can still go back, as a read."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field
from sqlalchemy import case, func, select
from sqlmodel import col

from tools.base import CallContext, Result, tool
from tools.shop.models import OrderItem, OrderPayment, PaymentMethod
from tools.shop.newest import OrdersNamed, newest
from tools.shop.orders import day
from tools.shop.payment_methods import describe

PaymentId = Annotated[str, Field(pattern=r"^#W[0-9]{7}/[0-9]{1,4}$")]
"""The order and the payment's position in it, for example ``#W1234567/1``: short enough for a person and a model."""


class OrderLine(Result):
    """A line of an order; ``price`` is of one piece, as in ``54.10``."""

    item_id: str
    name: str
    quantity: int
    price: str


class PaidOrder(Result):
    order_id: str
    status: str
    placed_on: str
    """ISO 8601 date, in UTC."""
    items: list[OrderLine]


class Refundable(Result):
    """A payment with its amounts, as in ``54.10``; ``description`` says what it was paid with."""

    payment_id: PaymentId
    order_id: str
    payment_method_id: str
    description: str
    captured: str
    refunded: str
    refundable: str


class RefundableList(Result):
    orders: list[PaidOrder]
    payments: list[Refundable]
    unlisted: dict[str, int]
    """How many more orders there are, by status."""


@tool("payments.list_refundable", effect="read")
async def list_refundable(call: CallContext, arguments: OrdersNamed) -> RefundableList:
    """The orders that ``orders.list`` returns, and their payments as the books have them.

    Refunds that the provider could not carry out do not count.
    """
    rows, unlisted = await newest(call, arguments.order_ids)
    placed = {row.order_id: row for row in rows}
    lines = await _lines(call, list(placed))
    return RefundableList(
        orders=[
            PaidOrder(
                order_id=order_id,
                status=row.status,
                placed_on=day(row.placed_at),
                items=lines.get(order_id, []),
            )
            for order_id, row in placed.items()
        ],
        payments=await _payments(call, list(placed)),
        unlisted=unlisted,
    )


async def _lines(call: CallContext, order_ids: list[str]) -> dict[str, list[OrderLine]]:
    rows = await call.session.execute(
        select(
            col(OrderItem.order_id),
            col(OrderItem.item_id),
            col(OrderItem.name),
            col(OrderItem.quantity),
            col(OrderItem.price),
        )
        .where(col(OrderItem.order_id).in_(order_ids))
        .order_by(col(OrderItem.order_id), col(OrderItem.position))
    )
    lines: dict[str, list[OrderLine]] = {}
    for order_id, item_id, name, quantity, price in rows:
        lines.setdefault(order_id, []).append(
            OrderLine(item_id=item_id, name=name, quantity=quantity, price=str(price))
        )
    return lines


async def _payments(call: CallContext, order_ids: list[str]) -> list[Refundable]:
    back = (
        select(
            col(OrderPayment.refunds_payment).label("payment_id"),
            func.sum(case((col(OrderPayment.failure).is_(None), col(OrderPayment.amount)), else_=0)).label("amount"),
        )
        .where(col(OrderPayment.transaction_type) == "refund", col(OrderPayment.order_id).in_(order_ids))
        .group_by(col(OrderPayment.refunds_payment))
        .subquery()
    )
    rows = await call.session.execute(
        select(
            col(OrderPayment.order_id),
            col(OrderPayment.position),
            col(OrderPayment.amount),
            func.coalesce(back.c.amount, Decimal("0.00")).label("refunded"),
            col(PaymentMethod.payment_method_id),
            col(PaymentMethod.source),
            col(PaymentMethod.last_four),
        )
        .join(PaymentMethod, col(PaymentMethod.payment_method_id) == col(OrderPayment.payment_method_id))
        .outerjoin(back, back.c.payment_id == col(OrderPayment.payment_id))
        .where(col(OrderPayment.order_id).in_(order_ids), col(OrderPayment.transaction_type) == "payment")
        .order_by(col(OrderPayment.order_id), col(OrderPayment.position))
    )
    return [
        Refundable(
            payment_id=payment_name(row.order_id, row.position),
            order_id=row.order_id,
            payment_method_id=row.payment_method_id,
            description=describe(row.source, row.last_four),
            captured=_money(row.amount),
            refunded=_money(row.refunded),
            refundable=_money(row.amount - row.refunded),
        )
        for row in rows
    ]


def payment_name(order_id: str, position: int) -> PaymentId:
    """How a payment is called towards people and the model."""
    return f"{order_id}/{position}"


def _money(amount: Decimal) -> str:
    return str(amount.quantize(Decimal("0.01")))
