"""An operator's desk: the stock Temporal UI in a browser, and a whole Leverframe behind it."""

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import FrameLocator, Locator, Page, ViewportSize
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from tests.support.rig import Rig, open_rig
from tests.ui.pages import browsing
from worker.embedded.ui import screens
from worker.testing.keys import PAYLOAD_RING
from worker.testing.postgres import Database
from worker.testing.servers import CONVERTER
from worker.testing.serving import key_service, variables
from worker.testing.waiting import until

SCREEN = ViewportSize(width=1440, height=1000)
"""Pixels of an ordinary operator's window."""
ACTION_ID = re.compile(r"[a-z_]+-[0-9a-f]{16}-[0-9a-f]{12}")


@dataclass
class Desk:
    """The operator's screen and the system behind it."""

    rig: Rig
    page: Page
    ui: str
    codec: str
    """Address of the codec server, which has the links to the views too."""
    keys: dict[str, str]
    """Variables of a process that is to read what is encrypted."""

    async def open(self, action_id: str) -> None:
        """From the list of workflows to the waiting action's details, by clicks."""
        await self.page.goto(f"{self.ui}/namespaces/default/workflows")
        await self.page.get_by_role("link", name=action_id).first.click()
        await self.page.get_by_role("heading", name=action_id).wait_for()
        await self.page.get_by_text("User Metadata").first.click()
        await self.details.get_by_text("What ").first.wait_for()

    @property
    def details(self) -> FrameLocator:
        """The current details: the UI renders Markdown in a frame of its own, the last on the page."""
        return self.page.frame_locator("iframe").last

    async def fill_in(self, update: str, data: str) -> Locator:
        """More Actions, Send an Update: the dialog, ready to be submitted."""
        await self.page.get_by_role("button", name="More Actions").click()
        await self.page.get_by_role("menuitem", name="Send an Update").click()
        dialog = self.page.get_by_role("dialog").filter(has_text="Send an Update").filter(visible=True)
        await dialog.get_by_test_id("update-select-button").click()
        await dialog.get_by_role("option", name=update).click()
        await dialog.locator(".cm-content").click()
        # The editor closes brackets and quotes by itself, so the text is put in as a whole.
        await self.page.keyboard.insert_text(data)
        await dialog.get_by_text("Update ID").click()
        return dialog

    async def send(self, update: str, data: str) -> None:
        dialog = await self.fill_in(update, data)
        await dialog.get_by_role("button", name="Submit").click()

    async def lists(self, expected: Iterable[str]) -> None:
        """Wait until the list of workflows that is open shows exactly these actions."""

        async def shown() -> list[str]:
            await self.page.get_by_role("button", name="Refresh").click()
            rows = await self.page.locator("tbody tr:has(a)").all_inner_texts()
            return sorted(found.group() if (found := ACTION_ID.search(row)) else row for row in rows)

        wanted = sorted(expected)
        await until(shown, lambda found: found == wanted, seconds=20)

    async def clear(self, *action_ids: str) -> None:
        """End what still waits, without a decision."""
        for action_id in action_ids:
            await self.rig.withdraw(action_id)
            assert (await self.rig.result(action_id)).kind == "withdrawn"


@asynccontextmanager
async def open_desk(database: Database, folder: Path) -> AsyncIterator[Desk]:
    async with key_service(database) as (_, service):
        keys = {"LEVERFRAME_PAYLOAD_KEYS": PAYLOAD_RING, **variables(service)}
        async with screens(folder, keys) as running, browsing() as browser:
            client = await Client.connect(running.temporal.address, data_converter=CONVERTER)
            async with open_rig(WorkflowEnvironment.from_client(client), database) as rig:
                page = await browser.new_page(viewport=SCREEN)
                yield Desk(rig, page, running.temporal.ui, running.codec.endpoint, keys)
