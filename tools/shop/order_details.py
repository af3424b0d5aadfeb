"""The subject's orders with their items one by one, as far as a change of them needs it."""

from collections import defaultdict
from decimal import Decimal

from sqlalchemy import select
from sqlmodel import col

from tools.base import CallContext, Result, tool
from tools.shop.bookings import due_of
from tools.shop.models import OrderItem
from tools.shop.newest import OrdersNamed, newest
from tools.shop.orders import day


class ItemDetails(Result):
    """A line of an order; ``price`` is of one piece, as in ``54.10``."""

    item_id: str
    name: str
    options: dict[str, str]
    price: str
    quantity: int


class OrderDetails(Result):
    """An order without its address."""

    order_id: str
    status: str
    placed_on: str
    """ISO 8601 date, in UTC."""
    total: str
    payment_method_ids: list[str]
    """Of the methods whose money the shop still has."""
    items: list[ItemDetails]


class OrderDetailsList(Result):
    orders: list[OrderDetails]
    unlisted: dict[str, int]
    """How many more orders there are, by status."""


@tool("orders.details", effect="read")
async def list_order_details(call: CallContext, arguments: OrdersNamed) -> OrderDetailsList:
    """The subject's orders, newest first, those that ``orders.list`` returns."""
    orders, unlisted = await newest(call, arguments.order_ids)
    ids = [order_id for order_id, _, _ in orders]
    lines = await _lines(call, ids)
    methods = await _methods(call, ids)
    return OrderDetailsList(
        orders=[
            OrderDetails(
                order_id=order_id,
                status=status,
                placed_on=day(placed_at),
                total=str(sum((Decimal(line.price) * line.quantity for line in lines[order_id]), Decimal("0.00"))),
                payment_method_ids=methods[order_id],
                items=lines[order_id],
            )
            for order_id, status, placed_at in orders
        ],
        unlisted=unlisted,
    )


async def _lines(call: CallContext, order_ids: list[str]) -> dict[str, list[ItemDetails]]:
    rows = await call.session.execute(
        select(OrderItem)
        .where(col(OrderItem.order_id).in_(order_ids))
        .order_by(col(OrderItem.order_id), col(OrderItem.position))
    )
    lines: dict[str, list[ItemDetails]] = defaultdict(list)
    for item in rows.scalars():
        lines[item.order_id].append(
            ItemDetails(
                item_id=item.item_id,
                name=item.name,
                options=item.options,
                price=str(item.price),
                quantity=item.quantity,
            )
        )
    return lines


async def _methods(call: CallContext, order_ids: list[str]) -> dict[str, list[str]]:
    methods: dict[str, list[str]] = defaultdict(list)
    for due in await due_of(call, *order_ids):
        if due.payment_method_id not in methods[due.order_id]:
            methods[due.order_id].append(due.payment_method_id)
    return methods
