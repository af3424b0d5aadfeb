import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

PLACEHOLDER = re.compile(r"<[A-Z]{2,16}_\d{1,6}>")
"""How masked values look, for example ``<EMAIL_1>``."""

IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29,
    "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
    "YE": 30,
}  # fmt: skip
"""Characters of an IBAN by country (SWIFT's IBAN registry)."""

EMAIL = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9])")
IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}")
CARD = re.compile(r"(?<![\w#.-])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\w-])")
PHONE = re.compile(
    r"""
    (?<![\w#.])\+\d{1,3}(?:[ ().-]{0,2}\d){6,13}                                    # +49 151 2345678
    | (?<![\w#.-])(?:1[ .-])?(?:\(\d{3}\)[ ]?|\d{3}[ .-])\d{3}[ .-]\d{4}            # (555) 123-4567
    | (?<![\w#.-])(?<!\d[ -])0\d{2,4}[ /-]{1,2}\d{3,4}[ -]?\d{3,5}                          # 0151 2345678
    | (?<![\w#.-])1[3-9]\d[ -]?\d{4}[ -]?\d{4}                                      # 138 1234 5678
    | (?<=phone[ ])\d{7,15} | (?<=call[ ]me[ ]at[ ])\d{7,15} | (?<=phone[ ]number[ ]is[ ])\d{7,15}
    | (?<=mobile[ ])\d{7,15} | (?<=tel[ ])\d{7,15} | (?<=tel:[ ])\d{7,15} | (?<=电话)\d{7,12}
    """,
    re.VERBOSE | re.IGNORECASE,
)
PHONE_END = re.compile(r"(?![\w-])")


@dataclass(frozen=True)
class Found:
    """A value in a text that must not reach the model."""

    start: int
    end: int
    label: str
    """``email``, ``phone``, ``card``, ``iban``; ``literal`` for text that only looks like a placeholder."""


def find_personal(text: str) -> list[Found]:
    """E-mail addresses, payment cards, IBANs and phone numbers, in order; where two overlap, the first kind
    named here wins. Order, item and tracking numbers and prices are left alone.
    """
    taken: list[Found] = []
    for finder in (_emails, _ibans, _cards, _phones):
        taken += [new for new in finder(text) if not any(_overlap(new, old) for old in taken)]
    return sorted(taken, key=lambda found: found.start)


def find_placeholders(text: str) -> list[Found]:
    """Text that looks like a placeholder."""
    return [Found(*match.span(), "literal") for match in PLACEHOLDER.finditer(text)]


def luhn(digits: str) -> bool:
    """Whether the check digit of a card number fits (ISO/IEC 7812-1)."""
    doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def iban_checksum(iban: str) -> bool:
    """Whether the check digits of an IBAN fit (ISO 13616, modulo 97)."""
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 == 1


def _emails(text: str) -> Iterator[Found]:
    return (Found(*match.span(), "email") for match in EMAIL.finditer(text))


def _cards(text: str) -> Iterator[Found]:
    return _checked(text, CARD, "card", lambda compact: len(compact) if luhn(compact) else 0)


def _ibans(text: str) -> Iterator[Found]:
    return _checked(text, IBAN, "iban", _iban_length)


def _iban_length(compact: str) -> int:
    length = IBAN_LENGTHS.get(compact[:2].upper(), 0)
    return length if 0 < length <= len(compact) and iban_checksum(compact[:length]) else 0


def _phones(text: str) -> Iterator[Found]:
    matches = PHONE.finditer(text)
    return (Found(*match.span(), "phone") for match in matches if PHONE_END.match(text, match.end()))


def _checked(text: str, pattern: re.Pattern[str], label: str, valid_length: Callable[[str], int]) -> Iterator[Found]:
    """Matches whose first ``valid_length`` letters and digits, separators left out, are a valid number."""
    for match in pattern.finditer(text):
        places = [index for index in range(*match.span()) if text[index].isalnum()]
        if length := valid_length("".join(text[index] for index in places)):
            yield Found(places[0], places[length - 1] + 1, label)


def _overlap(one: Found, other: Found) -> bool:
    return one.start < other.end and other.start < one.end
