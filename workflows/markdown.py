"""Markdown for the Temporal UI, which gives details a frame of 480 pixels and tables no room between their cells.

Everything that the model, the user or the data wrote is shown as inert text: it must not be able to fake a heading, a
link or a code.
"""

import re
from collections.abc import Iterable

from pydantic import JsonValue

from leverframe.naming import NAME, named
from leverframe.telling import NOTHING, inert_value

LONG = 25
"""Characters without a space or hyphen, after which a line may be broken all the same."""
GAP = "\u00a0\u00a0"
"""Between two cells; the renderer takes ordinary spaces away."""

LIKE = str.maketrans({"<": "‹", ">": "›", "`": "ˋ", "|": "¦"})
"""What would end a code span or a cell, or what a renderer may look for within one: shown by its like."""
_UNBROKEN = re.compile(rf"[^\s-]{{{LONG},}}")
_WHOLE = r"(?>⟨U\+[0-9A-F×]{4,12}⟩|[^_])"
_PIECE = re.compile(rf"{_WHOLE}{{0,{LONG - 1}}}_|{_WHOLE}{{1,{LONG}}}")
_LINK = re.compile(r"(?<=\])(?=\()")
"""The middle of a link, at which it is taken apart."""


def inert(value: JsonValue) -> str:
    """A value as one line of Markdown code spans: no markup, and a mark for each character that is not seen."""
    return span(inert_value(value))


def span(text: str) -> str:
    """The same of a text that is inert already.

    A long word can be broken where it does not fit; copied, it is as it was.
    """
    shown = text.translate(LIKE).strip()
    broken = _UNBROKEN.sub(lambda word: "\n".join(_PIECE.findall(word.group())), shown)
    return "<wbr>".join(f"`{piece}`" for piece in _LINK.sub("\n", broken).split("\n")) if shown else NOTHING


def name(text: str) -> str:
    """A name of the code as people read it; whatever is none, inert."""
    shown = named(text)
    return shown if NAME.fullmatch(shown) else span(shown)


def row(*cells: str) -> str:
    """A row of a table."""
    *others, last = cells
    return "".join(f"| {cell}{GAP} " for cell in others) + f"| {last} |"


def table(head: Iterable[str], rows: Iterable[str]) -> str:
    """A table; a row costs less height than a heading or a paragraph."""
    names = tuple(head)
    return "\n".join([f"| {' | '.join(names)} |", "|---" * len(names) + "|", *rows])
