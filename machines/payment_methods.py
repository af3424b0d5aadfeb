"""Which of the user's own payment methods their words can mean. Pure."""

import re
from collections.abc import Iterator

from pydantic import JsonValue

from leverframe.contracts.base import Facts
from machines.facts import listed, text

Method = dict[str, JsonValue]

KINDS = {
    "gift card": re.compile(
        r"\bgift[ _-]?cards?|\bstore credit|\bvouchers?\b|geschenkkarte|(?:geschenk)?gutschein|\bcartes?[ -]cadeaux?"
        r"|\bbons? d.achat|\btarjetas? (?:de )?regalo|\bcart[ae] regalo|\bbuon[io] regalo|礼品卡|禮品卡|购物卡|储值卡",
        re.IGNORECASE,
    ),
    "PayPal": re.compile(r"pay ?pal|贝宝", re.IGNORECASE),
    "credit card": re.compile(
        r"\b(?:credit|debit|bank)?[ _-]?cards?\b|\bvisa\b|\bmaster ?card\b|\bamex\b|american express"
        r"|\b(?:kredit|bank|debit)?karten?\b|\bcartes?\b|\btarjetas?\b|\bcart[ae] di credito"
        r"|信用卡|银行卡|借记卡|[^品物值]卡",
        re.IGNORECASE,
    ),
}
"""Words for each kind, in the order in which they are looked for: a gift card is a card, too."""
NO_MONEY = re.compile(
    r"\b(?:sd|cf|sim|memory|graphics|sound|business|greeting|playing)[ -]?cards?|\bcard (?:reader|holder|game|table)s?"
    r"|\b(?:sd|sim|cf)-?karten?|speicherkarten?",
    re.IGNORECASE,
)
"""Cards that nobody pays with, of the options of a camera for example."""
NAMED_CARD = re.compile(
    r"(?:\b(?:end(?:s|ing)?(?: in| with)?|last (?:four|4)(?: digits)?(?: are| is)?|endet auf|endend auf|endziffern?"
    r"|finissant par|qui finit par|(?:que )?termina(?:da)? en)|尾号(?:是|为)?|末四位(?:是|为)?)[ :]*(\d{4})(?!\d)",
    re.IGNORECASE,
)
"""A card that is told by the end of its number."""
ID = re.compile(r"\b(?:credit_card|gift_card|paypal)_\d+\b|<CARD_\d+>")
"""A method by its id, or a whole card number, which is masked and of no method that can be looked up."""
LAST_FOUR = re.compile(r"(?<!\d)\d{4}(?!\d)")


def payment_methods(facts: Facts) -> list[Method]:
    """The user's open payment methods, as the scoped read returned them."""
    return listed(facts, "payment_methods")


def methods_meant(facts: Facts) -> list[Method]:
    """The user's methods that their words can mean: those that are named, else those of a named kind, else all.

    None, where they name a method that the user does not have: nothing else is put in its place.
    """
    found = methods_named(facts)
    return payment_methods(facts) if found is None else found


def methods_named(facts: Facts) -> list[Method] | None:
    """The same, but ``None`` where the words speak of no method at all."""
    said = text(facts)
    kinds = set(_kinds(said))
    asked = {name for pattern in (ID, NAMED_CARD) for name in pattern.findall(said)}
    found = [method for method in payment_methods(facts) if method.get("kind") in kinds or _is_named(method, said)]
    if not found and not kinds and not asked:
        return None
    known = {name for method in found for name in _names(method)}
    return [method for method in found if not _outshone(method, found, said)] if asked <= known else []


def ids(methods: list[Method]) -> list[str]:
    """The ids of payment methods."""
    return [str(method["payment_method_id"]) for method in methods]


def _kinds(said: str) -> Iterator[str]:
    said = NO_MONEY.sub(" ", said)
    for kind, words in KINDS.items():
        if words.search(said):
            yield kind
        said = words.sub(" ", said)


def _is_named(method: Method, said: str) -> bool:
    return any(re.search(rf"(?<![0-9A-Za-z_]){re.escape(name)}(?![0-9A-Za-z_])", said) for name in _names(method))


def _names(method: Method) -> list[str]:
    """What tells a method from others of its kind: its id, and the last digits that its description gives."""
    return [str(method["payment_method_id"]), *LAST_FOUR.findall(str(method.get("description")))]


def _outshone(method: Method, found: list[Method], said: str) -> bool:
    """Whether another one of the same kind is named and this one is not."""
    rivals = (other for other in found if other.get("kind") == method.get("kind"))
    return not _is_named(method, said) and any(_is_named(rival, said) for rival in rivals)
