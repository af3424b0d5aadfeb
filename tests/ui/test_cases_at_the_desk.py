"""Operators take cases and settle them at the desk, each with a browser and a passkey of their own."""

from pathlib import Path

from playwright.async_api import expect

from leverframe.capability_uses import case_id
from leverframe.contracts.case import Case
from tests.support.rig import Rig
from tests.ui.browser_desk import PHONE, BrowserDesk
from tests.ui.browser_fixtures import browser as browser
from tests.ui.browser_fixtures import database as database
from tests.ui.browser_fixtures import desk as desk
from tests.ui.pages import accessible, legible, overflow, picture
from worker.testing.rig import UNSCRIPTED
from worker.testing.waiting import until


async def opened(rig: Rig, text: str) -> Case:
    rig.script[:] = [UNSCRIPTED]
    action_id = await rig.start(text)
    await rig.result(action_id)
    case: Case = await until(lambda: rig.operator.cases.look(case_id(action_id)), lambda case: bool(case.story))
    return case


async def test_one_takes_a_case_and_settles_it_and_a_colleague_sees_that(desk: BrowserDesk, tmp_path: Path) -> None:
    case = await opened(desk.rig, "My lamp hums loudly. Cancel it, or send somebody: mia@example.com")
    olga = await desk.enrolled("olga", "/cases")
    link = olga.page.locator(f'a[href="/cases/{case.case_id}"]')
    await until(lambda: olga.listed(link), lambda count: count == 1)
    await expect(link).to_have_text("Order cancellation")
    await picture(olga.page, tmp_path, "desk-cases")
    assert await overflow(olga.page) <= 0
    await accessible(olga.page)
    await link.click()
    take = olga.page.get_by_role("button", name="I take it")
    await expect(take).to_be_enabled()
    await expect(
        olga.page.get_by_text("My lamp hums loudly. Cancel it, or send somebody: <EMAIL_1>").first
    ).to_be_visible()
    await legible(take, olga.page.get_by_text("A colleague will take care of your request").first)
    box = await take.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 820, "what is to be done lies below the fold"
    await picture(olga.page, tmp_path, "desk-case")
    await accessible(olga.page)
    await take.click()
    await expect(olga.page.get_by_text("You have it.")).to_be_visible(timeout=20_000)

    rita = await desk.enrolled("rita", f"/cases/{case.case_id}", PHONE)
    assert await overflow(rita.page) <= 0
    await expect(rita.page.get_by_text("olga has it.")).to_be_visible()
    await expect(rita.page.get_by_role("button", name="It is settled")).to_have_count(0)
    await rita.page.get_by_label("What did you do").fill("She rang twice.")
    await rita.page.get_by_role("button", name="Note it").click()
    await expect(rita.page.get_by_text("She rang twice.")).to_be_visible(timeout=20_000)
    await accessible(rita.page)
    await picture(rita.page, tmp_path, "desk-case-phone", height=1500)

    await olga.page.get_by_role("button", name="It is settled").click()
    assert "Say first how it was settled" in await olga.said()
    await olga.page.get_by_label("What did you do").fill("Sent a new lamp.")
    await olga.page.get_by_role("button", name="It is settled").click()
    await expect(olga.page.get_by_role("heading", name="It is settled")).to_be_visible(timeout=20_000)
    await accessible(olga.page)
    (entry,) = [one for one in await desk.rig.kinds(case.action_id, "case") if one["what"] == "resolve"]
    assert (entry["note"], entry["approver"]["person"], entry["approver"]["trust"]) == (
        "Sent a new lamp.",
        "olga",
        "signed",
    )
    assert entry["passkey"]["id"]


async def test_another_role_sees_no_case_and_takes_none(desk: BrowserDesk) -> None:
    case = await opened(desk.rig, "cancel my lamp")
    max_ = await desk.enrolled("max", f"/cases/{case.case_id}")
    await max_.page.get_by_role("button", name="I take it").click()
    assert "You do not have the role 'support' or 'support lead'" in await max_.said()
    await max_.page.goto(f"{desk.site}/cases")
    await expect(max_.page.get_by_text("No case waits for you now.")).to_be_visible()
