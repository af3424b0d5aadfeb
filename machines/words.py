"""What the user's words say: the names of items and the values of options in them. Pure."""

import re
from dataclasses import dataclass
from functools import cache

from leverframe.contracts.base import Facts
from machines.facts import text
from machines.option_words import OPTION_WORDS

TOKEN = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+")
ELISION = re.compile(r"['’][^\W\d_]{1,2}\b|\b(?:[cdjlmnst]|qu)['’](?=[^\W\d_]{2})")
"""``it's``, ``l'article``: what is left out there must not be taken for a size S or L."""
UNTOLD = frozenset({"yes", "no", "none"})
"""Values that say nothing without the name of their option."""
EVERYTHING = re.compile(
    r"\b(?:everything|all|both|whole|entire|complete(?:ly)?|alles|alle|beides?|beiden|ganze\w*|komplett\w*|gesamte\w*"
    r"|tout|tous|toutes?|enti[eè]re?|compl[eè]te|tod[oa]s?|enter[oa]|complet[oa]|amb[oa]s|tutt[oi]|inter[oa])\b"
    r"|les deux|los dos|las dos|全部|所有|整个|整单|都",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Words:
    """All that the user has written, in a form in which names and values are found."""

    text: str
    tokens: tuple[str, ...]

    def of_name(self, name: str) -> frozenset[str]:
        """The words of a name that the user uses, in the singular or the plural."""
        return _stems(tokens(name)) & _stems(self.tokens)

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


@cache
def tokens(of: str) -> tuple[str, ...]:
    """Words and numbers, in lower case: ``1.5L`` is the number and the unit."""
    return tuple(TOKEN.findall(ELISION.sub(" ", of.casefold())))


def _stems(found: tuple[str, ...]) -> frozenset[str]:
    return frozenset(token.removesuffix("s") for token in found if len(token) > 2 and token.isalpha())


def _contains(found: tuple[str, ...], sought: tuple[str, ...]) -> bool:
    return any(found[start : start + len(sought)] == sought for start in range(len(found) - len(sought) + 1))
