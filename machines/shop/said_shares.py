"""Shares of a payment as people write them: fractions and per cent. Patterns for folded text; linear."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

SLASH = "\N{FRACTION SLASH}"
TIMES = (
    r"(?:an? )?(?:hours?|past|years?|days?|months?|weeks?|way|times?|dozen|stunden?|tag|jahr|monat"
    r"|broken|empty|full|open|dead|done"
    r"|working|size|inch\w*|sleeves?|heure|journée|hora|a[nñ]o|d[ií]a)\b"
)
HALF = re.compile(
    rf"(?<!and a )(?<!one and )\bhal(?:f|ves)\b(?!-|\s{TIMES}|\sas\b)"
    r"|\b(?:die |zur )?hälfte\b|\bhalbe[nrs]?(?=\s(?:preis|betrag|kaufpreis|summe|geld))"
    r"|\bhalb(?=\s(?:zurück|erstatte))"
    r"|\b(?:la )?moitié\b|\bla mitad\b|\bmitad\b|\bmedio(?=\s(?:precio|importe))"
    r"|[一1]?半(?!年|天|个|個|小时|小時|月|路|夜|透|新)",
    re.IGNORECASE,
)
NOUN = (
    r"(?=\s(?:of|from|back|davon|von|vom|de|du|des|del|d'|the|my|la|le|lo|please|bitte|zurück|stornieren|erstatten)\b"
    r"|\s?[.,;!?)]|\s*\Z)"
)
PARTS = (
    ("third|drittel|tiers|tercio|tercera parte|tercios", 3),
    ("quarter|viertel|quart|cuarto|cuarta parte", 4),
    ("fifth|fünftel|cinquième|quinto|quinta parte", 5),
    ("tenth|zehntel|dixième|décimo|décima parte", 10),
)
COUNTS = {"a": 1, "one": 1, "ein": 1, "un": 1, "une": 1, "una": 1, "la": 1, "le": 1, "1": 1} | {
    word: number
    for number, words in ((2, "two zwei deux dos 2"), (3, "three drei trois tres 3"), (4, "four vier quatre cuatro 4"))
    for word in words.split()
}
SINGLE, SEVERAL = (
    "|".join(sorted((word for word, number in COUNTS.items() if (number > 1) == many), key=len, reverse=True))
    for many in (False, True)
)
FRACTION = {
    of: re.compile(
        # One third can be an order's number, or a party; two thirds are a share.
        rf"\b(?:(?P<one>{SINGLE})[ -](?:{words})s?\b{NOUN}|(?P<several>{SEVERAL})[ -](?:{words})s?\b(?!\s{TIMES}))",
        re.IGNORECASE,
    )
    for words, of in PARTS
}
PER_CENT = re.compile(r"\s?(?:٪|per ?cent\b|pct\b|prozent\b|pour ?-?cent\b|por ?ciento\b|por cien\b)", re.IGNORECASE)
OF = (
    r"(?P<of>\s?(?:(?:of|von|vom|des|der|de|du|d'|del|the|my|our|meine[rns]|mon|ma|mi|la|le"
    r"|el)\b\s?){1,3}(?P<what>[$€£]?\s?[^\W_]{1,20})?)?"
)
SHARE = re.compile(
    rf"(?<![A-Za-z0-9.,_-])(?:(?P<part>[0-9]{{1,3}}){SLASH}(?P<parts>[0-9]{{1,3}})"
    rf"|(?P<rate>[0-9.,]{{1,7}}|\ufffd)\s?%)(?P<glued>[A-Za-z0-9])?"
    rf"{OF}",
    re.IGNORECASE,
)
CHINESE = re.compile(r"([0-9]{1,3})分之([0-9]{1,3})")
TENTHS = re.compile(r"(?<![0-9])([1-9])成(?![\u4e00-\u9fff]{0,1}[色新])")
SLASHED = re.compile(
    r"(?<![0-9/.,#])([1-9])/([2-9]|10)(?![0-9/])(?=\s(?:of|back|von|de|del|du)\b|的|[ .!]*\Z)", re.IGNORECASE
)
MONEY = re.compile(
    r"(?:it|that|this|what|which|price|money|amounts?|payments?|refunds?|total|sum|costs?|purchase"
    r"|order|bill|charge|everything|all|rest|cash|value"
    r"|sale|invoice|full|whole|purchasing|original|entire|paid|my|betrag\w*|preis\w*|gelde?s?|summe"
    r"|zahlung|kauf\w*|bezahlt\w*|dessen|was|gesamt\w*|davon|bestellung"
    r"|ce|prix|montant|argent|somme|paiement|commande|tout|lo|precio|dinero|importe|pago|pedido|que"
    r"|remaining|remainder|"
    r"@|w)\Z",
    re.IGNORECASE,
)
REST = re.compile(r"\b(?:rest|remaining|remainder)\b|what(?:'s| is) left|\breste\b|\bresto\b", re.IGNORECASE)
NOT_OF_IT = re.compile(
    r"\s?(?:off|cheaper|less|more|lower|higher|günstiger|billiger|moins|más|menos|discount|rabatt"
    r"|de réduction|de descuento|coupon|cotton|wool|silk|polyester|leather"
    r"|baumwolle|的(?!钱|款|金额|价|费))",
    re.IGNORECASE,
)
OF_AMOUNT = re.compile(r"(?:\$|us\$)?\s?([0-9][0-9.,]*)(?:\s?(?:\$|usd|dollars?|bucks?))?", re.IGNORECASE)


@dataclass(frozen=True)
class Share:
    """A part of what was paid, of what is left of it, or of an amount that is named."""

    part: Decimal
    of_left: bool = False
    of_amount: Decimal | None = None

    def of(self, captured: Decimal, left: Decimal) -> Decimal:
        """The amount, not rounded."""
        return self.part * (self.of_amount or (left if self.of_left else captured))


def mark_shares(text: str) -> str:
    """The text with fractions in words as ``1⁄2``, and per cent as ``%``."""
    text = HALF.sub(f" 1{SLASH}2", PER_CENT.sub("%", text))
    for of, pattern in FRACTION.items():

        def written(found: re.Match[str], of: int = of) -> str:
            return f"{COUNTS[(found['one'] or found['several']).casefold()]}{SLASH}{of}"

        text = pattern.sub(written, text)
    return SLASHED.sub(rf"\1{SLASH}\2", text)


def in_tenths(text: str) -> str:
    """A text with numbers in digits, with the shares that Chinese writes its own way as ``1⁄10``."""
    return TENTHS.sub(rf" \1{SLASH}10", CHINESE.sub(rf" \2{SLASH}\1", text))


def shares(text: str, parsed: Callable[[str], Decimal | None]) -> tuple[list[Share], str, bool]:
    """The shares of a text with numbers in digits, the text without them, and whether one is not read.

    A share of all, and one that is none, limits nothing.
    """
    text = in_tenths(text)
    found, pieces, last, unread = [], [], 0, False
    for one in SHARE.finditer(text):
        end = one.end("of") if one["of"] and one["what"] is None else one.start("of") if one["of"] else one.end()
        pieces.append(text[last : one.start()])
        last = max(end, last)
        part = _part(one, parsed)
        if part == 1 and not one["of"]:
            continue
        amount = OF_AMOUNT.match(text, one.start("what")) if one["of"] and one["what"] else None
        strange = one["what"] and amount is None and not MONEY.match(one["what"].strip())
        if part is None or not 0 < part <= 1 or strange or one["glued"] or NOT_OF_IT.match(text, end):
            unread = True
            continue
        of_left = REST.search(text[one.end(0) - len(one["of"] or "") : one.end() + 20]) is not None
        if amount is not None:
            last = amount.end()
        found.append(Share(part, of_left, parsed(amount[1].rstrip(".,")) if amount else None))
    pieces.append(text[last:])
    return found, " ".join(pieces), unread


def _part(one: re.Match[str], parsed: Callable[[str], Decimal | None]) -> Decimal | None:
    if one["rate"]:
        rate = parsed(one["rate"])
        return None if rate is None else rate / 100
    return Decimal(one["part"]) / Decimal(one["parts"]) if int(one["parts"]) else None
