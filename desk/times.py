"""Times as operators read them. Pure."""

from datetime import UTC, datetime, tzinfo

from leverframe.local_time import in_words


def moment(at: datetime | None, zone: tzinfo | None = None) -> str:
    """A time where the reader is (or in ``zone``) and in UTC, for example ``2026-11-25 08:20 CET (07:20 UTC)``."""
    if at is None:
        return "–"
    here, utc = at.astimezone(zone), at.astimezone(UTC)
    if here.utcoffset() == utc.utcoffset():
        return in_words(utc, None)
    return in_words(utc, here.tzinfo)
