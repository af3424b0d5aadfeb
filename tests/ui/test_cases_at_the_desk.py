"""Operators take cases and settle them at the desk, each with a browser and a passkey of their own."""

from dataclasses import replace
from pathlib import Path

from playwright.async_api import Browser, expect
from pydantic import JsonValue
from temporalio.testing import WorkflowEnvironment

from audit.audit import audit_action
from audit.signatures import unsigned
from leverframe.capability_uses import case_id
from leverframe.contracts.case import Case
from leverframe.operators import Operators
from tests.support.refunding import refunding_rig
from tests.support.rig import Rig
from tests.support.stripe_double import StripeDouble
from tests.ui.browser_desk import DIRECTORY, PHONE, BrowserDesk, open_browser_desk
from tests.ui.browser_fixtures import browser as browser
from tests.ui.browser_fixtures import database as database
from tests.ui.browser_fixtures import desk as desk
from tests.ui.pages import accessible, legible, overflow, picture
from worker.testing.postgres import Database
from worker.testing.rig import UNSCRIPTED
from worker.testing.serving import approvals_settings
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


async def test_what_became_of_a_refund_is_found_by_a_person_whose_passkey_says_so(
    temporal: WorkflowEnvironment, database: Database, browser: Browser, stripe_server: StripeDouble, tmp_path: Path
) -> None:
    """The provider's answer was lost: olga looks there, signs what she has seen, and the audit verifies her word."""
    directory = tmp_path / "operators.toml"
    directory.write_text(DIRECTORY)
    approvals = approvals_settings(database, approver_trust="signed", operators_file=directory)
    async with (
        refunding_rig(temporal, database, stripe_server, approvals=approvals) as refunding,
        open_browser_desk(refunding.rig, browser, tmp_path, directory) as desk,
    ):
        status = await refunding.wanted()
        refunding.proxy.goes_wrong("reset after")
        olga = await desk.enrolled("olga", f"/actions/{status.action_id}")
        await olga.page.get_by_role("button", name="Approve with your passkey").click()
        await refunding.never_answered()
        await refunding.rig.result(status.action_id)
        await olga.page.goto(f"{desk.site}/cases/{case_id(status.action_id)}")
        happened = olga.page.get_by_role("button", name="This has happened")
        await expect(olga.page.get_by_text("nobody knows whether this has happened.")).to_be_visible()
        reason = olga.page.locator("section", has_text="Why it could not go on")
        await expect(reason).to_contain_text("It is not known whether what was asked of")
        await expect(reason).not_to_contain_text("Not done:")
        await happened.click()
        assert "Write first what you have seen there" in await olga.said()
        await olga.page.get_by_label("What did you do").fill("The refund stands in the provider's books.")
        await picture(olga.page, tmp_path, "desk-case-unknown")
        assert await overflow(olga.page) <= 0
        await accessible(olga.page)
        await happened.click()
        await expect(olga.page.get_by_text("as a person has seen there")).to_be_visible(timeout=20_000)
        await expect(happened).to_have_count(0)
        audit = await audit_action(refunding.rig.auditor, status.action_id, refunding.rig.people)
        assert audit.problems == ()
        rows, operators = await refunding.rig.ledger(status.action_id), Operators.load(directory, "signed")
        assert unsigned(status.action_id, rows, operators) == []
        (settled,) = [row for row in rows if row.kind == "settlement"]
        (said,) = await refunding.rig.kinds(status.action_id, "settlement")
        assert (said["person"], said["approver"]["trust"]) == ("olga", "signed")
        changes: list[dict[str, JsonValue]] = [{"happened": False}, {"note": "x"}]
        forged = [replace(settled, body={**settled.body, **change}) for change in changes]
        assert [one.what for one in unsigned(status.action_id, forged, operators)] == [
            "its signature is not olga's on this decision"
        ] * 2
