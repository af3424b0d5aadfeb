"""Addresses on file that the user's words mean, by their labels: the profile's, or that of one of their orders. Pure.

No address itself is among the facts, so that none can reach a model.
"""

import re

from leverframe.contracts.base import Facts
from machines.arguments import Options
from machines.facts import messages
from machines.shop.addresses import without_addresses
from machines.shop.facts import orders
from machines.shop.orders import named, unlisted
from machines.shop.references import in_shops_form
from machines.shop.shared_words import PLACE

PROFILE = "profile"
"""Label of the default address."""
SOURCE = re.compile(
    r"(?:\b(?:same|identical)\b[^.!?#]{0,40}?\b(?:as|to|like)\b|\b(?:just like|as (?:in|on|for|with))\b"
    r"|(?<!change )(?<!changes )(?<!update )\bto (?:that|the one|the (?:\w+ )?address|where|wherever)\b"
    r"|\bmatch(?:es|ing)?\b|\buse the (?:\w+ )?(?:address|one)\b|\bused (?:for|in|on|with)\b|\bcopy\b"
    r"|\bdieselbe\b[^.!?#]{0,30}?\bwie\b|\bwie (?:bei|in|für)\b"
    r"|\b(?:auf|an) (?:die|jene) (?:liefer)?(?:adresse|anschrift)\b|\bmême\b[^.!?#]{0,30}?\bque\b"
    r"|\bcelle de\b|(?<!changer )\bà l'adresse\b|\bcomme pour\b"
    r"|\bmisma\b[^.!?#]{0,30}?\b(?:que|del?)\b|\ba la (?:dirección )?del\b|\bcomo en\b)"
    r"(?: [^\s,;.!?#]+){0,4} #?W(?P<number>\d{7})(?!\d)"
    r"|(?:与|和|跟|同|像|用|使用|改成|改为|换成)(?:我的|的|订单|那个|之前|号|\s){0,4}#?W(?P<chinese>\d{7})(?!\d)",
    re.IGNORECASE,
)
"""An order whose address is to be used, and not to be changed."""
OWN_PROFILE = re.compile(
    r"\bprofil(?:e|s)?\b|\b(?:my |the )(?:default|account|registered|usual|main)\b|\bdefault\b|\bon file\b"
    r"|standard(?:adresse|anschrift)|\bhinterlegte\w*|kundenkonto|\bpar défaut\b|\bmon compte\b"
    r"|\bpredeterminada\b|\bperfil\b|\bmi cuenta\b|默认|资料|账户里|账号里",
    re.IGNORECASE,
)
OTHER_ORDER = re.compile(
    r"\b(?:other|previous|last|earlier|recent) (?:order|purchase|delivery)\b"
    r"|\b(?:andere|letzte|vorige|frühere)n? bestellung\b|\b(?:autre|dernière|précédente) commande\b"
    r"|\bcommande précédente\b|\b(?:otro|último) pedido\b|\bpedido anterior\b|(?:另一个|上一个|之前的|上次的)订单",
    re.IGNORECASE,
)

AT_HOME = re.compile(
    r"\b(?:home|my place|addresse?s?|profile?|work|office|parents|nach hause|zuhause|adressen?|anschrift|büro|chez moi"
    r"|maison|bureau|profil|casa|direcci[oó]n|oficina|perfil)\b|(?:原|旧|老|新|我的|家庭|公司)?地址|家里|公司",
    re.IGNORECASE,
)
"""Words for a place that is not written out."""


def about_the_order(facts: Facts) -> Facts:
    """The facts with those words alone that can say which order is to be changed.

    A street may be named like an item, and "the same as #W1234567" names an order that stays as it is.
    """
    return {
        **facts,
        "messages": [SOURCE.sub(" ", without_addresses(in_shops_form(message))) for message in messages(facts)],
    }


def of_the_order(options: Options) -> Options:
    """The options for the order that is to be changed, from the words about it alone."""
    return lambda facts: options(about_the_order(facts))


def without_places(message: str) -> str:
    """A message with :data:`PLACE` for each address that it gives or speaks of."""
    return AT_HOME.sub(f" {PLACE} ", SOURCE.sub(f" {PLACE} ", without_addresses(in_shops_form(message), f" {PLACE} ")))


def on_file(target: Options) -> Options:
    """Labels of the addresses on file that the words mean, other than that of the ``target``.

    An order that is named and not found is replaced by no other.
    """

    def options(facts: Facts) -> list[str]:
        changed = target(facts)
        own = [str(order["order_id"]) for order in orders(facts)]
        said = "\n".join(map(in_shops_form, messages(facts)))
        sources = {f"#W{found['number'] or found['chinese']}" for found in SOURCE.finditer(said)}
        others, names = [each for each in own if each not in changed], named(facts)
        meant = [each for each in others if each in (sources or names.found)]
        told = sources or names.missing or unlisted(facts)
        if not meant and not told and len(others) == 1 and OTHER_ORDER.search(said):
            meant = others
        return [*meant, *([PROFILE] if _profile_is_meant(facts) else [])]

    return options


def _profile_is_meant(facts: Facts) -> bool:
    labels = facts.get("addresses")
    return (
        isinstance(labels, list)
        and PROFILE in labels
        and any(OWN_PROFILE.search(without_addresses(message)) for message in messages(facts))
    )
