"""The chaos run in a small form: everything is killed and stalls for a minute, and money moves once."""

from pathlib import Path

import pytest

from tests.faults.chaos import chaos

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(900)]


async def test_a_minute_of_kills_and_stalls(tmp_path: Path) -> None:
    figures = await chaos(minutes=1, seed=7, state=tmp_path / "state", disk=False)
    assert figures.hold, figures
    assert figures.outcomes["done"] == len(figures.started) > 0
    assert sum(figures.kills.values()) > 3
