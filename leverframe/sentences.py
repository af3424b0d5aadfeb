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
    r"(?P<dot>\.)\s+|(?:[.!?…؟।]+[\"'”’»)\]]*|;)\s+|[。！？；]+[”’」』）]*\s*|\s*\n\s*"
    rf"|(?<!\band)(?<!\bund)(?<!\bet)(?<!\by),?\s+(?=(?:{MORE})\s)|[，,]\s*(?=另外|还有|顺便|同时)",
    re.IGNORECASE,
)
LAST_WORD = re.compile(r"[^\W\d_]+\Z")
WORD = re.compile(r"\w")


def sentences(messages: Iterable[str]) -> list[str]:
    """The sentences of the messages, in order; all that was written stands in one of them."""
    return [piece.strip() for piece in pieces_of(messages)]


def pieces_of(messages: Iterable[str]) -> list[str]:
    """The sentences with the space after them: put together they are what was written."""
    pieces: list[str] = []
    for message in messages:
        for piece in _split(f"{message}\n"):
            # What has no word in it, such as three dots, is no sentence.
            if pieces and not WORD.search(piece):
                pieces[-1] += piece
            else:
                pieces.append(piece)
    return [*pieces[: SENTENCES - 1], "".join(pieces[SENTENCES - 1 :])] if len(pieces) > SENTENCES else pieces


def _split(text: str) -> Iterator[str]:
    start = 0
    for end in END.finditer(text):
        if not (end["dot"] and _abbreviated(text[start : end.start()])):
            yield text[start : end.end()]
            start = end.end()
    if start < len(text):
        yield text[start:]


def _abbreviated(before: str) -> bool:
    """Whether a dot after this only shortens a word."""
    word = LAST_WORD.search(before)
    return word is not None and (len(word[0]) == 1 or word[0].casefold() in ABBREVIATIONS)
