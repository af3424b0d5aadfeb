"""An operator in a real browser: open the waiting action in the stock Temporal UI, read the plan, approve it.

Everything that goes through Temporal is encrypted; the operator notices nothing, thanks to the codec server.
"""

import asyncio
import os
import sys
from datetime import datetime
from pathlib import Path

from leverframe.local_time import in_words
from tests.support.rig import CHAIR, LAMP, Rig, cancel
from tests.ui.desk import Desk
from tests.ui.pages import legible, look, overflow, picture

ONE_SCREEN = 1000
"""Pixels of height."""
TEXT_HEIGHT = """(html) => {
  const boxes = [...html.querySelectorAll('main *')].map((element) => element.getBoundingClientRect());
  return Math.max(...boxes.map((box) => box.bottom)) - Math.min(...boxes.map((box) => box.top));
}"""


async def test_an_operator_reads_the_plan_approves_it_and_reports(desk: Desk, tmp_path: Path) -> None:
    rig, page = desk.rig, desk.page
    rig.script[:] = [cancel()]
    status = await rig.waiting("Please cancel my desk lamp, I no longer need it. Write to mia@example.com")
    assert status.plan is not None
    assert status.deadline is not None
    await desk.open(status.action_id)
    shown = await desk.details.locator("body").inner_text()
    for part in (LAMP, "pending", "cancelled", "54.10", "CANCEL-PENDING", "storefront", "One person must approve"):
        assert part in shown, f"{part!r} is not shown"
    assert in_words(datetime.fromisoformat(status.deadline)) in shown
    assert "mia@example.com" not in shown
    code = await desk.details.get_by_role("heading", name="Confirmation code").locator("code").inner_text()
    assert code == status.plan.code
    assert await desk.details.locator("strong", has_text="54.10").count() > 0
    await picture(page, tmp_path, "waiting", height=1520)
    await _fits(desk)
    await legible(
        desk.details.locator("main"), *(desk.details.get_by_text(part) for part in (LAMP, code, "Send an Update"))
    )

    dialog = await desk.fill_in("approve", f'{{"code": "{code}", "note": "read it, looks right"}}')
    assert await dialog.get_by_test_id("update-select").input_value() == "approve"
    parts = (dialog.get_by_text(part) for part in (code, "read it, looks right"))
    await legible(dialog.get_by_test_id("update-select"), *parts, dialog.get_by_role("button", name="Submit"))
    await picture(page, tmp_path, "approving")
    await dialog.get_by_role("button", name="Submit").click()
    assert (await rig.result(status.action_id)).kind == "done"
    assert (await rig.order(LAMP))["status"] == "cancelled"
    assert len(await rig.refunds()) == 1
    (decision,) = await rig.kinds(status.action_id, "decision")
    assert decision["note"] == "read it, looks right"
    assert decision["approver"] == {**decision["approver"], "identity": "unnamed", "trust": "claimed"}
    # What the operator typed was encrypted before it reached Temporal.
    (update,) = [event for event in await _history(rig, status.action_id) if b"approve" in event]
    assert b"binary/encrypted" in update
    assert b"looks right" not in update
    await _completed(desk, status.action_id, tmp_path)
    await _reported(desk, status.action_id, tmp_path)


async def _fits(desk: Desk) -> None:
    """The details are one screen high, and no line of them is longer than the frame that the UI gives them."""
    html = desk.details.locator("html")
    assert await html.evaluate("(html) => html.scrollWidth <= html.clientWidth")
    assert await html.evaluate(TEXT_HEIGHT) <= ONE_SCREEN


async def _completed(desk: Desk, action_id: str, folder: Path) -> None:
    await desk.open(action_id)
    await desk.details.get_by_role("heading", name="Ended: done").wait_for()
    await desk.details.get_by_text("Approved by unnamed (unverified: claimed).").wait_for()
    await legible(desk.page.get_by_text("COMPLETED"), desk.details.get_by_role("heading", name="Ended: done"))
    await picture(desk.page, folder, "completed", height=1300)


async def _reported(desk: Desk, action_id: str, folder: Path) -> None:
    """``python -m worker report ACTION``, opened as a file."""
    file = folder / "report.html"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker", "report", action_id, "--out", str(file)),
        env=os.environ
        | desk.keys
        | {
            "LEVERFRAME_STATE_DIR": str(folder / "state"),
            "LEVERFRAME_AUDITOR_DATABASE_URL": desk.rig.database.auditor_url,
        },
    )
    assert await process.wait() == 0
    browser = desk.page.context.browser
    assert browser is not None
    report, asked = await look(browser, file, 1000)
    assert asked == [file.as_uri()]
    assert await overflow(report) <= 0
    told = await report.locator("body").inner_text()
    for part in ("The ledger verifies", "Ended: done", LAMP, "54.10", "read it, looks right"):
        assert part in told, f"{part!r} is not told"
    await legible(*(report.get_by_text(part) for part in ("The ledger verifies", LAMP, "54.10")))
    await picture(report, folder, "report", height=1300)
    await report.close()


async def test_an_operator_reads_what_the_user_wrote(desk: Desk) -> None:
    rig, page = desk.rig, desk.page
    rig.script[:] = [cancel(CHAIR)]
    status = await rig.waiting(f"Please cancel {CHAIR}, I no longer need it")
    await desk.open(status.action_id)
    await page.get_by_text("Event History").first.click()
    rows = page.get_by_test_id("event-summary-row")
    await rows.filter(has_text="Workflow Execution Started").first.click()
    await page.get_by_text("I no longer need it").first.wait_for()
    assert not any(b"no longer need" in event for event in await _history(rig, status.action_id))
    await desk.clear(status.action_id)


async def test_a_wrong_code_is_told_to_the_operator(desk: Desk) -> None:
    rig, page = desk.rig, desk.page
    rig.script[:] = [cancel(CHAIR)]
    refunds = await rig.refunds()
    status = await rig.waiting(f"Please cancel {CHAIR}, I no longer need it")
    await desk.open(status.action_id)
    await desk.send("approve", '{"code": "00000000"}')
    refused = await rig.until(status.action_id, lambda status: status.notice is not None)
    assert "Wrong code" in (refused.notice or "")
    await page.reload()
    await desk.details.get_by_text("Wrong code").first.wait_for()
    assert await rig.refunds() == refunds
    await desk.clear(status.action_id)


async def _history(rig: Rig, action_id: str) -> list[bytes]:
    """The events as the Temporal server keeps them."""
    history = await rig.client.get_workflow_handle(action_id).fetch_history()
    return [event.SerializeToString() for event in history.events]
