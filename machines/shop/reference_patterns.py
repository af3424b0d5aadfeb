"""How people write down the numbers of orders and items, in the languages that are served.

All patterns are for text in the form of :func:`machines.reading.spelling.folded`, and bounded: their time is linear.
"""

import re
from typing import Literal

Kind = Literal["order", "item"]

DIGITS: dict[Kind, int] = {"order": 7, "item": 10}
"""How long the shop's numbers are."""
LONGEST = 20
"""Digits of the longest number that is looked at."""

RUN = re.compile(r"(?<![0-9A-Za-z_])[0-9]+(?:[ -][0-9]+)*")
"""Digits, in groups or not."""
SHOPS_OWN = re.compile(r"(?<![0-9A-Za-z_])#?[ ]?W[ .:#_-]{0,3}(?=[0-9OIl|])(?:[ ._-]?[0-9]|[OIl|])+", re.IGNORECASE)
"""``#W1234567``, however it is spaced; a letter O or l that stands for a digit is next to one."""

SUM = r"\s?(?:[%€$£¥元]|(?:eur|euros?|usd|dollars?|gbp|pounds?|chf)\b)"
NUMBER_WORD = (
    r"(?:numbers?|numm?ern?|num|nro?|n[uú]m(?:ero)?s?|num[eé]ros?|no|n°|ids?|code|ref(?:erence)?"
    r"|编号|号码|號碼|号|號|#)"
)
SAID = re.compile(NUMBER_WORD, re.IGNORECASE)
FILLER = r"[\s:.#\"'“„«(*=-]{0,4}"
IS = r"(?:is|are|was|ist|sind|lautet|est|es|mit|with|avec|con)\b|是|为|為|的"
BETWEEN = rf"(?:{FILLER}(?:{NUMBER_WORD}|{IS})){{0,4}}{FILLER}"
WORDS: dict[Kind, str] = {
    "order": (
        r"(?:\b(?:orders?|purchase|bestellung(?:en)?|bestell-?|auftrags?-?|commandes?|pedidos?|encargos?|[oó]rden(?:es)?|compras?|ordin[ei])"
        r"|订单|訂單|定单|单号)"
    ),
    "item": (
        r"(?:\b(?:items?|articles?|artikel-?|products?|produkt-?|produits?|productos?|art[ií]culos?|sku)|商品|产品|货号)"
    ),
}
NUMBER = r"[0-9OIl|]+(?:[ -][0-9]+)*(?![0-9A-Za-z_/]|[.,:][0-9])"
LIST = (
    rf"(?:[A-Z]{{1,4}}-?(?=[0-9]{{3}}))?{NUMBER}"
    rf"(?:\s?(?:,|&|;|\b(?:and|und|et|y|e|or|oder|ou|o)\b|和|与|、|或)\s?#?{NUMBER}){{0,9}}"
)
EACH = re.compile(NUMBER, re.IGNORECASE)
AFTER = {
    kind: re.compile(rf"{word}(?P<between>{BETWEEN})(?P<list>{LIST})(?P<rest>[^\n]{{0,12}})", re.IGNORECASE)
    for kind, word in WORDS.items()
}
"""``order no. 1234567``, ``订单1234567``, ``item 1008292230``."""
CODED = re.compile(
    rf"{WORDS['order']}(?P<between>{BETWEEN})(?P<code>[A-Z][A-Z0-9]{{0,12}}(?:-[A-Z0-9]{{1,12}}){{0,4}})(?![A-Za-z0-9_-])",
    re.IGNORECASE,
)
"""``order number ZX81-77``: that of another shop."""
BEFORE = re.compile(
    r"(?<![0-9A-Za-z_.,/+-])(?P<list>[0-9]{4,20})"
    r"(?:号|號)?的?\s?(?:订单|訂單|orders?\b|bestellung\b|is (?:my|the) order|ist (?:meine|die) bestell)",
    re.IGNORECASE,
)
"""``the 1234567 order``."""
ACTED_ON = re.compile(
    r"(?:\b(?:cancel\w*|return\w*|refund\w*|exchang\w*|chang\w*|erstatt\w*|rembours\w*|retourn\w*|devolv\w*|devuelv\w*"
    r"|reembols\w*|umtausch\w*|swap)|退货|退款|退|换)(?:\s(?:please|my|the|one|bitte|die|das|le|el))?"
    r"\s{0,2}(?P<list>[0-9]{10})(?![0-9A-Za-z_/+-]|[.,:][0-9]|\s?[0-9-])",
    re.IGNORECASE,
)
"""An item's number that something is to be done with; a phone number can be as long."""
BARE = re.compile(
    r"(?<![0-9A-Za-z_.,/+$€£¥-])(?<![0-9] )(?<![$€£¥] )"
    rf"(?:(?P<list>[0-9]{{7}})(?![0-9A-Za-z_/+]|-[0-9]|[.,:][0-9]| [0-9]|{SUM})"
    r"|#\s?(?P<marked>[0-9]{5,20})(?![0-9A-Za-z_-]))",
    re.IGNORECASE,
)
"""A number as long as an order's, or after ``#``, whatever stands before it."""
OTHERS_NUMBER = re.compile(
    r"(?:\b(?:apt|apartment|suite|ste|unit|flat|room|ticket|case|invoice|customer|tracking|(?:tele)?phone|mobile|cell|fax"
    r"|item|artikel|article|product|sku|serial|model|account|box|zip|post(?:al )?code|plz|wohnung|rechnung|konto"
    r"|kunden\w*|piso|facture|factura|handy|tel|t[eé]l\w*|cards?|\w*karten?|\w*gutschein|voucher|credit|paypal|cadeaux?|regalo"
    r"|cartes?|tarjetas?|bancaire|(?:call|ring|text|reach|dial|whatsapp)(?: (?:me|us))?"
    r"|erreich\w*(?: (?:sie|mich|uns))?|anrufen|appel\w*|ll[aá]m\w*)"
    rf"|卡|电话|手机|邮编|发票|客户)"
    rf"(?:[\s.:#-]{{0,3}}(?:{NUMBER_WORD}|is|ist|est|es|on|at|unter|au|al|是|为)){{0,2}}"
    r"[\s.:#-]{0,3}\Z",
    re.IGNORECASE,
)
"""What else such a number can be the number of."""
MONEY = re.compile(SUM, re.IGNORECASE)
COUNTED = re.compile(r"\s(?!please|pls|and|und|et|y|or|bitte|is|ist|est|es|that|which|from|for|to|now|as)[^\W\d_]{3}")
"""A word after a short number: it counts something."""
