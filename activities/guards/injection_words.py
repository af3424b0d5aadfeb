import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from activities.guards.text import normalise

LEXICON = Path(__file__).with_name("injection_lexicon.toml")
TOKEN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]+|[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+|[.!?;。！？；:：\"“”„«»\[<{#|=\n]")
ENDS = frozenset(".!?;。！？；")
MARKS = {
    ":": ":",
    "：": ":",
    "\n": "LINE",
    "[": "OPEN",
    "<": "OPEN",
    "{": "OPEN",
    "#": "OPEN",
    "|": "OPEN",
    "=": "OPEN",
}
QUOTES = frozenset('"“”„«»')
UNKNOWN = "x"


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Which words mean what in an instruction to a model, in several languages."""

    exact: dict[str, str]
    stems: dict[str, str]
    longest: int
    """Characters of the longest stem."""
    misspelt: dict[str, str]
    """Words that are also known by a typing error, and what is left of each with one letter less."""
    unspaced: re.Pattern[str]
    """Words of scripts that leave no space between words."""

    def class_of(self, word: str) -> str:
        """The class of a normalised word, ``x`` for one that has none."""
        if found := self.exact.get(word):
            return found
        stems = (self.stems.get(word[:length]) for length in range(min(len(word), self.longest), 1, -1))
        return next((found for found in stems if found), None) or self._misspelt(word)

    def _misspelt(self, word: str) -> str:
        if not 5 < len(word) < 16 or not word.isascii():
            return UNKNOWN
        tries = (self.misspelt.get(form) for form in (word, *_shorter(word)))
        return next((found for found in tries if found), UNKNOWN)


@dataclass(frozen=True)
class Words:
    """A text as a line of ``CLASS:word`` tokens, which word rules match, with the way back to the text."""

    line: str
    starts: tuple[int, ...]
    """Where in ``line`` each token starts, and at last the line's length."""
    spans: tuple[tuple[int, int], ...]
    """Where in the text each token stands."""
    vocabulary: frozenset[str]
    """All classes and words in it."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in the text the tokens of ``line[start:end]`` stand."""
        inside = [span for at, span in zip(self.starts, self.spans, strict=False) if start <= at < end]
        return inside[0][0], inside[-1][1]


@cache
def lexicon() -> Lexicon:
    """The lexicon that comes with the code."""
    read = tomllib.loads(LEXICON.read_text("utf-8"))
    classes: dict[str, str] = read["classes"]
    exact: dict[str, str] = {}
    stems: dict[str, str] = {}
    for name, words in classes.items():
        for word in normalise(words).text.split():
            known, key = (stems, word[:-1]) if word.endswith("*") else (exact, word)
            known.setdefault(key, name)
    unspaced = sorted((word for word in exact if "\u3040" <= word[0] <= "\u9fff"), key=len, reverse=True)
    known_words = Lexicon(exact, stems, max(map(len, stems)), {}, re.compile("|".join(map(re.escape, unspaced))))
    for word in read["misspelt"].split():
        for form in (word, *_shorter(word)):
            known_words.misspelt[form] = known_words.class_of(word)
    return known_words


def _shorter(word: str) -> list[str]:
    # Two words that differ by one typing error leave the same when the right letter is taken from one or from both.
    # The first letter is taken to be right.
    return [word[:index] + word[index + 1 :] for index in range(1, len(word))]


def read_words(text: str) -> Words:
    """The tokens of a normalised text. Marks that part no sentences are left out."""
    tokens = list(_tokens(text))
    pieces = [f"{name}:{word} " for name, word, _ in tokens]
    starts = [0]
    for piece in pieces:
        starts.append(starts[-1] + len(piece))
    vocabulary = frozenset(part for name, word, _ in tokens for part in (name, word))
    return Words("".join(pieces), tuple(starts), tuple(span for *_, span in tokens), vocabulary)


def _tokens(text: str) -> Iterator[tuple[str, str, tuple[int, int]]]:
    words = lexicon()
    for match in TOKEN.finditer(text):
        token, (start, end) = match[0], match.span()
        if "\u3040" <= token[0] <= "\u9fff":
            for part in words.unspaced.finditer(token):
                yield words.exact[part[0]], part[0], (start + part.start(), start + part.end())
        elif token in ENDS:
            yield ".", token, (start, end)
        elif token in MARKS:
            yield MARKS[token], token.replace("\n", "-"), (start, end)
        elif token in QUOTES:
            yield "QUOTE", token, (start, end)
        elif token[0].isdigit():
            yield "9", token, (start, end)
        else:
            word = token.replace("’", "'")
            yield words.class_of(word), word, (start, end)
