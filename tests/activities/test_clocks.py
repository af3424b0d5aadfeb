"""By which clock the roles judge, and what is said of one that is off."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.testing import ActivityEnvironment

from activities.clocks import judged_at, warn

SOON = timedelta(seconds=10)


def at(server: timedelta | None) -> datetime:
    """The moment that counts where the server's clock differs by so much; ``None``: no server says anything."""
    environment = ActivityEnvironment()
    if server is not None:
        environment.info = replace(environment.info, started_time=datetime.now(UTC) + server)
    return environment.run(judged_at)


@pytest.mark.parametrize(
    ("server", "told"),
    [
        (timedelta(hours=-3), "3 h 0 min ahead of"),
        (timedelta(hours=3), "3 h 0 min behind"),
        (timedelta(days=-20, minutes=-5), "480 h 5 min ahead of"),
        (timedelta(seconds=-70), "0 h 1 min ahead of"),
    ],
)
def test_the_earlier_clock_counts_and_a_difference_is_told_once(
    server: timedelta, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "activities.clocks")
    warn.cache_clear()
    for _ in range(3):
        assert abs(at(server) - datetime.now(UTC) - min(server, timedelta(0))) < SOON
    assert [record.getMessage() for record in caplog.records] == [
        f"The clocks differ: this machine's is {told} the Temporal server's. Set the one that is wrong; until then the "
        "earlier counts."
    ]


@pytest.mark.parametrize("server", [timedelta(seconds=20), timedelta(seconds=-20), None])
def test_clocks_that_agree_well_enough_are_not_spoken_of(
    server: timedelta | None, caplog: pytest.LogCaptureFixture
) -> None:
    assert abs(at(server) - datetime.now(UTC)) < timedelta(seconds=25)
    assert caplog.records == []
