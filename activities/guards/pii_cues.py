"""What the words before a number say that it is."""

import re

from activities.guards.pii_rules import Words, is_unspaced

REACH = 64
"""Characters before a number that are looked at."""
STEPS = 6
"""Words and punctuation marks before a number that are looked at."""
UNSPACED_REACH = 8
"""Characters between a cue and the number, the cue included, where no spaces part words."""
TAKEN = "\0"
"""Stands in place of each character of what was found already."""
NOTHING: frozenset[str] = frozenset()
PHONE = frozenset({"phone"})
BUSINESS = frozenset({"business"})
WORD = re.compile(r"[^\W\d_]+|\d{3,}|[.,:;!。；！]")
"""What is looked at, word by word; folding has made "，" and "：" plain."""
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def cues_around(text: str, start: int, end: int, field: str, words: Words) -> frozenset[str]:
    """The kinds of numbers that the words around the one from ``start`` to before ``end`` announce: ``phone`` for
    "call me on ". ``field`` is the name of the field that holds the text; it counts as standing before it.
    """
    behind = {kind for kind, pattern in words.behind if pattern.match(text, end)}
    return _before(text, start, field, words) | behind


def _before(text: str, at: int, field: str, words: Words) -> frozenset[str]:
    before = text[max(0, at - 2 * REACH) : at].replace(TAKEN, "")[-REACH:]
    if field and at < REACH:
        before = f"{CAMEL.sub(' ', field)}: {before}"
    said: set[str] = set()
    left: list[str] = WORD.findall(before.lower())
    while left and len(said) < STEPS:
        word = left.pop()
        if kinds := _announced(word, ":" in said, words):
            # "my order, 555 1234": what stands before the comma is something else than the number.
            return kinds - BUSINESS if "," in said else kinds
        if word in words.owners and said & words.numbers:
            return PHONE
        if not _goes_on(word, left, said, words):
            return NOTHING
        said.add(word)
    return NOTHING


def _announced(word: str, colon: bool, words: Words) -> frozenset[str]:
    return words.cues.get(word) or words.cues.get(word + (":" if colon else "_")) or _at_end(word, words)


def _goes_on(word: str, before: list[str], said: set[str], words: Words) -> bool:
    """Whether what stands before the word still speaks of the number."""
    if word == ".":
        # "my card. Number is 4111", "Tel. 030", but not "I had a call. 6469567736".
        return bool(said & (words.between | words.numbers)) or (bool(before) and before[-1] in words.abbreviations)
    return word in ",:" or word in words.between or word in words.numbers


def _at_end(word: str, words: Words) -> frozenset[str]:
    """The kinds of the cue nearest to the end, in a script without spaces between words."""
    if not is_unspaced(word):
        return NOTHING
    end = word[-UNSPACED_REACH:]
    nearest = max(words.unspaced, key=lambda word: (end.rfind(word), len(word)))
    return words.cues[nearest] if nearest in end else NOTHING
