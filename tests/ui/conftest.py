from collections.abc import AsyncIterator

import pytest

from tests.ui.desk import Desk, open_desk
from tests.ui.pages import CHROMIUM
from worker.embedded.postgres import EmbeddedPostgres
from worker.testing.postgres import fresh_database


@pytest.fixture(scope="package")
async def desk(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """One for all tests here: each has actions of its own, and clears them away."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (install the package chromium)")
    with fresh_database(postgres) as database:
        async with open_desk(database, tmp_path_factory.mktemp("desk")) as opened:
            yield opened
