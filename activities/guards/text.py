import unicodedata
from dataclasses import dataclass

from leverframe.contracts.verdict import Evidence

LOOKALIKES = str.maketrans("асеорхуіјѕһԁԛԝαοιν", "aceopxyijshdqwaoiv")
"""Cyrillic and Greek letters that look like Latin ones, to the Latin ones: the usual disguises."""


@dataclass(frozen=True)
class Normalised:
    """A text as rules read it, with the way back to the text as it was written."""

    text: str
    """Lower case, compatibility forms and look-alikes resolved, invisible characters removed, runs of white
    space as one space or line break."""
    origin: tuple[int, ...]
    """For each character of ``text``, its index in the original."""

    def evidence(self, start: int, end: int, label: str, path: str = "") -> Evidence:
        """Where in the original the characters from ``start`` to before ``end`` come from."""
        return Evidence(start=self.origin[start], end=self.origin[end - 1] + 1, label=label, path=path)


def normalise(text: str) -> Normalised:
    """Undo the disguises that keep a word readable to a model and hide it from a rule."""
    letters = [
        (folded, index)
        for index, character in enumerate(text)
        if unicodedata.category(character) not in ("Cf", "Mn")
        for folded in unicodedata.normalize("NFKC", character).casefold().translate(LOOKALIKES)
    ]
    kept: list[tuple[str, int]] = []
    for letter, index in letters:
        if not letter.isspace():
            kept.append((letter, index))
        elif kept and kept[-1][0] in " \n":
            # A run that holds a line break stays one: rules look at what starts a line.
            kept[-1] = ("\n" if letter == "\n" else kept[-1][0], kept[-1][1])
        else:
            kept.append(("\n" if letter == "\n" else " ", index))
    return Normalised("".join(letter for letter, _ in kept), tuple(index for _, index in kept))
