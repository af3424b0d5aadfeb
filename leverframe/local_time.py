"""Moments as operators read them: in the business's own time zone, and in UTC."""

import os
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

TIME_ZONE = "LEVERFRAME_TIME_ZONE"
"""Environment variable that names the business's time zone, such as ``Europe/Berlin``; UTC without it."""


def _zone() -> ZoneInfo | None:
    name = os.environ.get(TIME_ZONE, "")
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{TIME_ZONE} is {name!r}; expected a time zone such as Europe/Berlin") from None


# Once, when the process starts: code in a workflow reads neither environment nor files.
ZONE = _zone()


def day_start(moment: datetime, zone: tzinfo | None = ZONE) -> datetime:
    """When the day of the moment began where the business is."""
    return moment.astimezone(zone or UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def in_words(moment: datetime, zone: tzinfo | None = ZONE) -> str:
    """The moment (in UTC) to the minute, as in ``2026-11-22 14:05 CET (13:05 UTC)``."""
    utc = f"{moment:%Y-%m-%d %H:%M} UTC"
    if zone is None:
        return utc
    local = moment.astimezone(zone)
    same_day = local.date() == moment.date()
    return f"{local:%Y-%m-%d %H:%M %Z} ({moment:%H:%M} UTC)" if same_day else f"{local:%Y-%m-%d %H:%M %Z} ({utc})"


def parsed(at: str) -> datetime | None:
    """A time of the ledger; ``None`` for what is none, or does not say its time zone."""
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        return None
    return found if found.tzinfo else None
