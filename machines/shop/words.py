"""What the user's words say: the names of items and the values of options in them. Pure."""

import re
from dataclasses import dataclass

from leverframe.contracts.base import Facts
from machines.facts import text
from machines.reading.remembering import once
from machines.reading.spelling import folded
from machines.reading.telling_words import Said
from machines.shop.everything import EVERYTHING
from machines.shop.option_words import OPTION_WORDS

TOKEN = re.compile(r"\d+(?:\.\d+)?|[A-Za-z\u00c0-\u024f]+|[^\W\d_A-Za-z\u00c0-\u024f]+")
ELISION = re.compile(r"['’][^\W\d_]{1,2}\b|\b(?:[cdjlmnst]|qu)['’](?=[^\W\d_]{2})")
"""``it's``, ``l'article``: what is left out there must not be taken for a size S or L."""
UNTOLD = frozenset({"yes", "no", "none"})
"""Values that say nothing without the name of their option."""


@dataclass(frozen=True)
class Words:
    """All that the user has written, in a form in which names and values are found."""

    text: str
    tokens: tuple[str, ...]

    def of_name(self, name: str) -> frozenset[str]:
        """The words of a name that the user uses, in the singular or the plural; none that tells nothing."""
        return self.said.of(name)

    @property
    def said(self) -> Said:
        """The same, in a form in which names are found."""
        return Said(self.text)

    def say(self, value: str) -> bool:
        """Whether the user speaks of the value of an option, such as ``black`` or ``15-inch``."""
        sought = tokens(value)
        if not sought or value.casefold() in UNTOLD:
            return False
        translated = OPTION_WORDS.get(value.casefold())
        return _contains(self.tokens, sought) or bool(translated and translated.search(self.text))

    @property
    def everything(self) -> bool:
        """Whether the user speaks of all there is."""
        return EVERYTHING.search(self.text) is not None


def words(facts: Facts) -> Words:
    """What the user has written so far."""
    said = text(facts)
    return Words(said, tokens(said))


@once
def tokens(of: str) -> tuple[str, ...]:
    """Words and numbers, in lower case: ``1.5L`` is the number and the unit."""
    return tuple(TOKEN.findall(ELISION.sub(" ", folded(of).casefold())))


def _contains(found: tuple[str, ...], sought: tuple[str, ...]) -> bool:
    return any(found[start : start + len(sought)] == sought for start in range(len(found) - len(sought) + 1))
