"""An operator in a real browser: open the waiting action in the stock Temporal UI, read the plan, approve it.

Everything that goes through Temporal is encrypted; the operator notices nothing, thanks to the codec server.
"""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import FrameLocator, Page, async_playwright
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from tests.keys import PAYLOAD_RING
from tests.postgres import Database
from tests.rig import LAMP, Rig, key_service, open_rig, variables
from tests.servers import CONVERTER
from worker.embedded.codec import codec_server
from worker.embedded.process import free_port
from worker.embedded.temporal import temporal_server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (install the package chromium)")


@dataclass
class Desk:
    """The operator's screen and the system behind it."""

    rig: Rig
    page: Page
    ui: str

    async def open(self, action_id: str) -> None:
        """From the list of workflows to the waiting action's details, by clicks."""
        await self.page.goto(f"{self.ui}/namespaces/default/workflows")
        await self.page.get_by_role("link", name=action_id).first.click()
        await self.page.wait_for_url("**/timeline")
        await self.page.get_by_text("User Metadata").first.click()
        await self.details.get_by_text("What will happen").wait_for()

    @property
    def details(self) -> FrameLocator:
        """The current details: the UI renders Markdown in a frame of its own, the last on the page."""
        return self.page.frame_locator("iframe").last

    async def send(self, update: str, data: str) -> None:
        """More Actions, Send an Update."""
        await self.page.get_by_role("button", name="More Actions").click()
        await self.page.get_by_role("menuitem", name="Send an Update").click()
        dialog = self.page.get_by_role("dialog").filter(has_text="Send an Update").filter(visible=True)
        await dialog.get_by_test_id("update-select-button").click()
        await dialog.get_by_role("option", name=update).click()
        await dialog.locator(".cm-content").click()
        # The editor closes brackets and quotes by itself, so the text is put in as a whole.
        await self.page.keyboard.insert_text(data)
        await dialog.get_by_text("Update ID").click()
        await dialog.get_by_role("button", name="Submit").click()


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    ui_port = free_port()
    async with (
        key_service(database) as (_, keys),
        codec_server(tmp_path, {"LEVERFRAME_PAYLOAD_KEYS": PAYLOAD_RING, **variables(keys)}, ui_port) as codec,
        temporal_server(tmp_path, codec_endpoint=codec.endpoint, ui_port=ui_port) as server,
        async_playwright() as playwright,
    ):
        client = await Client.connect(server.address, data_converter=CONVERTER)
        async with open_rig(WorkflowEnvironment.from_client(client), database) as rig:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            page = await browser.new_page(viewport={"width": 1440, "height": 1800})
            yield Desk(rig, page, server.ui)
            await browser.close()


async def test_an_operator_reads_the_plan_and_approves_it(desk: Desk, tmp_path: Path) -> None:
    rig, page = desk.rig, desk.page
    status = await rig.waiting("Please cancel my desk lamp, I no longer need it. Write to mia@example.com")
    assert status.plan is not None
    await desk.open(status.action_id)
    shown = await desk.details.locator("body").inner_text()
    for part in (
        "orders.cancel",
        "payments.refund",
        LAMP,
        "pending",
        "cancelled",
        "54.10",
        "CANCEL-PENDING",
        "storefront",
    ):
        assert part in shown, f"{part!r} is not shown"
    assert "mia@example.com" not in shown
    code = await desk.details.get_by_role("heading", name="Confirmation code").locator("code").inner_text()
    assert code == status.plan.code
    await _keep(page, tmp_path, "waiting")

    await desk.send("approve", f'{{"code": "{code}", "note": "read it, looks right"}}')
    assert (await rig.result(status.action_id)).kind == "done"
    assert (await rig.order(LAMP))["status"] == "cancelled"
    assert len(await rig.refunds()) == 1
    (decision,) = await rig.kinds(status.action_id, "decision")
    assert decision["note"] == "read it, looks right"
    assert decision["approver"] == {**decision["approver"], "identity": "unnamed", "trust": "claimed"}
    await page.reload()
    await page.get_by_text("COMPLETED").first.wait_for()
    # What the operator typed was encrypted before it reached Temporal.
    (update,) = [event for event in await _history(rig, status.action_id) if b"approve" in event]
    assert b"binary/encrypted" in update
    assert b"looks right" not in update


async def test_an_operator_reads_what_happened(desk: Desk, tmp_path: Path) -> None:
    rig, page = desk.rig, desk.page
    status = await rig.waiting("Please cancel my desk lamp, I no longer need it")
    await desk.open(status.action_id)
    await page.get_by_text("Event History").first.click()
    rows = page.get_by_test_id("event-summary-row")
    await rows.filter(has_text="Workflow Execution Started").first.click()
    await page.get_by_text("I no longer need it").first.wait_for()
    await _keep(page, tmp_path, "history")
    assert not any(b"no longer need" in event for event in await _history(rig, status.action_id))


async def test_a_wrong_code_is_told_to_the_operator(desk: Desk) -> None:
    rig, page = desk.rig, desk.page
    status = await rig.waiting()
    await desk.open(status.action_id)
    await desk.send("approve", '{"code": "00000000"}')
    refused = await rig.until(status.action_id, lambda status: status.notice is not None)
    assert "Wrong code" in (refused.notice or "")
    await page.reload()
    await desk.details.get_by_text("Wrong code").first.wait_for()
    assert await rig.refunds() == []


async def _history(rig: Rig, action_id: str) -> list[bytes]:
    """The events as the Temporal server keeps them."""
    history = await rig.client.get_workflow_handle(action_id).fetch_history()
    return [event.SerializeToString() for event in history.events]


async def _keep(page: Page, folder: Path, name: str) -> None:
    file = folder / f"{name}.png"
    await page.screenshot(path=file)
    assert file.stat().st_size > 10_000
