"""Which of a customer's orders a read returns, and how many it leaves out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, NamedTuple

from pydantic import Field
from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import col

from tools.arguments import OneLine
from tools.base import Arguments, CallContext
from tools.shop.models import Order

NEWEST = 50
"""How many orders are listed at most: what a person or a model can take in."""


class OrdersNamed(Arguments):
    order_ids: Annotated[list[OneLine], Field(max_length=20)] = []
    """Orders to look up besides the newest. What is not the subject's is not found."""


class OrderRow(NamedTuple):
    order_id: str
    status: str
    placed_at: datetime


async def newest(
    call: CallContext, named: Sequence[str], statuses: Sequence[str] = ()
) -> tuple[list[OrderRow], dict[str, int]]:
    """The subject's :data:`NEWEST` orders and those that are named, newest first; and how many more of each status.

    ``statuses``: of these alone.
    """
    kept = _is_one(named, statuses)
    rows = await call.session.execute(
        select(col(Order.order_id), col(Order.status), col(Order.placed_at))
        .where(kept)
        .order_by(col(Order.placed_at).desc(), col(Order.order_id))
    )
    left_out = select(col(Order.status), func.count()).where(~kept).group_by(col(Order.status))
    return [OrderRow(*row) for row in rows], dict((await call.session.execute(left_out)).all())


def _is_one(named: Sequence[str], statuses: Sequence[str]) -> ColumnElement[bool]:
    first = select(col(Order.order_id)).order_by(col(Order.placed_at).desc(), col(Order.order_id)).limit(NEWEST)
    if statuses:
        first = first.where(col(Order.status).in_(statuses))
    return or_(col(Order.order_id).in_(first), col(Order.order_id).in_(named))
