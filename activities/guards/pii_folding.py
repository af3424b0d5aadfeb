"""Text as the rules for personal data read it: one form of each digit, dash and space, nothing invisible."""

import unicodedata
from dataclasses import dataclass

DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58"
BLANK_LETTERS = "\u115f\u1160\u3164\uffa0"
"""Letters that show nothing (Unicode's Default_Ignorable_Code_Point)."""
ESCAPED_BREAKS = ("\\n", "\\r", "\\t")
"""Line breaks of text that was escaped once more on its way, as in logs and nested JSON."""


@dataclass(frozen=True)
class Folded:
    """A text in its folded form, with the way back."""

    text: str
    origin: range | list[int]
    """For each character of ``text``, its index in the text as it was written."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in the original the characters from ``start`` to before ``end`` stand."""
        return self.origin[start], self.origin[end - 1] + 1


def fold(text: str) -> Folded:
    """The folded form of a text. A character becomes one character or none, so that spans stay apart."""
    folded = text.translate(_FORMS)
    origin: range | list[int] = range(len(text))
    if len(folded) != len(text):
        origin = [index for index, character in enumerate(text) if _FORMS[ord(character)]]
    if "\\" in folded:
        for escaped in ESCAPED_BREAKS:
            folded = folded.replace(escaped, "\n\n")
    return Folded(folded, origin)


class _Forms(dict[int, str]):
    """Code point to what the rules read, computed when first met."""

    def __missing__(self, code: int) -> str:
        form = self[code] = _form(chr(code))
        return form


def _form(character: str) -> str:
    if character in DASHES:
        return "-"
    category = unicodedata.category(character)
    if category in ("Cf", "Mn", "Me") or character in BLANK_LETTERS:
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Zs":
        return " "
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character


_FORMS = _Forms()
