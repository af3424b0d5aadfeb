"""What an item of the one order can be changed into: available variants of the same product. Pure."""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from pydantic import JsonValue

from leverframe.contracts.base import Facts
from machines.arguments import Options
from machines.facts import listed
from machines.shop.items import Item, about_order, ids, items, leave_open, options_of, the_order
from machines.shop.orders import items_named
from machines.shop.parts import chosen, in_lines
from machines.shop.words import Words, words

BECOMES = "_to_"
"""Between the two ids of a change. Next to letters they are taken for no phone number by the guards."""
MOST = 12
"""How many changes are offered at most: what a small model, or a person, tells apart. With more, the user is asked."""


class Swap(NamedTuple):
    """An item of the order, and what it can be changed into."""

    old: Item
    new: Item

    @property
    def difference(self) -> Decimal:
        """What the new one costs more, for all pieces of the line; negative where it costs less."""
        return (Decimal(str(self.new["price"])) - Decimal(str(self.old["price"]))) * int(str(self.old["quantity"]))

    def __str__(self) -> str:
        return f"{self.old['item_id']}{BECOMES}{self.new['item_id']}"


def swaps(facts: Facts, status: str) -> list[Swap]:
    """What the words can mean, best first: of the items that they name, the variants that fit best what they say.

    Where no item is named, those count whose variants fit best; never one that is to be kept.
    """
    if items_named(facts).missing:
        return []
    told = chosen(facts, items(the_order(facts, status)), implied=True)
    said = words(facts)
    fitting = [_fitting(facts, said, item) for item in _once(told.named or told.left)]
    best = max((score for score, _ in fitting), default=0)
    return [swap for score, found in fitting if told.named or score == best for swap in found]


def changes(status: str) -> Options:
    """Each possible change as ``<item_id>_to_<new item_id>``; none where there are more than :data:`MOST`, where less
    than a whole line is to be changed, and where it is a guess: the words tell no item, or nothing of the new one.
    """

    def options(facts: Facts) -> list[str]:
        found = swaps(facts, status)
        guessed = which_items_to_change(status)(facts) or _untold(facts, found)
        return [] if guessed or len(found) > MOST else [str(swap) for swap in found]

    return in_lines(options, status, implied=True)


def lines_to_change(status: str) -> Callable[[Facts], int]:
    """How many lines of the order can be changed: each becomes one other thing."""

    def count(facts: Facts) -> int:
        able = set(ids([swap.old for swap in swaps(facts, status)]))
        return sum(str(line.get("item_id")) in able for line in items(the_order(facts, status)))

    return count


def old_ids(facts: Facts) -> JsonValue:
    """The ids of the items that the proposal changes; raises ``LookupError`` when there is none."""
    return [old for old, _ in _chosen(facts)]


def new_ids(facts: Facts) -> JsonValue:
    """The ids of the new items, in the order of :func:`old_ids`; raises ``LookupError`` as it does."""
    return [new for _, new in _chosen(facts)]


def which_items_to_change(status: str) -> Options:
    """``which_items``, where the order has several, and neither they nor their new options are told; ``no_such_item``
    where a number leads to none of them and to nothing that they can become.
    """

    def options(facts: Facts) -> list[str]:
        order = items(the_order(facts, status))
        if order and items_named(facts).missing:
            return ["no_such_item"]
        told = chosen(facts, order, implied=True)
        named = told.named and not leave_open(facts, told.named, by_options=False)
        all_of_them = told.kind is None and words(facts).everything
        one = len(ids([swap.old for swap in swaps(facts, status)])) < 2 and told.able
        return [] if named or all_of_them or one or len(ids(told.left)) < 2 else ["which_items"]

    return options


def which_variant(status: str) -> Options:
    """``which_variant``, where an item can become several things."""
    return in_lines(lambda facts: ["which_variant"] if _open_items(facts, status) else [], status, implied=True)


def about_items(status: str, missing: Options) -> Options:
    """What a question is about: the items whose variant is open, if that is asked for, else the order."""

    def options(facts: Facts) -> list[str]:
        variant = "which_variant" in missing(facts)
        return _open_items(facts, status) if variant else list(about_order(status)(facts))

    return options


def refusing_unavailable(status: str, clause: str) -> Options:
    """The clause, where nothing that can be meant is available in any other variant."""

    def options(facts: Facts) -> list[str]:
        order = the_order(facts, status)
        return [clause] if order is not None and not swaps(facts, status) else []

    return options


def _open_items(facts: Facts, status: str) -> list[str]:
    old = [str(swap.old["item_id"]) for swap in swaps(facts, status)]
    return [item_id for item_id in dict.fromkeys(old) if old.count(item_id) > 1]


def _untold(facts: Facts, found: list[Swap]) -> bool:
    """Whether an item can become several things, and the words say nothing of any of them."""
    said, numbers = words(facts), items_named(facts).found
    told = {
        str(swap.old["item_id"])
        for swap in found
        if _wanted(said, swap) or _as_asked(said, swap) or str(swap.new["item_id"]) in numbers
    }
    old = [str(swap.old["item_id"]) for swap in found]
    return any(old.count(item_id) > 1 and item_id not in told for item_id in old)


def _fitting(facts: Facts, said: Words, old: Item) -> tuple[int, list[Swap]]:
    """How many new options are said of the variants that fit an item best, and those.

    Where some of them differ from the old item in nothing but options that are spoken of, those are the only ones.
    """
    found = _available(facts, old)
    numbers = items_named(facts).found
    if by_id := [swap for swap in found if str(swap.new["item_id"]) in numbers]:
        return 1, by_id
    best = max((_wanted(said, swap) for swap in found), default=0)
    found = [swap for swap in found if _wanted(said, swap) == best]
    exact = [swap for swap in found if best and _as_asked(said, swap)]
    return best, sorted(exact or found, key=lambda swap: len(_changed(swap)))


def _available(facts: Facts, old: Item) -> list[Swap]:
    variants = facts.get("variants")
    found = listed(variants, str(old["item_id"])) if isinstance(variants, dict) else []
    return [Swap(old, new) for new in found]


def _wanted(said: Words, swap: Swap) -> int:
    """How many options the user speaks of that the old item does not have."""
    return sum(said.say(value) for value in _changed(swap).values())


def _as_asked(said: Words, swap: Swap) -> bool:
    """Whether the user speaks of each option that changes: of its value or, as in ``no armrest``, of its name."""
    return all(said.say(value) or said.say(name) for name, value in _changed(swap).items())


def _changed(swap: Swap) -> dict[str, str]:
    old = options_of(swap.old)
    return {name: value for name, value in options_of(swap.new).items() if old.get(name) != value}


def _once(of: list[Item]) -> list[Item]:
    return list({str(item["item_id"]): item for item in of}.values())


def _chosen(facts: Facts) -> list[list[str]]:
    proposal = facts.get("proposal")
    chosen = proposal.get("changes") if isinstance(proposal, dict) else None
    if not isinstance(chosen, list):
        raise LookupError("the facts have no 'proposal.changes'")
    return [str(change).split(BECOMES) for change in chosen]
