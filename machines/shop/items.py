"""The items of the one order that is meant, and which of them the user's words mean. Pure."""

from collections.abc import Mapping

from pydantic import JsonValue

from leverframe.contracts.base import Facts
from machines.arguments import Options
from machines.facts import listed, text
from machines.reading.telling_words import Said
from machines.shop.facts import Order, orders
from machines.shop.orders import about_one, items_named, meant, refusing
from machines.shop.words import Words, words

Item = dict[str, JsonValue]

EVERYTHING = "everything"
"""Stands for all lines of the order."""
ANY_ORDER = "orders"
"""What a question is about while it is open which order is meant."""


def the_order(facts: Facts, status: str) -> Order | None:
    """The order in this status, where just one can be meant."""
    found = about_one(facts, status)
    return next((order for order in orders(facts) if order["order_id"] in found), None)


def items(order: Order | None) -> list[Item]:
    """The items of an order, one for each of its lines."""
    return listed(order or {}, "items")


def ids(of: list[Item]) -> list[str]:
    """Their ids, each once, in order."""
    return list(dict.fromkeys(str(item.get("item_id")) for item in of))


def options_of(item: Item) -> dict[str, str]:
    """The options of an item or a variant, such as ``{"color": "black"}``."""
    found = item.get("options")
    return {name: str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def named_items(facts: Facts, of: list[Item], by_options: bool = True) -> list[Item]:
    """Those that the words name by id, else by words of their names; with two cameras, one by what the other lacks.

    ``by_options``: the black one of two alike is told by its colour, too.
    """
    return [item for item, _ in _named_items(facts, of, by_options)]


def leave_open(facts: Facts, named: list[Item], by_options: bool = True) -> bool:
    """Whether the words leave it open which of the items that they name is meant: one word for two, or half a name."""
    hits = {str(item["item_id"]): hits for item, hits in _named_items(facts, named, by_options)}
    said = Said(text(facts))
    half = any(not said.thing(str(item.get("name"))) for item in named)
    return bool(hits) and not items_named(facts).found and (half or len(set(hits.values())) < len(hits))


def chosen_items(facts: Facts) -> list[JsonValue]:
    """The items that the proposal names, with :data:`EVERYTHING` written out.

    Raises:
        LookupError: when there is no such proposal.
    """
    proposal = facts.get("proposal")
    chosen = proposal.get("item_ids") if isinstance(proposal, dict) else None
    if not isinstance(proposal, dict) or not isinstance(chosen, list):
        raise LookupError("the facts have no 'proposal.item_ids'")
    if EVERYTHING not in chosen:
        return chosen
    order = next((order for order in orders(facts) if order["order_id"] == proposal.get("order_id")), None)
    return [item["item_id"] for item in items(order)]


def refusing_again(status: str, clause: str, again: Mapping[str, str]) -> Options:
    """As ``refusing``; with another clause where the order that is meant has a status of ``again``."""

    def options(facts: Facts) -> list[str]:
        statuses = [str(order.get("status")) for order in meant(facts)]
        instead = next((again[each] for each in statuses if each in again), clause)
        return [instead if each == clause else each for each in refusing(status, clause)(facts)]

    return options


def first_open(*questions: Options) -> Options:
    """The first question that is open: each answer can close several."""

    def options(facts: Facts) -> list[str]:
        return list(next((found for question in questions if (found := question(facts))), []))

    return options


def any_of(*sources: Options) -> Options:
    """All that any of the sources gives."""
    return lambda facts: [option for source in sources for option in source(facts)]


def about_order(status: str) -> Options:
    """What a question is about: the one order, or else :data:`ANY_ORDER`."""

    def options(facts: Facts) -> list[str]:
        order = the_order(facts, status)
        return [ANY_ORDER if order is None else str(order["order_id"])]

    return options


def _named_items(facts: Facts, of: list[Item], by_options: bool) -> list[tuple[Item, frozenset[str]]]:
    """The named items, each with what of it is said."""
    numbers, said = items_named(facts), words(facts)
    if numbers.missing:
        return []
    found = [(item, _hits(said, item, by_options)) for item in of]
    by_id = [(item, hits) for item, hits in found if str(item.get("item_id")) in numbers.found]
    return by_id or [(item, hits) for item, hits in found if hits and not any(hits < other for _, other in found)]


def _hits(said: Words, item: Item, by_options: bool) -> frozenset[str]:
    """What of an item's name is said and, if that is something, what of its options."""
    name = said.of_name(str(item.get("name")))
    values = options_of(item).values() if by_options and name else ()
    return name | {value for value in values if said.say(value)}
