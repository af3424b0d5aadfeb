"""The shop's rows in the form of the data set: what its users, orders and products would look like in ``db.json``."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from tests.outside.data import Documents
from tools.shop.models import Customer, Fulfilment, Order, OrderItem, OrderPayment, PaymentMethod, Product, Variant

ADDRESS = ("address1", "address2", "city", "country", "state", "zip")
OPTIONAL = (
    "cancel_reason", "exchange_items", "exchange_new_items", "exchange_payment_method_id",
    "exchange_price_difference", "return_items", "return_payment_method_id",
)  # fmt: skip
"""Left out of an order where they are null."""

Row = TypeVar("Row", bound=SQLModel)
Document = dict[str, Any]


async def documents(session: AsyncSession, users: Collection[str], orders: Collection[str]) -> Documents:
    """These users and orders, as they stand now."""
    return {"users": await user_documents(session, users), "orders": await order_documents(session, orders)}


async def user_documents(session: AsyncSession, ids: Collection[str]) -> Document:
    methods = await _rows(session, select(PaymentMethod).where(col(PaymentMethod.customer_id).in_(ids)))
    newest = (col(Order.placed_at).desc(), col(Order.order_id))
    orders = await _rows(session, select(Order).where(col(Order.customer_id).in_(ids)).order_by(*newest))
    return {
        row.customer_id: {
            "user_id": row.customer_id,
            "name": {"first_name": row.first_name, "last_name": row.last_name},
            "address": _address(row),
            "email": row.email,
            "payment_methods": {m.payment_method_id: _method(m) for m in methods if m.customer_id == row.customer_id},
            "orders": [order.order_id for order in orders if order.customer_id == row.customer_id],
        }
        for row in await _rows(session, select(Customer).where(col(Customer.customer_id).in_(ids)))
    }


async def order_documents(session: AsyncSession, ids: Collection[str]) -> Document:
    lines = await _rows(session, _of_orders(OrderItem, ids))
    moved = await _rows(session, _of_orders(OrderPayment, ids))
    parcels = await _rows(session, _of_orders(Fulfilment, ids))
    return {
        row.order_id: {
            "order_id": row.order_id,
            "user_id": row.customer_id,
            "address": _address(row),
            "items": [piece for line in lines if line.order_id == row.order_id for piece in _pieces(line)],
            "status": row.status,
            "fulfillments": [
                {"tracking_id": parcel.tracking_ids, "item_ids": parcel.item_ids}
                for parcel in parcels
                if parcel.order_id == row.order_id
            ],
            "payment_history": [_moved(payment) for payment in moved if payment.order_id == row.order_id],
            **{name: plain(getattr(row, name)) for name in OPTIONAL if getattr(row, name) is not None},
        }
        for row in await _rows(session, select(Order).where(col(Order.order_id).in_(ids)))
    }


async def product_documents(session: AsyncSession) -> Document:
    variants = await _rows(session, select(Variant))
    return {
        row.product_id: {
            "name": row.name,
            "product_id": row.product_id,
            "variants": {
                variant.item_id: {
                    "item_id": variant.item_id,
                    "options": variant.options,
                    "available": variant.available,
                    "price": plain(variant.price),
                }
                for variant in variants
                if variant.product_id == row.product_id
            },
        }
        for row in await _rows(session, select(Product))
    }


def plain(value: Any) -> Any:
    """Numbers as the data set has them: floats, rounded to cents."""
    if isinstance(value, Decimal | float):
        return round(float(value), 2)
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def _address(row: Customer | Order) -> Document:
    return {name: getattr(row, name) for name in ADDRESS}


def _method(row: PaymentMethod) -> Document:
    form: Document = {"source": row.source, "id": row.payment_method_id}
    if row.source == "credit_card":
        form |= {"brand": row.brand, "last_four": row.last_four}
    return form if row.balance is None else form | {"balance": plain(row.balance)}


def _pieces(line: OrderItem) -> list[Document]:
    piece = {name: plain(getattr(line, name)) for name in ("name", "product_id", "item_id", "price", "options")}
    return [piece] * line.quantity


def _moved(row: OrderPayment) -> Document:
    return {name: plain(getattr(row, name)) for name in ("transaction_type", "amount", "payment_method_id")}


def _of_orders(kind: Any, ids: Collection[str]) -> Any:
    return select(kind).where(kind.order_id.in_(ids)).order_by(kind.order_id, kind.position)


async def _rows(session: AsyncSession, query: Any) -> Sequence[Any]:
    return (await session.execute(query)).scalars().all()
