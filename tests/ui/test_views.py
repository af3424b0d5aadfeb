"""Each view that the operators' page links to, opened in a browser: it shows the actions that it should, no others."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from leverframe.capability_uses import case_id
from leverframe.cases import case_act
from machines.shop.order_cancellation import OrderCancellation
from machines.states import Confirm
from tests.support.rig import CHAIR, cancel
from tests.ui.desk import Desk
from tests.ui.pages import legible, picture
from worker.codec.views import VIEWS
from worker.testing.rig import UNSCRIPTED

PAGE = (Path(__file__).parents[2] / "docs" / "operators.md").read_text(encoding="utf-8")
LINKS = re.findall(r"\(http://127\.0\.0\.1:8081/(views/([a-z-]+)[^)\s]*)\)", PAGE)
TEXT = f"Please cancel {CHAIR}, I no longer need it"


async def escalated(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> str:
    """An action whose plan has gone to those to whom it escalates: after a second instead of two days."""
    confirming = OrderCancellation.confirming
    assert isinstance(confirming, Confirm)
    with monkeypatch.context() as sooner:
        sooner.setattr(confirming, "remind", confirming.within - timedelta(seconds=1))
        status = await desk.rig.waiting(TEXT)
        await desk.rig.until(status.action_id, lambda status: status.role == "support_lead")
    return status.action_id


async def test_each_link_of_the_page_shows_the_actions_that_it_should(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig, page = desk.rig, desk.page
    rig.script[:] = [cancel(CHAIR)]
    lead = await escalated(desk, monkeypatch)
    mine = (await rig.waiting(TEXT)).action_id
    refused = await rig.waiting(TEXT)
    assert refused.plan is not None
    await rig.operator.reject(refused.action_id, refused.plan.code, note="not as asked")
    await rig.result(refused.action_id)
    rig.script[:] = [UNSCRIPTED]
    taken_over = await rig.start(TEXT)
    await rig.result(taken_over)
    expected = {
        "awaiting": {mine, taken_over},
        "cases": {taken_over},
        "escalated": {lead},
        "waiting": {mine, lead, taken_over},
        "refused-today": {refused.action_id},
        "refused": {refused.action_id},
        "expired-today": set[str](),
        # The other tests clear away what they started.
        "ended-today": {*rig.started} - {mine, lead},
    }
    assert {name for _, name in LINKS} == VIEWS.keys() == expected.keys()
    for link, name in LINKS:
        await page.goto(f"{desk.codec}/{link}")
        await page.wait_for_url(f"{desk.ui}/namespaces/default/workflows?query=*")
        await desk.lists(expected[name])

    await page.goto(f"{desk.codec}/views")
    awaiting = page.get_by_role("listitem").filter(has_text="awaiting my role")
    await awaiting.get_by_role("textbox", name="role").fill("support_lead")
    await awaiting.get_by_role("button", name="open").click()
    await desk.lists({lead})
    await _save(desk, {mine, taken_over}, tmp_path)
    await rig.operator.cases.handle(case_id(taken_over), "resolve", case_act("Done."))
    await desk.clear(lead, mine)


async def _save(desk: Desk, mine: set[str], folder: Path) -> None:
    """A view is opened with its link, and kept under its name in the UI's own way."""
    page = desk.page
    await page.goto(f"{desk.codec}/views/awaiting?role=support")
    await desk.lists(mine)
    await page.get_by_role("button", name="Save as New").click()
    await page.get_by_test_id("workflow-save-view-modal-input").fill("Awaiting my role")
    await page.get_by_role("button", name="Save", exact=True).click()
    saved = page.get_by_role("button", name="Awaiting my role")
    await saved.wait_for()
    await legible(saved, *(page.get_by_role("link", name=one) for one in mine), page.get_by_text("LeverframeAwaiting"))
    await picture(page, folder, "view", height=640)
