"""What the words leave of what could be done, where they limit it to a part of the one order. Pure."""

from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from pydantic import JsonValue

from leverframe.contracts.base import Facts
from machines.arguments import Options
from machines.facts import messages
from machines.shop.items import Item, ids, items, named_items, the_order
from machines.shop.said_parts import Bought, Kind, apart, least_counted, part_wanted
from machines.shop.said_shared import shared_out


class Chosen(NamedTuple):
    """Which lines of an order the words choose."""

    left: list[Item]
    """Those that are not to be kept."""
    named: list[Item]
    """Those of them that are named."""
    kind: Kind | None
    """How a part is told."""
    able: bool
    """Whether it can be done with whole lines, as the tools have it."""
    least: int | None
    """The least number of pieces that is said."""


def as_a_whole(options: Options, status: str) -> Options:
    """The options of what can only be done with a whole order; none where a part of it is wanted."""
    return lambda facts: [] if in_part(facts, status) else options(facts)


def in_part(facts: Facts, status: str) -> bool:
    """Whether the words want something with a part of the one order in this status, and not with all of it."""
    order = the_order(facts, status)
    if order is None:
        return False
    whole = bought(items(order), frozenset({_decimal(order.get("total"))}))
    return part_wanted((*messages(facts),), whole) is not None


def in_one_way(options: Options, status: str, places: Callable[[str], str]) -> Options:
    """The options of what can only be done with a whole order that goes somewhere; none where a part is to.

    ``places`` is that of :func:`machines.shop.said_shared.shared_out`.
    """

    def within(facts: Facts) -> Sequence[str]:
        order = the_order(facts, status)
        whole = bought(items(order), frozenset({_decimal((order or {}).get("total"))}))
        return [] if order and shared_out((*messages(facts),), whole, places) else options(facts)

    return within


def in_lines(options: Options, status: str, implied: bool = False) -> Options:
    """The options of what is done with whole lines of the one order; none where less of one is wanted."""
    return lambda facts: options(facts) if chosen(facts, items(the_order(facts, status)), implied).able else []


def chosen(facts: Facts, of: list[Item], implied: bool = False) -> Chosen:
    """Which lines of an order the words choose.

    ``implied``: what is to be done goes without saying; options and other numbers are about what items become, or
    about money, and tell no item and no part.
    """
    split = [apart(message) for message in messages(facts)]
    wanted: Facts = {**facts, "messages": [each for each, _ in split]}
    kept: Facts = {**facts, "messages": [each for _, each in split]}
    named = named_items(wanted, of, by_options=not implied)
    keep = [item for item in named_items(kept, of, by_options=not implied) if item not in named]
    left = [item for item in of if item not in keep]
    amounts = frozenset() if implied else _amounts(of)
    kind = part_wanted((*messages(facts),), bought(of, amounts, implied), by_line=True)
    least = min((least for message in messages(facts) if (least := least_counted(message))), default=None)
    able = kind != "measure" and (kind != "count" or _in_lines(named or left, bool(named), least))
    return Chosen(left, named, kind, able, least)


def bought(of: list[Item], amounts: frozenset[Decimal] = frozenset(), implied: bool = False) -> Bought:
    """What the lines of an order are, as far as words can be about it."""
    return Bought(tuple(str(line.get("name")) for line in of), tuple(map(quantity_of, of)), amounts, implied)


def _in_lines(of: list[Item], named: bool, least: int | None) -> bool:
    """Whether the pieces that are counted are whole lines, which are told or alike."""
    if not named and len(ids(of)) > 1:
        return False
    return all(quantity_of(item) == 1 for item in of) or least == sum(map(quantity_of, of))


def _amounts(of: list[Item]) -> frozenset[Decimal]:
    """What lines of an order cost: a piece, a line, and all of them. Their numbers are no amounts, either."""
    prices = [_decimal(item.get("price")) for item in of]
    lines = [price * quantity_of(item) for price, item in zip(prices, of, strict=True)]
    return frozenset([*prices, *lines, sum(lines, Decimal(0)), *(_decimal(number) for number in ids(of))])


def quantity_of(item: Item) -> int:
    """How many pieces a line of an order has."""
    number = item.get("quantity")
    return number if isinstance(number, int) else 1


def _decimal(amount: JsonValue) -> Decimal:
    try:
        return Decimal(str(amount))
    except InvalidOperation:
        return Decimal(0)
