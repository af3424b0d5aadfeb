"""The desk in a browser for each story, with its own rig; the browser and the database serve all stories of a file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser
from temporalio.testing import WorkflowEnvironment

from tests.support.rig import open_rig
from tests.ui.browser_desk import DIRECTORY, BrowserDesk, open_browser_desk
from tests.ui.pages import CHROMIUM, browsing
from worker.embedded.postgres import EmbeddedPostgres
from worker.testing.postgres import Database, fresh_database
from worker.testing.serving import approvals_settings


@pytest.fixture(scope="module")
async def database(postgres: EmbeddedPostgres) -> AsyncIterator[Database]:
    with fresh_database(postgres) as database:
        yield database


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (install the package chromium)")
    async with browsing() as browser:
        yield browser


@pytest.fixture
async def desk(
    temporal: WorkflowEnvironment, database: Database, browser: Browser, tmp_path: Path
) -> AsyncIterator[BrowserDesk]:
    directory = tmp_path / "operators.toml"
    directory.write_text(DIRECTORY)
    approvals = approvals_settings(database, approver_trust="signed", operators_file=directory)
    async with (
        open_rig(temporal, database, approvals=approvals) as rig,
        open_browser_desk(rig, browser, tmp_path, directory) as desk,
    ):
        yield desk
