"""When a server asks to be asked again (RFC 9110, section 10.2.3). Pure."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

SOONEST, LATEST = timedelta(seconds=1), timedelta(seconds=300)
"""A server is believed within these: by mistake or on purpose, it may say anything."""
SECONDS = re.compile(r"[0-9]{1,100}(?:\.[0-9]{1,100})?")
"""The standard knows whole seconds; some servers tell fractions."""
MOST_READ = 100
"""Characters."""


def retry_after(said: str | None, now: datetime | None = None) -> timedelta | None:
    """How long to wait, 1 to 300 seconds; ``None`` where the server does not say, or not in the standard's forms."""
    said = (said or "").strip()[:MOST_READ]
    if SECONDS.fullmatch(said):
        wait = min(float(said), LATEST.total_seconds())
        return max(timedelta(seconds=wait), SOONEST)
    try:
        moment = parsedate_to_datetime(said)
        # Without a zone it is in UTC.
        wait_until = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return min(max(wait_until - (now or datetime.now(UTC)), SOONEST), LATEST)
    except (ValueError, OverflowError):
        return None
