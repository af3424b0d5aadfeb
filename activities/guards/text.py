import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from leverframe.contracts.verdict import Evidence
from leverframe.lookalikes import LOOKALIKES


@dataclass(frozen=True)
class Normalised:
    """A text as rules read it, with the way back to the text as it was written."""

    text: str
    """Lower case, compatibility forms and look-alikes resolved, accents and invisible characters removed, runs of
    white space as one space or line break."""
    origin: tuple[int, ...]
    """For each character of ``text``, its index in the original."""

    def evidence(self, start: int, end: int, label: str, path: str = "") -> Evidence:
        """Where in the original the characters from ``start`` to before ``end`` come from."""
        return Evidence(start=self.origin[start], end=self.origin[end - 1] + 1, label=label, path=path)


def normalise(text: str) -> Normalised:
    """Undo the disguises that keep a word readable to a model and hide it from a rule."""
    kept: list[tuple[str, int]] = []
    for index, character in enumerate(text):
        for letter in character.lower() if character.isascii() else _folded(character):
            if not letter.isspace():
                kept.append((letter, index))
            elif kept and kept[-1][0] in " \n":
                # A run that holds a line break stays one: rules look at what starts a line.
                kept[-1] = ("\n" if letter == "\n" else kept[-1][0], kept[-1][1])
            else:
                kept.append(("\n" if letter == "\n" else " ", index))
    return Normalised("".join(letter for letter, _ in kept), tuple(index for _, index in kept))


@lru_cache(maxsize=8192)
def _folded(character: str) -> str:
    """The plain letters of one character; empty for one that is not seen."""
    if unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return ""
    letters = unicodedata.normalize("NFKC", character).casefold()
    return "".join(_without_accent(letter) for letter in letters).translate(LOOKALIKES)


def _without_accent(letter: str) -> str:
    # In Latin, Greek and Cyrillic script a letter without its accent is still read; elsewhere a mark is part of it.
    return unicodedata.normalize("NFD", letter)[0] if letter < "\u0530" or "\u1e00" <= letter < "\u2000" else letter
