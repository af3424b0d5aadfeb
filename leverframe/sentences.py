"""The user's words, sentence by sentence. Pure."""

import re
from collections.abc import Iterable, Iterator

SENTENCES = 20
"""Sentences that are told apart; the last one holds what follows."""

ABBREVIATIONS = frozenset({
    "mr", "mrs", "ms", "dr", "prof", "st", "str", "no", "nr",
    "nos", "vs", "etc", "ca", "bzw", "núm", "art", "sra", "mme",
})  # fmt: skip
MORE = r"and also|and then|also,|additionally|und außerdem|außerdem|und dann|et aussi|de plus|y también|además"
"""Words that begin another wish in the same sentence."""
END = re.compile(
    r"(?P<dot>\.)\s++|(?:(?<![.!?…؟।])[.!?…؟।]++[\"'”’»)\]]*+|;)\s++|[。！？；]++[”’」』）]*+\s*+|(?<!\s)[^\S\n]*+\n\s*+"
    rf"|(?<!\band)(?<!\bund)(?<!\bet)(?<!\by)(?:,|(?<!\s))\s++(?=(?:{MORE})\s)|[，,]\s*+(?=另外|还有|顺便|同时)",
    re.IGNORECASE,
)
"""Each run of marks or of white space is read once, from where it begins, so that the time is linear in the length."""
LAST_WORD = re.compile(r"(?<![^\W\d_])[^\W\d_]{1,4}\Z")
"""As long as an abbreviation can be."""
WORD = re.compile(r"\w")


def sentences(messages: Iterable[str]) -> list[str]:
    """The sentences of the messages, in order; all that was written stands in one of them."""
    return [piece.strip() for piece in pieces_of(messages)]


def pieces_of(messages: Iterable[str]) -> list[str]:
    """The sentences with the space after them: put together they are what was written."""
    pieces: list[list[str]] = []
    for message in messages:
        for piece in _split(f"{message}\n"):
            # What has no word in it, such as three dots, is no sentence.
            if pieces and not WORD.search(piece):
                pieces[-1].append(piece)
            else:
                pieces.append([piece])
    last = [piece for each in pieces[SENTENCES - 1 :] for piece in each]
    return ["".join(each) for each in [*pieces[: SENTENCES - 1], *([last] if last else [])]]


def _split(text: str) -> Iterator[str]:
    start = 0
    for end in END.finditer(text):
        if not (end["dot"] and _abbreviated(text, end.start())):
            yield text[start : end.end()]
            start = end.end()
    if start < len(text):
        yield text[start:]


def _abbreviated(text: str, at: int) -> bool:
    """Whether a dot there only shortens a word."""
    word = LAST_WORD.search(text, max(0, at - 4), at)
    return word is not None and (len(word[0]) == 1 or word[0].casefold() in ABBREVIATIONS)
