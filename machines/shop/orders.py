"""Which order a customer means, by its number or by what was ordered. Pure.

What is named by number and not found is never replaced by another order; what the words leave open stays a question.
"""

from typing import Literal

from pydantic import JsonValue

from leverframe.contracts.base import Facts
from machines.arguments import Options
from machines.facts import listed, messages, text
from machines.reading.telling_words import Said
from machines.shop.everything import asks_for_several
from machines.shop.facts import OWN_ORDERS, Order, orders
from machines.shop.named import Named, digits_of, named_of, to_look_up
from machines.shop.part_words import ACTED_ON
from machines.shop.reference_patterns import DIGITS
from machines.shop.references import order_id
from machines.shop.said_parts import apart
from machines.states import Argument

Telling = Literal["number", "words", "half a word", "nothing"]
"""By what the words tell an order. Half a name, or a word for several, may as well say something else."""


def order_ids(facts: Facts) -> JsonValue:
    """The orders that a read looks up besides the newest: those that the words can name."""
    return [*to_look_up(messages(facts))]


NAMED_ORDERS: dict[str, Argument] = {"order_ids": order_ids}
"""Arguments of the reads of orders."""


def named(facts: Facts) -> Named:
    """What the user's own words name by number."""
    own = [str(order["order_id"]) for order in orders(facts)]
    return named_of("order", messages(facts), own, [*_item_ids(facts), *_method_digits(facts)])


def items_named(facts: Facts) -> Named:
    """The items that are named by number, of the user's orders and what can take their place.

    Nothing is missing where the facts hold no item's number.
    """
    known = _item_ids(facts)
    return named_of("item", messages(facts), known) if known else Named()


def foreign(facts: Facts) -> bool:
    """Whether the user names an order that is known not to be theirs: a whole number, and it was looked for."""
    return bool(_foreign(facts))


def unlisted(facts: Facts, status: str | None = None) -> bool:
    """Whether there are orders, of this status, that the read has not returned."""
    more = facts.get("unlisted")
    counts = more.items() if isinstance(more, dict) else ()
    return any(count for name, count in counts if status is None or name == status)


def meant(facts: Facts) -> list[Order]:
    """The orders that the words can mean: the named ones, else those with an item that is mentioned, else all."""
    return _meant(facts)[0]


def open_ones(facts: Facts, status: str) -> list[str]:
    """Ids of the orders in this status, among those that can be meant."""
    return [str(order["order_id"]) for order in meant(facts) if order.get("status") == status]


def the_one(status: str) -> Options:
    """The order in this status, where just one can be meant: the policy has the user confirm which one it is."""
    return lambda facts: [] if items_named(facts).missing else about_one(facts, status)


def about_one(facts: Facts, status: str) -> list[str]:
    """The same, also where an item is named by a number that leads to none."""
    found, names = open_ones(facts, status), named(facts)
    # Of what is named as not meant, nothing else takes the place that the words do not tell.
    perhaps_another = (unlisted(facts, status) and not told(facts)) or (names.refused and _meant(facts)[1] != "words")
    return found if len(found) == 1 and not names.missing and (names.found or not perhaps_another) else []


def which_order(status: str) -> Options:
    """What the user can be asked for: ``which_order``; ``no_such_order`` where a number leads to none of theirs, and
    ``one_order`` where they want several, which is said once.
    """

    def options(facts: Facts) -> list[str]:
        found, names = open_ones(facts, status), named(facts)
        if names.missing:
            known = names.found and len(_foreign(facts)) == len(names.missing)
            return [] if known else ["no_such_order"]
        if items_named(facts).missing:
            return [] if found else ["no_such_order"]
        if len(found) > 1:
            wanted = asks_for_several(messages(facts)) + (len(names.found) > 1)
            return ["one_order"] * (wanted == 1) if wanted else ["which_order"]
        telling, more = _meant(facts)[1], unlisted(facts, status)
        listed_ones = sum(order.get("status") == status for order in orders(facts))
        several = more or listed_ones > 1 or (listed_ones and not found)
        leave_open = telling == "half a word" or (more and telling != "number")
        return ["which_order"] if several and leave_open else []

    return options


def told(facts: Facts) -> bool:
    """Whether the words say anything of which order is meant."""
    return _meant(facts)[1] != "nothing"


def refusing(status: str, clause: str) -> Options:
    """Clauses that a refusal can rest on here; without one nothing is declined.

    ``OWN-ORDERS`` where somebody else's order is named, and ``clause`` where no order that can be meant has the status.
    """

    def options(facts: Facts) -> list[str]:
        all_seen = _meant(facts)[1] == "number" or not unlisted(facts, status)
        settled = not open_ones(facts, status) and bool(meant(facts) or not orders(facts)) and all_seen
        return [*([OWN_ORDERS] if foreign(facts) else []), *([clause] if settled else [])]

    return options


def _foreign(facts: Facts) -> list[str]:
    looked_up = to_look_up(messages(facts))
    whole = [each for each in named(facts).missing if len(each) == DIGITS["order"]]
    return [each for each in whole if not unlisted(facts) or order_id(each) in looked_up]


def _meant(facts: Facts) -> tuple[list[Order], Telling]:
    """The orders that can be meant, and by what that is told."""
    own, names, numbers = orders(facts), named(facts), items_named(facts)
    if names:
        return [order for order in own if order["order_id"] in names.found], "number"
    by_item = [order for order in own if any(id_ in numbers.found for id_ in _ids(order))]
    if by_item or numbers.missing:
        return by_item, "number"
    able = [order for order in _without_kept(own, messages(facts)) if order["order_id"] not in names.refused]
    said = Said(text(facts))
    hits = [(order, frozenset[str]().union(*(said.of(name) for name in _names(order)))) for order in able]
    spoken_of = [(order, found) for order, found in hits if found]
    if not spoken_of:
        return able, "nothing" if len(able) == len(own) else "half a word"
    best = [order for order, found in spoken_of if not any(found < other for _, other in spoken_of)]
    alone = len(best) == len(spoken_of) and all(any(map(said.thing, _names(order))) for order in best)
    return best, "words" if alone or all(any(map(said.whole, _names(order))) for order in best) else "half a word"


def _without_kept(own: list[Order], messages: list[str]) -> list[Order]:
    """The orders of which not all is to be kept, or not meant, by the newest words about it."""
    kept: list[Order] = []
    acted = False
    for wants, keeps in map(apart, messages):
        wanted, refused = Said(wants), Said(keeps)
        kept = [order for order in kept if not any(map(wanted.of, _names(order)))]
        now = [order for order in own if _names(order) and _kept(_names(order), wanted, refused)]
        acted = ACTED_ON.search(wants) is not None if now else acted
        kept += now
    # Of one thing people say "I don't want to keep the lamp waiting, cancel it", too.
    return [order for order in own if order not in kept] or [order for order in own if acted]


def _kept(names: list[str], wanted: Said, refused: Said) -> bool:
    return all(map(refused.of, names)) and not any(map(wanted.of, names))


def _names(order: Order) -> list[str]:
    return [str(item.get("name")) for item in listed(order, "items")]


def _ids(order: Order) -> list[str]:
    return [str(item["item_id"]) for item in listed(order, "items") if "item_id" in item]


def _item_ids(facts: Facts) -> list[str]:
    variants = facts.get("variants")
    replacing = variants.keys() if isinstance(variants, dict) else ()
    others = [str(one["item_id"]) for each in replacing if isinstance(variants, dict) for one in listed(variants, each)]
    return list(dict.fromkeys([*(id_ for order in orders(facts) for id_ in _ids(order)), *others]))


def _method_digits(facts: Facts) -> list[str]:
    return [digits_of(method.get("payment_method_id")) for method in listed(facts, "payment_methods")]
