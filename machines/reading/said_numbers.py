"""Numbers up to a hundred that are written in words, put into digits: en, de, fr, es, zh. Pure; linear."""

import re
import unicodedata
from decimal import Decimal
from itertools import chain

UNREAD = "\N{REPLACEMENT CHARACTER}"
"""Stands for a number in words that is not read, such as ``two hundred``."""


def _words(text: str) -> list[str]:
    return text.split()


EN = _words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen"
)
EN_TENS = _words("twenty thirty forty fifty sixty seventy eighty ninety")
DE = _words(
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn"
    " sechzehn siebzehn achtzehn neunzehn"
)
DE_TENS = _words("zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig")
FR = _words(
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
    " dix-sept dix-huit dix-neuf"
)
FR_TENS = _words("vingt trente quarante cinquante soixante septante huitante nonante")
ES = _words(
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis"
    " diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco"
    " veintiséis veintisiete veintiocho veintinueve"
)
ES_TENS = _words("treinta cuarenta cincuenta sesenta setenta ochenta noventa")
ZH = "零一二三四五六七八九"
HUNDREDS = ("hundred", "onehundred", "hundert", "einhundert", "cien", "百", "一百")
BEYOND = (
    "thousand|million|mille|mil|millones|ciento|(?:dos|tres|cuatro|seis|sete|nove)cient[oa]s|quinient[oa]s"
    r"|[^\W\d_]{1,40}hundert[^\W\d_]{0,40}|hundert[^\W\d_]{1,40}|[^\W\d_]{0,40}tausend[^\W\d_]{0,40}"
)
CURRENCIES = r"(?:(?:us|amerikanische[nr]?)[ -])?(?:dollars?|d[oó]lar(?:es)?|euros?|bucks?|francs?|franken|pounds?)\b"
ONE = re.compile(rf"(?<!et )(?<!y )(?<!-)\b(?:an?|une?|eine?n?)\s(?={CURRENCIES})", re.IGNORECASE)
HUNDRED = re.compile(rf"\bcents?(?=\s{CURRENCIES})", re.IGNORECASE)
"""French, where no cents can be meant."""


def _key(words: str) -> str:
    """The words without accents, joints, and the two ways of writing German vowels."""
    plain = "".join(char for char in unicodedata.normalize("NFD", words.casefold()) if not unicodedata.combining(char))
    plain = re.sub(r"\b(?:and|et|y)\b", "", plain)
    return re.sub(r"[\s-]", "", plain).replace("oe", "o").replace("ue", "u")


def _table() -> dict[str, int]:
    found = {word: number for words in (EN, DE, FR, ES) for number, word in enumerate(words)}
    for place in range(8):
        ten = 20 + 10 * place
        for unit in range(10):
            found[EN_TENS[place] + (EN[unit] if unit else "")] = ten + unit
            found[f"{'ein' if unit == 1 else DE[unit]}und{DE_TENS[place]}" if unit else DE_TENS[place]] = ten + unit
            found[FR_TENS[place] + (FR[unit] if unit else "")] = ten + unit
            if place:
                found[ES_TENS[place - 1] + (ES[unit] if unit else "")] = ten + unit
                found[ES_TENS[place - 1] + ("un" if unit == 1 else "")] = ten + (unit == 1)
    found |= {f"soixante{FR[unit]}": 60 + unit for unit in range(10, 20)}
    found |= {f"quatrevingt{FR[unit] if unit else ''}": 80 + unit for unit in range(20)}
    found |= {"quatrevingts": 80, "veintiun": 21, "两": 2, "兩": 2, "dreissig": 30}
    for number in range(1, 100):
        tens, units = divmod(number, 10)
        found[f"{ZH[tens] if tens else ''}{'十' if tens else ''}{ZH[units] if units else ''}"] = number
        if tens == 1:
            found[f"十{ZH[units] if units else ''}"] = number
    return {_key(words): number for words, number in (found | dict.fromkeys(HUNDREDS, 100)).items()}


NUMBERS = _table()
SINGLE = (
    *chain(EN, EN_TENS, DE, DE_TENS, FR, FR_TENS, ES, ES_TENS),
    *(word for word in NUMBERS if word.isascii()),
    *("vingts", "fuenf", "zwoelf", "fuenfzehn", "fuenfzig", "hundreds", "fourty"),
    *(f"{one}und{ten}" for one in ("ein", *DE, "fuenf") for ten in (*DE_TENS, "fuenfzig", "dreissig")),
    *("dieciseis", "veintidos", "veintitres", "veintiseis", "veintiún"),
)
WORD = rf"(?:once(?=\s{CURRENCIES})|{BEYOND}|{'|'.join(sorted(set(SINGLE) - {'un', 'once'}, key=len, reverse=True))})\b"
RUN = re.compile(rf"\b{WORD}(?:(?:[ -]|\s(?:and|et|y)\s|-et-)(?:{WORD}|une?\b))*|[{ZH}两兩十百千万〇]+", re.IGNORECASE)


def in_digits(text: str) -> str:
    """The text with numbers in digits: ``22 dollars``; :data:`UNREAD` for those that are not read.

    Args:
        text: in the form of :func:`machines.reading.spelling.folded`.
    """
    text = HUNDRED.sub("hundred", ONE.sub("1 ", text))
    return RUN.sub(lambda found: str(NUMBERS.get(_key(found[0]), UNREAD)), text)


def parsed(number: str, comma: bool) -> Decimal | None:
    """A number by its form; ``None`` where its point or comma can mean either.

    Args:
        number: digits, with points, commas, spaces or apostrophes between them.
        comma: whether the text's language has a comma before the cents.
    """
    number = re.sub(r"[.,]-{1,2}\Z", "", number)
    if re.fullmatch(r"[0-9]{1,9}", number):
        return Decimal(number)
    if re.fullmatch(r"[0-9]{1,9}[.,][0-9]{1,2}", number):
        return Decimal(number.replace(",", "."))
    grouped = re.fullmatch(r"([0-9]{1,3})(?:([.,'’ ])[0-9]{3})(?:\2[0-9]{3}){0,2}(?:([.,])([0-9]{1,2}))?", number)
    if grouped is None or grouped[2] == grouped[3] or len(number) > 16:
        return None
    whole, cents = (number[: grouped.start(3)], grouped[4]) if grouped[3] else (number, "0")
    alone = grouped[3] is None and number.count(grouped[2]) == 1
    if alone and grouped[2] == ("," if comma else "."):
        return None
    return Decimal(f"{re.sub('[^0-9]', '', whole)}.{cents}")
