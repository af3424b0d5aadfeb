"""What users, models and data wrote, as inert text: nothing in it can become markup or hide itself. Pure."""

import json
import re
from datetime import UTC, datetime

from markupsafe import Markup
from pydantic import JsonValue

UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e007f]"
)
"""Characters that are not seen, or that move what stands around them."""
NOTHING = "–"


def visible(text: str) -> str:
    """The text with a mark, such as ``[U+202E]``, for each character that would not be seen."""
    return UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def finalized(value: object) -> object:
    """What a template writes for a value: markup as it is, all else visible; escaping comes after."""
    return value if isinstance(value, Markup) else visible(str(value))


def told(value: JsonValue) -> Markup:
    """A value that somebody wrote, whose direction of writing leaves the text around it alone."""
    return Markup("<bdi>{}</bdi>").format(visible(plain(value)))


def plain(value: JsonValue) -> str:
    """A value in a cell: text as it is, nothing as a dash, all else as JSON."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def moment(value: str | datetime | None) -> str:
    """A time in UTC, for example ``2026-11-03 12:00:01 UTC``; what is no time stays as it is."""
    at = parsed(value) if isinstance(value, str) else value
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else plain(value if isinstance(value, str) else None)


def parsed(at: str) -> datetime | None:
    """A time of the ledger; ``None`` for what is none, or does not say its time zone."""
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        return None
    return found if found.tzinfo else None


def words(name: str) -> str:
    """A name of the code as people read it."""
    return name.replace("_", " ")


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
