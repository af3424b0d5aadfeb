"""Tools that destroy a customer's personal data: the rows lose it, and the customer's key is doomed."""

import uuid
from typing import Annotated

from pydantic import Field
from sqlalchemy import func, select
from sqlmodel import col

from tools.base import Arguments, CallContext, Nothing, Result, tool
from tools.errors import ToolRefused
from tools.shop.erasure_holds import Hold, find_holds
from tools.shop.models import Customer, Fulfilment, Order, OrderItem, OrderPayment, PaymentMethod
from tools.subject_keys import doom

RIGHT = "ERASE-RIGHT"
KEY = "ERASE-KEY"
"""Clauses of the policy."""

REPLACEMENT = r"^erased-[0-9a-f]{32}$"
"""Form of the id that takes a customer's place in the books; the database demands it too."""

OWNED = {
    "customers": col(Customer.customer_id),
    "orders": col(Order.order_id),
    "order_items": col(OrderItem.order_id),
    "fulfilments": col(Fulfilment.customer_id),
    "payment_methods": col(PaymentMethod.payment_method_id),
    "order_payments": col(OrderPayment.payment_id),
}
"""The tables with rows of a customer, each with a column that the tools may read."""


class ErasureFacts(Result):
    """What a decision on an erasure needs, without anything personal."""

    holds: list[Hold]
    rows: dict[str, int]
    """How many rows of each table the erasure would touch."""
    replacement: str
    """The id that would take the customer's place: random, so that nothing leads from it to the customer once the
    records of this action cannot be read any more."""


class EraseCustomer(Arguments):
    replacement: Annotated[str, Field(pattern=REPLACEMENT)]


class Erased(Result):
    rows: dict[str, int]
    """How many rows of each table were erased or passed to nobody."""


@tool("customers.erasure_check", effect="read")
async def check(call: CallContext, arguments: Nothing) -> ErasureFacts:
    """Whether the subject's personal data can be erased, and what that would touch."""
    rows = await _count(call)
    _require_customer(rows)
    return ErasureFacts(holds=await find_holds(call), rows=rows, replacement=f"erased-{uuid.uuid4().hex}")


@tool("customers.erase", effect="destructive")
async def erase(call: CallContext, arguments: EraseCustomer) -> Erased:
    """Erase the subject's personal data, leave the books to nobody, and doom the key of the records about the subject.

    The database does it row by row, so that the plan shows each; nothing holds what stood there once the key is gone.
    """
    # A new order would have to lock the customer too, so that none comes in between.
    await call.session.execute(select(col(Customer.customer_id)).with_for_update())
    rows = await _count(call)
    _require_customer(rows)
    call.require_room(sum(rows.values()))
    if holds := await find_holds(call):
        raise ToolRefused(holds[0].reason, holds[0].clause)
    await call.session.execute(select(func.shop.erase_customer(arguments.replacement)))
    if not await doom(call.session, call.action_id):
        raise ToolRefused("There is no key of this customer that could be destroyed, or another action does it.", KEY)
    return Erased(rows=rows)


def _require_customer(rows: dict[str, int]) -> None:
    if not rows["customers"]:
        raise ToolRefused("There is no such customer, or their data has been erased already.", RIGHT)


async def _count(call: CallContext) -> dict[str, int]:
    counts = {table: select(func.count(column)).scalar_subquery().label(table) for table, column in OWNED.items()}
    return dict((await call.session.execute(select(*counts.values()))).one()._mapping)
