"""Abuse in a text to a user.

No model writes to users, but product names and notes go into templates. A list of our own: glin-profanity, the best
kept of those that know these languages, takes the date "13." and the French "retard" (delay) for abuse.
"""

import re
import tomllib
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from activities.guards.text import normalise
from leverframe.contracts.verdict import Evidence

FILE = Path(__file__).with_name("moderation.toml")


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    words: str
    anywhere: str


@cache
def _file() -> _File:
    return _File.model_validate(tomllib.loads(FILE.read_text(encoding="utf-8")))


@cache
def _pattern() -> re.Pattern[str]:
    words = "|".join(re.escape(word).replace(r"\*", r"\w*") for word in _file().words.split())
    anywhere = "|".join(map(re.escape, _file().anywhere.split()))
    return re.compile(rf"\b(?:{words})\b|{anywhere}")


VERSION = _file().version


def find_abuse(text: str, path: str = "") -> list[Evidence]:
    """Words of abuse, also with accents, look-alike letters or invisible characters in them."""
    plain = normalise(text)
    return [plain.evidence(*match.span(), "abuse", path) for match in _pattern().finditer(plain.text)]
