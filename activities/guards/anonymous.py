"""Taking away from a record what says whose it was. A person reads the result before it is used."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from pydantic import JsonValue

from activities.guards.masking import Masking
from activities.guards.pii import PLACEHOLDER
from activities.guards.walking import replace_strings, strings

DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")
NEWEST = date(2000, 1, 31)
"""What the newest date of a record becomes; the others keep their distance from it."""
ID = re.compile(r"(?<![\w.])(#?)((?:[A-Za-z]+_)+|[A-Za-z]*)(\d{4,}+)(?!\.\d\d?\b|-\d\d-\d\d\b)(?![A-Za-z])")
"""Numbers of four digits and more with what stands before them: orders, users, parcels, a card's end. No prices."""
KINDS = frozenset({"credit_card_", "gift_card_", "paypal_"})
"""What ids of payment methods begin with: it says what they are, and not whose."""
CAPITALISED = r"[A-ZÀ-ÖØ-ÞŁŚŻĆ][\w'’-]+"
NAME = re.compile(
    r"(?i:\b(?:my name is|this is|i am|i'm|(?:kind |best )?regards|thanks|thank you|cheers|sincerely|yours"
    r"|mein name ist|ich heiße|grüße?n?|gruß|je m'appelle|cordialement|me llamo|saludos|mi chiamo|grazie"
    r"|nazywam się|pozdrawiam|meu nome é|obrigad[oa])[,!.]?\s+)"
    rf"({CAPITALISED}(?: {CAPITALISED}){{0,2}})|(?:我叫|我是)([一-鿿]{{2,3}})(?=[，。,. ]|$)"
)
"""Names where people give them: when they say who they are, and at the end. Others are not found."""


class Anonymous:
    """One record without ids, names, contact data and true dates; the same value always becomes the same one.

    Numbers are given in the order in which values appear: two records that differ in nothing else become equal.
    """

    def __init__(self, record: JsonValue) -> None:
        self._masking = Masking({})
        self._ids: dict[str, int] = {}
        texts = [text for _, text in strings(record)]
        self._names = {name: f"<NAME_{number}>" for number, name in enumerate(dict.fromkeys(_names(texts)), 1)}
        newest = max((day for text in texts for day in _dates(text)), default=NEWEST)
        self._shift = NEWEST - newest

    def apply(self, content: JsonValue) -> JsonValue:
        """The content with every string replaced, at any depth, and with every id that is a field's name."""
        return self._names_too(replace_strings(content, self._clean))

    def _names_too(self, content: JsonValue) -> JsonValue:
        if isinstance(content, dict):
            return {ID.sub(self._id, name): self._names_too(value) for name, value in content.items()}
        return [self._names_too(each) for each in content] if isinstance(content, list) else content

    def _clean(self, path: str, text: str) -> str:
        # The guard took its placeholders out already; they are not personal, and stay.
        parts, kept = PLACEHOLDER.split(text), [*PLACEHOLDER.findall(text), ""]
        return "".join(self._plain(path, part) + placeholder for part, placeholder in zip(parts, kept, strict=True))

    def _plain(self, path: str, text: str) -> str:
        text = self._masking.mask(path, text)
        for name, placeholder in self._names.items():
            text = text.replace(name, placeholder)
        text = ID.sub(self._id, text)
        return DATE.sub(self._date, text)

    def _id(self, match: re.Match[str]) -> str:
        hash_sign, before, digits = match.groups()
        number = self._ids.setdefault(digits, len(self._ids) + 1)
        # A name with underscores before a number is a user's, unless it is the kind of a payment method.
        kept = before if before in KINDS or "_" not in before else "user_"
        return f"{hash_sign}{kept}{number:0{len(digits)}d}"

    def _date(self, match: re.Match[str]) -> str:
        return next(((day + self._shift).isoformat() for day in _dates(match[0])), NEWEST.isoformat())


def _names(texts: list[str]) -> Iterator[str]:
    for text in texts:
        for match in NAME.finditer(text):
            yield match[1] or match[2]


def _dates(text: str) -> Iterator[date]:
    for match in DATE.finditer(text):
        with suppress(ValueError):
            yield date.fromisoformat(match[0])
