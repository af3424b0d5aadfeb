"""Which items of the one order can be sent back, as far as the words tell. Pure."""

from leverframe.contracts.base import Facts
from machines.arguments import Options
from machines.shop.items import EVERYTHING, ids, items, leave_open, the_order
from machines.shop.orders import items_named
from machines.shop.parts import chosen
from machines.shop.words import words


def returnable(status: str) -> Options:
    """Items of the one order that can be sent back: those named, or any of them and :data:`EVERYTHING`.

    Never what is to be kept; nothing where less than a whole line is wanted, or a number of items that are not told.
    """

    def options(facts: Facts) -> list[str]:
        everything = items(the_order(facts, status))
        told = chosen(facts, everything)
        if items_named(facts).missing or not told.able:
            return []
        all_of_them = words(facts).everything
        part = told.kind is not None or len(told.left) < len(everything)
        if part or len(everything) < 2 or (told.named and not all_of_them):
            return ids(told.left if part and all_of_them else told.named or told.left)
        return [EVERYTHING, *ids(everything)]

    return options


def which_items(status: str) -> Options:
    """``which_items``, where the order has several and the words do not tell them.

    ``no_such_item`` where a number leads to none of them.
    """

    def options(facts: Facts) -> list[str]:
        everything = items(the_order(facts, status))
        if everything and items_named(facts).missing:
            return ["no_such_item"]
        told = chosen(facts, everything)
        all_of_them = words(facts).everything and (told.kind is None or len(told.left) < len(everything))
        named = told.named and not leave_open(facts, told.named)
        return [] if len(ids(told.left)) < 2 or all_of_them or named else ["which_items"]

    return options
