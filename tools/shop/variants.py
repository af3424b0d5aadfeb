"""What can take the place of an ordered item: available variants of the same product."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import col

from tools.base import CallContext, Result, tool
from tools.errors import ToolRefused
from tools.shop.items import Line
from tools.shop.models import OrderItem, Variant
from tools.shop.newest import OrdersNamed, newest

OPEN = ("pending", "delivered")
"""Statuses in which an item can still be changed or exchanged."""


class VariantFacts(Result):
    """A variant on the shelf; ``price`` is of one piece, as in ``54.10``."""

    item_id: str
    options: dict[str, str]
    price: str


class VariantLists(Result):
    variants: dict[str, list[VariantFacts]]
    """By the id of the ordered item."""


class Replacement(NamedTuple):
    """A line of an order and the variant that takes its place."""

    line: Line
    item_id: str
    options: dict[str, str]
    price: Decimal

    @property
    def difference(self) -> Decimal:
        """What the customer pays more; below zero, what goes back."""
        return (self.price - self.line.price) * self.line.quantity


@tool("products.variants", effect="read")
async def list_variants(call: CallContext, arguments: OrdersNamed) -> VariantLists:
    """For each item of the subject's newest pending and delivered orders, and of named ones: the other variants
    that are available.
    """
    open_orders, _ = await newest(call, arguments.order_ids, OPEN)
    items = (
        select(col(OrderItem.item_id), col(OrderItem.product_id))
        .where(col(OrderItem.order_id).in_([order.order_id for order in open_orders]))
        .distinct()
        .subquery()
    )
    others = (
        (col(Variant.product_id) == items.c.product_id)
        & col(Variant.available)
        & (col(Variant.item_id) != items.c.item_id)
    )
    rows = await call.session.execute(
        select(items.c.item_id.label("ordered"), Variant)
        .outerjoin(Variant, others)
        .order_by(items.c.item_id, col(Variant.item_id))
    )
    variants: dict[str, list[VariantFacts]] = {}
    for ordered, variant in rows:
        found = variants.setdefault(ordered, [])
        if variant is not None:
            found.append(VariantFacts(item_id=variant.item_id, options=variant.options, price=str(variant.price)))
    return VariantLists(variants=variants)


async def replacements(
    call: CallContext, lines: Sequence[Line], new_item_ids: Sequence[str], *, count_rule: str, rule: str
) -> list[Replacement]:
    """What takes the place of each line.

    The catalogue is read, not locked, in one statement: tools have no right to hold it up for other customers.

    Raises :class:`~tools.errors.ToolRefused` under ``count_rule`` when there is not one new item for each line, and
    under ``rule`` for a new item that there is not, that is of another product, or that is not available.
    """
    if len(lines) != len(new_item_ids):
        raise ToolRefused(f"{len(lines)} items are named, and {len(new_item_ids)} to take their place.", count_rule)
    rows = await call.session.execute(select(Variant).where(col(Variant.item_id).in_(new_item_ids)))
    known = {variant.item_id: variant for variant in rows.scalars()}
    found = []
    for line, new_item_id in zip(lines, new_item_ids, strict=True):
        variant = known.get(new_item_id)
        if variant is None or variant.product_id != line.product_id:
            raise ToolRefused(f"Item {new_item_id} is no variant of the {line.name}.", rule)
        if not variant.available:
            raise ToolRefused(f"Item {new_item_id}, a variant of the {line.name}, is not available.", rule)
        found.append(Replacement(line, variant.item_id, variant.options, variant.price))
    return found
