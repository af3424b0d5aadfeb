"""What does not belong into a text for people who are no engineers."""

import re

WORD = re.compile(r"\w+")
TECHNICAL = re.compile(
    r"[a-z][A-Z]|_|^LEVERFRAME|^(?:lapsed|unplannable|elapsed|stale|undecided|None)$|^[A-Z]\w+Error$"
)
"""Of one word: names of classes, variables and settings, and what only the engine's authors say."""


def technical(text: str) -> list[str]:
    """The words of it that name something of the code."""
    return [word for word in WORD.findall(text) if TECHNICAL.search(word)]
