"""Which of the user's own payment methods their words can mean. Pure."""

import re
from collections.abc import Iterator

from pydantic import JsonValue

from leverframe.contracts.base import Facts
from machines.facts import listed, messages
from machines.reading.spelling import folded
from machines.shop.named import digits_of
from machines.shop.reference_patterns import BETWEEN, SUM
from machines.shop.references import candidates
from machines.shop.shared_words import PLACE

Method = dict[str, JsonValue]

KINDS = {
    "gift card": re.compile(
        r"\bgift[ _-]?cards?|\bstore credit|\bvouchers?\b|geschenkkarte|(?:geschenk)?gutschein|\bcartes?[ -]cadeaux?"
        r"|\bbons? d.achat|\btarjetas? (?:de )?regalo|\bcart[ae] regalo|\bbuon[io] regalo|礼品卡|禮品卡|购物卡|储值卡",
        re.IGNORECASE,
    ),
    "PayPal": re.compile(r"pay[ -]?pal|贝宝", re.IGNORECASE),
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
ENDING = (
    r"(?:\b(?:end(?:s|ing|ed)?(?: (?:in|on|with|w/))?|last (?:four|4)(?: digits)?(?: (?:are|is|of))?"
    r"|finish(?:es|ing) (?:in|with)|endet (?:auf|mit)|endend auf|endziffern?|endung|endnummer|letzte vier(?: ziffern)?"
    r"|(?:finissant|terminant|se termine|(?:qui )?finit) par|(?:que )?(?:termina(?:da)?|acaba(?:da)?) en)"
    r"|尾号|末四位|后四位|最后四位|末尾|(?<![*•x])[*•x]{2,}+)"
)
NAMED_CARD = re.compile(rf"{ENDING}(?:是|为|is\b|are\b)?[ :.,*•#-]{{0,20}}+([0-9]{{4}})(?![0-9])", re.IGNORECASE)
"""A card that is told by the end of its number."""
REFUSED = re.compile(
    r"(?:\b(?:not|nicht|pas|no|never|except|excepto|außer|ausser|sauf|salvo|menos|(?:anything|everything|all) but)"
    r"|n't (?:use|charge|take|want)|不要?用|不是|除了?)\s?(?:\b(?:to|on|with|from|mit|auf|von|avec|sur|con|en|a) )?"
    r"(?:\b(?:the|my|that|de[nrm]|die|das|mein\w{0,2}|la|ma|mon|le|el|mi) )?"
    rf"(?:{'|'.join(f'(?:{words.pattern})' for words in KINDS.values())})(?:\s?(?:{NAMED_CARD.pattern})"
    rf"|\s?[0-9]{{4}}(?![0-9]))?",
    re.IGNORECASE,
)
"""A method that is not meant."""
NUMBERED = {
    kind: re.compile(
        rf"(?:{words.pattern})[ _-]?{BETWEEN}([0-9]{{4,20}})(?![0-9A-Za-z]|[.,][0-9]|{SUM})", re.IGNORECASE
    )
    for kind, words in KINDS.items()
}
"""A method that is told by its kind and a number: its own, or the last four digits of its card's."""
WHOLE_CARD = re.compile(r"<CARD[ _][0-9]+>")
"""A whole card number: it is masked, and of no method that can be looked up."""
YEAR = re.compile("(?:19|20)[0-9]{2}")
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
    told = [REFUSED.sub(" ", _spaced(message)) for message in messages(facts)]
    said = "\n".join(told)
    kinds, numbers = set(_kinds(said)), candidates(said)
    asked = numbers_asked(told)
    found = [method for method in payment_methods(facts) if method.get("kind") in kinds or _names(method) & numbers]
    if not found and not kinds and not asked:
        return None
    known = frozenset[str]().union(*map(_names, found))
    return [method for method in found if not _outshone(method, found, numbers)] if asked <= known else []


def numbers_asked(said: list[str]) -> set[str]:
    """The numbers by which the newest words that tell a method by one do so: its own, or the last four of a card's."""
    for message in reversed(said):
        message = _spaced(message)
        after_kinds = {number for pattern in NUMBERED.values() for number in pattern.findall(message)}
        numbers = {number for number in after_kinds if len(number) > 4 or not YEAR.fullmatch(number)}
        if asked := {*numbers, *NAMED_CARD.findall(message), *WHOLE_CARD.findall(message)}:
            return asked
    return set()


def without_methods(said: str) -> str:
    """The words with :data:`PLACE` for each kind of method and each card that they name."""
    said = _spaced(said)
    for words in KINDS.values():
        said = words.sub(f" {PLACE} ", said)
    return NAMED_CARD.sub(" ", said)


def ids(methods: list[Method]) -> list[str]:
    """The ids of payment methods."""
    return [str(method["payment_method_id"]) for method in methods]


def _spaced(said: str) -> str:
    """The words in one form, ids in them taken apart: ``gift card 1234567``."""
    return folded(said).replace("_", " ")


def _kinds(said: str) -> Iterator[str]:
    said = NO_MONEY.sub(" ", said)
    for kind, words in KINDS.items():
        if words.search(said):
            yield kind
        said = words.sub(" ", said)


def _names(method: Method) -> frozenset[str]:
    """What tells a method from others of its kind: the digits of its id, and the last four that it is described by."""
    return frozenset((digits_of(method["payment_method_id"]), *LAST_FOUR.findall(str(method.get("description")))))


def _outshone(method: Method, found: list[Method], numbers: frozenset[str]) -> bool:
    """Whether another one of the same kind is named and this one is not."""
    rivals = (other for other in found if other.get("kind") == method.get("kind"))
    return not _names(method) & numbers and any(_names(rival) & numbers for rival in rivals)
