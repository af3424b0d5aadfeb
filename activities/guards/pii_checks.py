"""Whether text that looks like a number of some kind can be one: check digits, dates, numbering plans."""

import importlib
from collections.abc import Callable
from datetime import date
from ipaddress import ip_address as parse_ip

import phonenumbers
from stdnum import iban as iban_numbers
from stdnum import isbn
from stdnum import luhn as luhn_numbers
from stdnum.cn import ric
from stdnum.us import itin, ssn

Check = Callable[[str], bool]
"""Takes a match as it stands in the folded text, separators included."""

ISSUERS = (
    ("Visa", 4, 4, (13, 16, 19)),
    ("Mastercard", 51, 55, (16,)),
    ("Mastercard", 2221, 2720, (16,)),
    ("American Express", 34, 34, (15,)),
    ("American Express", 37, 37, (15,)),
    ("Diners Club", 300, 305, (14, 16, 19)),
    ("Diners Club", 36, 36, (14, 16, 19)),
    ("Diners Club", 38, 39, (14, 16, 19)),
    ("Discover", 6011, 6011, (16, 19)),
    ("Discover", 644, 659, (16, 19)),
    ("JCB", 35, 35, (16, 17, 18, 19)),
    ("JCB", 1800, 1800, (15,)),
    ("JCB", 2131, 2131, (15,)),
    ("UnionPay", 62, 62, (16, 17, 18, 19)),
    ("UnionPay", 81, 81, (16, 17, 18, 19)),
    ("Mir", 2200, 2204, (16, 17, 18, 19)),
    ("Maestro", 50, 50, (16, 17, 18, 19)),
    ("Maestro", 56, 58, (16, 17, 18, 19)),
    ("Maestro", 60, 69, (16, 17, 18, 19)),
    ("RuPay", 82, 82, (16,)),
    ("RuPay", 508, 508, (16,)),
    ("Troy", 9792, 9792, (16,)),
)
"""Issuers' number ranges as first and last prefix, and lengths (ISO/IEC 7812 and the card schemes' public tables).
Maestro's of 12 to 15 digits are left out: parcels have such numbers. Where a word says "card", ``luhn`` is enough.
"""

SHORTEST_IBAN = 15
"""Norway's."""

CN_PROVINCES = frozenset(
    f"{region}{province}"
    for region, provinces in {1: 5, 2: 3, 3: 7, 4: 6, 5: 4, 6: 5}.items()
    for province in range(1, provinces + 1)
) | {"50", "71", "81", "82", "83", "91"}
"""First two digits of a Chinese resident id (GB/T 2260; 83 and 91 from the National Immigration Administration)."""


def check_named(name: str) -> Check:
    """The check that a rule names: a function of this module, or ``is_valid`` of a module of python-stdnum.

    Raises:
        ValueError: there is neither.
    """
    if name in CHECKS:
        return CHECKS[name]
    try:
        return _stdnum(name)
    except (ImportError, AttributeError):
        raise ValueError(f"{name!r} is neither a check of this module nor a module of python-stdnum") from None


def luhn(text: str) -> bool:
    """Whether the check digit fits (ISO/IEC 7812-1); a row of one digit alone is no number."""
    digits = digits_of(text)
    return len(set(digits)) > 1 and luhn_numbers.is_valid(digits)


def card(text: str) -> bool:
    """A payment card: an issuer's range, a length it uses, the check digit."""
    digits = digits_of(text)
    return luhn(digits) and any(
        len(digits) in lengths and first <= int(digits[: len(str(first))]) <= last
        for _, first, last, lengths in ISSUERS
    )


def iban(text: str) -> bool:
    """An IBAN: country, structure and check digits (ISO 13616); the national account's own check is left out."""
    return len(text) >= SHORTEST_IBAN and iban_numbers.is_valid(text, check_country=False)


def us_ssn(text: str) -> bool:
    """A US Social Security Number or Individual Taxpayer Identification Number that can be given out."""
    digits = digits_of(text)
    return ssn.is_valid(digits) or itin.is_valid(digits)


def cn_resident_id(text: str) -> bool:
    """A Chinese resident id (GB 11643): province, birth date, check character.

    The place of birth below the province is left out: codes of counties that were merged or renamed stay on cards.
    """
    number = digits_of(text[:-1]) + text[-1].upper()
    if len(number) != 18 or number[:2] not in CN_PROVINCES or number[-1] != ric.calc_check_digit(number):
        return False
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14])) <= date(2100, 1, 1)
    except ValueError:
        return False


def international_phone(text: str) -> bool:
    """A phone number with its country's code, and as many digits as that country has."""
    number = "+" + text[2:] if text.startswith("00") else text
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False


def trunk_phone(text: str) -> bool:
    """A national number that starts with 0: 10 to 12 digits (ITU-T E.164 allows no more behind a country's code)."""
    return 10 <= len(digits_of(_without_extension(text))) <= 12


def bare_trunk_phone(text: str) -> bool:
    """The same in one row of digits, which must not be a book's number."""
    return trunk_phone(text) and not isbn.is_valid(text)


def local_phone(text: str) -> bool:
    """A number that a word calls a phone: 7 digits, a town's own number, to 12."""
    return 7 <= len(digits_of(_without_extension(text))) <= 12


def spelled_email(text: str) -> bool:
    """An address whose dot, and maybe the at sign, is written as a word."""
    words = text.lower()
    return any(dot in words for dot in (" dot ", "[", "(", "{"))


def ip_address(text: str) -> bool:
    """An internet address, of version 4 or 6."""
    try:
        return bool(parse_ip(text))
    except ValueError:
        return False


def digits_of(text: str) -> str:
    """The digits of a text, in order."""
    return "".join(character for character in text if character.isdecimal())


def _without_extension(text: str) -> str:
    for mark in "xe转分":
        text = text.partition(mark)[0]
    return text


def _stdnum(name: str) -> Check:
    valid: Check = importlib.import_module(f"stdnum.{name}").is_valid
    return valid


CHECKS: dict[str, Check] = {
    "bare_trunk_phone": bare_trunk_phone,
    "card": card,
    "cn_resident_id": cn_resident_id,
    "iban": iban,
    "ip_address": ip_address,
    "international_phone": international_phone,
    "local_phone": local_phone,
    "luhn": luhn,
    "spelled_email": spelled_email,
    "trunk_phone": trunk_phone,
    "us_ssn": us_ssn,
}
