"""How mail programs mark what they quote: ``quoting.toml``, made ready for comparing."""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from html import unescape
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

FILE = Path(__file__).with_name("quoting.toml")
MARKS = "-_=*#~>|·—–─━ \t\u00a0"
"""What programs draw lines with."""
SPACES = re.compile(r"[\s\u00a0\u200b\ufeff]+")
MONTH = r"(?:jan|feb|fév|m[aä]r|apr|avr|abr|ma[iy]|jui?[nl]|aug|aoû|ago|ene|sep|o[ck]t|nov|d[eéi][cz])\w{0,7}\.?"
DATED = re.compile(
    r"(?<!\d)\d{1,2}[:：]\d\d|(?<![\w#])(?:19|20)\d\d(?!\d)|(?<![\w#])\d{1,2}([./-])\d{1,2}\1\d\d|\d月|\S@\S"
    rf"|\b{MONTH} \d{{1,2}}\b|\b\d{{1,2}}\.? (?:de )?{MONTH}",
    re.IGNORECASE,
)
"""A time, a year, a date or an address: a sentence with "wrote" that has none of them introduces no mail."""

Label = Literal["from", "date", "to", "subject", "other"]


class Words(BaseModel):
    """``quoting.toml``; see there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    wrote: tuple[str, ...]
    opens: tuple[str, ...]
    quotes: tuple[str, ...]
    own: tuple[str, ...]
    separators: frozenset[str]
    ends: frozenset[str]
    replies_above: tuple[str, ...]
    sent_from: tuple[str, ...]
    sent_from_ends: dict[str, str]
    answers: tuple[str, ...]
    labels: dict[Label, tuple[str, ...]]


@cache
def words() -> Words:
    """The words that come with the code."""
    return Words.model_validate(tomllib.loads(FILE.read_text(encoding="utf-8")))


@cache
def label_of() -> dict[str, Label]:
    """The name of a header to what it says."""
    return {name: label for label, names in words().labels.items() for name in names}


def plain(line: str) -> str:
    """A line as it is compared: lower case, straight apostrophes, single spaces."""
    return SPACES.sub(" ", unescape(line).replace("’", "'")).strip().casefold()


def any_of(phrases: Iterable[str]) -> str:
    """A pattern for any of the phrases, as whole words where they have letters with ends."""
    return "|".join(rf"\b{re.escape(each)}\b" if each.isascii() or each[0] < "\u3000" else each for each in phrases)
