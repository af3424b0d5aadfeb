"""A part of the outside retail data through the product; ``make test-outside`` runs all of them."""

import pytest

from tests.outside.data import SHARED, read
from tests.outside.replay import opened, replay
from tests.outside.sampling import CASES, TASKS, sample
from worker.testing.postgres import Database


async def test_tasks_and_cases_of_every_kind_end_as_the_data_set_expects(database: Database) -> None:
    data = read(SHARED)
    if data is None:
        pytest.skip(f"there are no outside data at {SHARED}")
    told: list[str] = []
    async with opened(database, data) as checker:
        summary = await replay(checker, sample(data), tell=told.append)
    assert [line for line in told if line.startswith("MISMATCH")] == []
    assert summary.as_expected
    assert (summary.tasks.of, summary.refusals.of + summary.allowed.of) == (TASKS, CASES)
