"""What users, models and data wrote, as inert text: nothing in it can become markup or hide itself. Pure."""

import re
from datetime import UTC, datetime

from markupsafe import Markup
from pydantic import JsonValue

from leverframe.local_time import parsed
from leverframe.telling import NOTHING, inert_lines, plain

LONG = re.compile(r"\S{24}(?=\S)")
"""Letters of a word after which it may go on in the next line."""


def finalized(value: object) -> object:
    """What a template writes for a value: markup as it is, all else inert; escaping comes after."""
    return value if isinstance(value, Markup) else inert_lines(str(value))


def told(value: JsonValue) -> Markup:
    """A value that somebody wrote, whose direction of writing leaves the text around it alone."""
    return bdi(inert_lines(plain(value)))


def bdi(text: str) -> Markup:
    """The same of a text that is inert already."""
    return Markup("<bdi>{}</bdi>").format(text)


def folded(value: JsonValue) -> Markup:
    """The same in a table whose cells are as wide as their words: a word that would be too long can be broken."""
    pieces = LONG.sub(lambda word: f"{word[0]}\u200b", inert_lines(plain(value)))
    return Markup("<bdi>{}</bdi>").format(Markup("<wbr>").join(pieces.split("\u200b")))


def moment(value: str | datetime | None) -> str:
    """A time in UTC, for example ``2026-11-03 12:00:01 UTC``; what is no time stays as it is."""
    at = parsed(value) if isinstance(value, str) else value
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else plain(value if isinstance(value, str) else None)


def lasting(seconds: float | None) -> str:
    """A length of time in the unit that fits, for example ``2 h 05 min``."""
    if seconds is None:
        return NOTHING
    if seconds < 60:
        return f"{seconds:.1f}\u00a0s"
    minutes = round(seconds / 60)
    hours, minute = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}\u00a0h\u00a0{minute:02}\u00a0min" if hours else f"{minute}\u00a0min"
    days, hour = divmod(hours, 24)
    return f"{days}\u00a0d\u00a0{hour}\u00a0h"
