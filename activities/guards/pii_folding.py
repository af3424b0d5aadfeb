"""Text as the rules for personal data read it: one form of each digit, dash and space, nothing invisible."""

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58"
BLANK_LETTERS = "\u115f\u1160\u3164\uffa0"
"""Letters that show nothing (Unicode's Default_Ignorable_Code_Point)."""
ESCAPED_BREAKS = ("\\n", "\\r", "\\t")
"""Line breaks of text that was escaped once more on its way, as in logs and nested JSON."""


ESCAPED = re.compile(
    r"=[ \t]*\r?\n|(?<=[A-Za-z])=40(?=[A-Za-z])|%(?:40|2[0BbDdEe])|&#(?:[xX][0-9a-fA-F]{1,6}|[0-9]{1,7});"
    r"|&(?:nbsp|ensp|emsp|thinsp|commat|period|plus|lpar|rpar|hyphen|dash|sol|colon|comma|lowbar|shy|zwnj|zwj);"
)
"""One character as mail programs, HTML and URLs write it; a soft line end of quoted-printable is none."""


@dataclass(frozen=True)
class Folded:
    """A text in its folded form, with the way back."""

    text: str
    starts: Sequence[int]
    """For each character of ``text``, where in the text as it was written it starts."""
    ends: Sequence[int]
    """And where it ends."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in the original the characters from ``start`` to before ``end`` stand."""
        return self.starts[start], self.ends[end - 1]

    def kept(self, indexes: Sequence[int], text: str) -> "Folded":
        """The same with only some of its characters, which read as ``text``."""
        return Folded(text, [self.starts[index] for index in indexes], [self.ends[index] for index in indexes])


def fold(text: str) -> Folded:
    """The folded form of a text. What stands for one character becomes one or none, so that spans stay apart."""
    plain, starts, ends = _unescaped(text)
    folded = plain.translate(_FORMS)
    whole = Folded(plain, starts, ends)
    if len(folded) != len(plain):
        whole = whole.kept([index for index, character in enumerate(plain) if _FORMS[ord(character)]], folded)
    if "\\" in folded:
        for escaped in ESCAPED_BREAKS:
            folded = folded.replace(escaped, "\n\n")
    return Folded(folded, whole.starts, whole.ends)


def _unescaped(text: str) -> tuple[str, Sequence[int], Sequence[int]]:
    if not ESCAPED.search(text):
        return text, range(len(text)), range(1, len(text) + 1)
    pieces: list[tuple[str, int, int]] = []
    at = 0
    for match in ESCAPED.finditer(text):
        pieces += ((text[index], index, index + 1) for index in range(at, match.start()))
        pieces += ((character, *match.span()) for character in _meant(match[0]))
        at = match.end()
    pieces += ((text[index], index, index + 1) for index in range(at, len(text)))
    return "".join(one for one, *_ in pieces), [start for _, start, _ in pieces], [end for *_, end in pieces]


def _meant(escaped: str) -> str:
    if escaped[0] == "=":
        return "@" if escaped[-1] == "0" else ""
    meant = html.unescape(escaped) if escaped[0] == "&" else unquote(escaped)
    return meant if len(meant) == 1 else "?"


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
