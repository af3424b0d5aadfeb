"""What does not belong into a text for people who are no engineers."""

import re

TECHNICAL = re.compile(
    r"\b\w*[a-z][A-Z]\w*|\w*_\w*|LEVERFRAME\w*|\b(?:lapsed|unplannable|elapsed|stale|undecided|None|[A-Z]\w+Error)\b"
)
"""Names of classes, variables and settings, and words that only the engine's authors say."""


def technical(text: str) -> list[str]:
    """The words of it that name something of the code."""
    return TECHNICAL.findall(text)
