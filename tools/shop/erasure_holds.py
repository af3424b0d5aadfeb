"""What keeps a customer's personal data from being erased."""

from decimal import Decimal

from sqlalchemy import func, select
from sqlmodel import col

from tools.base import CallContext, Result
from tools.shop.models import Order, OrderItem, OrderPayment

UNPAID = "ERASE-HOLD-UNPAID"
OPEN_ORDER = "ERASE-HOLD-OPEN-ORDER"
"""Clauses of the policy."""

FINISHED = ("delivered", "cancelled")
"""Statuses in which nothing more happens with an order."""


class Hold(Result):
    """One order that the data is still needed for."""

    clause: str
    order_id: str
    reason: str
    """In plain words."""


async def find_holds(call: CallContext) -> list[Hold]:
    """All holds on the subject's data, by order; what is unpaid first."""
    orders = (await call.session.execute(select(col(Order.order_id), col(Order.status)))).all()
    due, paid = await _due(call), await _paid(call)
    unpaid = [
        Hold(clause=UNPAID, order_id=order_id, reason=f"Order {order_id} is not paid in full.")
        for order_id, status in sorted(orders)
        if status != "cancelled" and paid.get(order_id, Decimal(0)) < due.get(order_id, Decimal(0))
    ]
    unfinished = [
        Hold(clause=OPEN_ORDER, order_id=order_id, reason=f"Order {order_id} is not finished: it is {status}.")
        for order_id, status in sorted(orders)
        if status not in FINISHED
    ]
    return unpaid + unfinished


async def _due(call: CallContext) -> dict[str, Decimal]:
    """What each order costs."""
    total = func.sum(col(OrderItem.price) * col(OrderItem.quantity))
    rows = await call.session.execute(select(col(OrderItem.order_id), total).group_by(col(OrderItem.order_id)))
    return dict(rows.all())


async def _paid(call: CallContext) -> dict[str, Decimal]:
    """What was paid for each order, before anything went back: a refund leaves no debt."""
    payments = (
        select(col(OrderPayment.order_id), func.sum(col(OrderPayment.amount)))
        .where(col(OrderPayment.transaction_type) == "payment")
        .group_by(col(OrderPayment.order_id))
    )
    return dict((await call.session.execute(payments)).all())
