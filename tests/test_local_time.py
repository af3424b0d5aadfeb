"""Moments in the business's own time zone and in UTC."""

import subprocess
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from leverframe.local_time import in_words

NOON = datetime(2026, 11, 22, 12, 5, tzinfo=UTC)
LATE = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "zone", "words"),
    [
        (NOON, None, "2026-11-22 12:05 UTC"),
        (NOON, "Europe/Berlin", "2026-11-22 13:05 CET (12:05 UTC)"),
        (NOON, "America/Denver", "2026-11-22 05:05 MST (12:05 UTC)"),
        (LATE, "Europe/Berlin", "2026-07-02 01:30 CEST (2026-07-01 23:30 UTC)"),
    ],
)
def test_a_moment_is_told_in_both(moment: datetime, zone: str | None, words: str) -> None:
    assert in_words(moment, ZoneInfo(zone) if zone else None) == words


def test_a_zone_that_is_none_is_told_when_the_process_starts() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import leverframe.local_time"],
        env={"LEVERFRAME_TIME_ZONE": "Mars/Olympus"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "expected a time zone such as Europe/Berlin" in done.stderr
