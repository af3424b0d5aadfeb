"""Which words of a product's name a text says, without those that tell nothing. Pure; linear in the text's length."""

import re
import unicodedata

from machines.reading.remembering import once
from machines.reading.spelling import folded
from machines.reading.untelling_words import UNTELLING

WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+|[^\W\d_A-Za-z\u00c0-\u024f]+")
"""Of one script: a name in Latin letters may stand in a Chinese sentence without a space."""
SHORTEST = 3
"""Letters of a word that tells something; Chinese needs none."""


class Said:
    """What a text says, in a form in which names are found."""

    def __init__(self, text: str) -> None:
        self.stems = stems(text)
        # A name is written as one word or as two: "ereader", "smart watch".
        self._known = frozenset((*self.stems, *map("".join, zip(self.stems, self.stems[1:], strict=False))))
        self._joined = f" {' '.join(self.stems)} "
        self._folded = folded(text)

    def of(self, name: str) -> frozenset[str]:
        """The telling words of a name that are said; the whole name counts with all its words."""
        if self.whole(name):
            return frozenset(stems(name))
        return frozenset(stem for stem in stems(name) if stem in self._known and _tells(stem))

    def whole(self, name: str) -> bool:
        """Whether a name is said as it is: word by word, or as a Chinese sentence has it. One empty word is no name."""
        sought = stems(name)
        if not any(map(_tells, sought)) and len(sought) < 2:
            return False
        glued = len(sought) > 1 and "".join(sought) in self._known
        return glued or f" {' '.join(sought)} " in self._joined or (not name.isascii() and folded(name) in self._folded)

    def thing(self, name: str) -> bool:
        """Whether what a name is about is said: ``lamp`` of a desk lamp, which may as well be ``desk``."""
        return stems(name)[-1:] != () and stems(name)[-1] in self.of(name)


@once
def stems(text: str) -> tuple[str, ...]:
    """The words of a text in their order, in lower case and without accents, plurals as the singular."""
    found = (_singular(_bare(word)) for word in WORD.findall(folded(text).casefold()))
    return tuple(stem for stem in found if stem)


def _bare(word: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", word) if not unicodedata.combining(char))


def _singular(word: str) -> str:
    """``lamps``, ``watches``, ``batteries`` and ``shelves`` in the singular; other words as they are."""
    for ending, instead in (("ies", "y"), ("ves", "f"), ("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + instead
    return word if word.endswith("ss") else word.removesuffix("s")


def _tells(stem: str) -> bool:
    return stem not in EMPTY and (len(stem) >= SHORTEST or not stem.isascii())


EMPTY = frozenset(stem for word in UNTELLING for stem in stems(word))
