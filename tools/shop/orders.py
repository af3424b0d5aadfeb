"""Tools on a customer's orders."""

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import get_args

from sqlalchemy import select, update
from sqlmodel import col

from tools.arguments import OneLine
from tools.base import Arguments, CallContext, Result, tool
from tools.errors import ToolRefused
from tools.shop.models import CancelReason, Order, OrderItem, OrderPayment, PaymentMethod
from tools.shop.newest import OrdersNamed, newest
from tools.shop.payment_methods import describe
from tools.shop.refund_requests import sent_back_unbooked
from tools.shop.statuses import require_pending

OrderId = OneLine
REASONS: tuple[str, ...] = get_args(CancelReason)


class OrderLine(Result):
    """One line of an order; ``price`` is of one piece, as in ``54.10``."""

    item_id: str
    name: str
    quantity: int
    price: str


class OrderFacts(Result):
    """An order as far as a model or a person needs it: no address, no e-mail."""

    order_id: str
    status: str
    placed_on: str
    """ISO 8601 date, in UTC."""
    total: str
    items: list[OrderLine]
    payment_method: str


class OrderList(Result):
    orders: list[OrderFacts]
    unlisted: dict[str, int]
    """How many more orders there are, by status."""


class CancelOrder(Arguments):
    order_id: OrderId
    reason: OneLine


class ReinstateOrder(Arguments):
    order_id: OrderId


class OrderState(Result):
    order_id: str
    status: str


class LockedOrder(Result):
    """What a rule needs to know of an order that nobody else can change until the transaction ends."""

    order_id: str
    status: str
    cancelled_by_action: str | None


@tool("orders.list", effect="read")
async def list_orders(call: CallContext, arguments: OrdersNamed) -> OrderList:
    """The subject's newest orders and those that are named, newest first."""
    orders, unlisted = await newest(call, arguments.order_ids)
    lines = await _lines(call, [order.order_id for order in orders])
    methods = await _payment_methods(call, [order.order_id for order in orders])
    return OrderList(
        orders=[
            OrderFacts(
                order_id=order_id,
                status=status,
                placed_on=day(placed_at),
                total=str(sum((Decimal(line.price) * line.quantity for line in lines[order_id]), Decimal("0.00"))),
                items=lines[order_id],
                payment_method=" and ".join(methods[order_id]) or "none",
            )
            for order_id, status, placed_at in orders
        ],
        unlisted=unlisted,
    )


@tool("orders.cancel", effect="destructive")
async def cancel(call: CallContext, arguments: CancelOrder) -> OrderState:
    """Cancel a pending order; the policy knows two reasons."""
    order = await lock_order(call, arguments.order_id)
    require_pending(order.order_id, order.status, "cancelled", "CANCEL-PENDING")
    if arguments.reason not in REASONS:
        raise ToolRefused(f"An order is cancelled because {' or '.join(REASONS)}.", "CANCEL-REASON")
    return await _set_status(call, order, "cancelled", reason=arguments.reason, by=call.action_id)


@tool("orders.reinstate", effect="write", compensates="orders.cancel")
async def reinstate(call: CallContext, arguments: ReinstateOrder) -> OrderState:
    """Make an order pending again that this very action has cancelled, as long as no money went back.

    Nor may any be on its way that the books do not know: of a request for a refund whose answer was lost, the payment
    provider alone can tell.
    """
    order = await lock_order(call, arguments.order_id)
    if order.status != "cancelled" or order.cancelled_by_action != call.action_id:
        raise ToolRefused(
            f"Order {order.order_id} was not cancelled by this action, so it is not reinstated.", "CANCEL-PENDING"
        )
    refunds = select(col(OrderPayment.payment_id)).where(
        col(OrderPayment.order_id) == order.order_id,
        col(OrderPayment.transaction_type) == "refund",
        col(OrderPayment.failure).is_(None),
    )
    if (await call.session.execute(refunds.limit(1))).first() or await sent_back_unbooked(call, order.order_id):
        raise ToolRefused(f"Order {order.order_id} has been refunded, so it is not reinstated.", "CANCEL-REFUND")
    return await _set_status(call, order, "pending", reason=None, by=None)


async def lock_order(call: CallContext, order_id: str) -> LockedOrder:
    """The subject's order, locked; raises :class:`~tools.errors.ToolRefused` when the subject has no such order."""
    row = (
        await call.session.execute(
            select(col(Order.order_id), col(Order.status), col(Order.cancelled_by_action))
            .where(col(Order.order_id) == order_id)
            .with_for_update()
        )
    ).one_or_none()
    if row is None:
        raise ToolRefused(f"The customer has no order {order_id}.", "OWN-ORDERS")
    return LockedOrder(order_id=row.order_id, status=row.status, cancelled_by_action=row.cancelled_by_action)


async def _set_status(
    call: CallContext, order: LockedOrder, status: str, *, reason: str | None, by: str | None
) -> OrderState:
    await call.session.execute(
        update(Order)
        .where(col(Order.order_id) == order.order_id)
        .values(status=status, cancel_reason=reason, cancelled_by_action=by)
    )
    return OrderState(order_id=order.order_id, status=status)


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
    lines: dict[str, list[OrderLine]] = defaultdict(list)
    for order_id, item_id, name, quantity, price in rows:
        lines[order_id].append(OrderLine(item_id=item_id, name=name, quantity=quantity, price=str(price)))
    return lines


async def _payment_methods(call: CallContext, order_ids: list[str]) -> dict[str, list[str]]:
    rows = await call.session.execute(
        select(col(OrderPayment.order_id), col(PaymentMethod.source), col(PaymentMethod.last_four))
        .join(PaymentMethod, col(PaymentMethod.payment_method_id) == col(OrderPayment.payment_method_id))
        .where(col(OrderPayment.order_id).in_(order_ids), col(OrderPayment.transaction_type) == "payment")
        .order_by(col(OrderPayment.order_id), col(OrderPayment.position))
    )
    methods: dict[str, list[str]] = defaultdict(list)
    for order_id, source, last_four in rows:
        methods[order_id].append(describe(source, last_four))
    return methods


def day(moment: datetime) -> str:
    """ISO 8601 date, in UTC."""
    return moment.astimezone(UTC).date().isoformat()
