"""What users, models and data wrote, as text that can neither steer a terminal nor hide anything. Pure."""

from pydantic import JsonValue

from worker.report.text import plain, visible

BREAKS = {ord(character): f"[U+{ord(character):04X}]" for character in "\t\n\r"}
"""White space that would break a line or move what comes after it."""


def line(value: JsonValue) -> str:
    """A value as one line of text, with a mark for each character that would not be seen."""
    return visible(plain(value)).translate(BREAKS)


def lines(text: str) -> str:
    """The same for a text that may have several lines."""
    return "\n".join(line(part) if part else "" for part in text.split("\n"))
