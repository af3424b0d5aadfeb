"""Operators at the desk, each with a browser and a passkey of their own, in front of a whole Leverframe."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from desk.web import reading
from leverframe.contracts.plan import Asking, PlannedCall, Row, RowChange
from leverframe.digest import make_plan
from leverframe.plan_lines import plan_lines
from leverframe.telling import inert
from tests.support.keys import capability
from tests.support.rig import LAMP, SOFA, Rig, cancel
from tests.test_telling import DISGUISED, UNSEEN, harmless, marks
from tests.ui.browser_desk import PHONE, BrowserDesk
from tests.ui.browser_fixtures import browser as browser
from tests.ui.browser_fixtures import database as database
from tests.ui.browser_fixtures import desk as desk
from tests.ui.pages import accessible, legible, overflow, picture
from tools.shop.generator import DemoItem, DemoOrder, demo_customer
from tools.shop.store import store
from worker.testing.waiting import until

EVA, EVAS = "eva_dahl_3001", "#W3000001"


async def decisions(rig: Rig, action_id: str) -> list[tuple[str, bool, str]]:
    found = await rig.kinds(action_id, "decision")
    return [(one["choice"], one["accepted"], (one["approver"] or {}).get("person", "")) for one in found]


async def test_two_people_make_passkeys_and_approve(desk: BrowserDesk, tmp_path: Path) -> None:
    rig = desk.rig
    rig.script[:] = [cancel(SOFA)]
    status = await rig.waiting("cancel my sofa, I no longer need it")
    assert status.plan is not None
    olga = await desk.enrolled("olga")
    assert "# since May" in desk.directory.read_text()
    # Other tests' actions may wait beside it.
    link = olga.page.locator(f'a[href="/actions/{status.action_id}"]')
    row = olga.page.get_by_role("row").filter(has=link)
    await until(lambda: olga.listed(link), lambda count: count == 1)
    await expect(link).to_have_text("Order cancellation")

    async def told() -> int:
        # A row waits some seconds for its money and no longer: on a busy machine it is there the next time.
        await olga.page.reload()
        return await row.get_by_role("cell", name="500.01 USD", exact=True).count()

    await until(told, lambda count: count == 1, seconds=30)
    await picture(olga.page, tmp_path, "desk-list")
    assert await overflow(olga.page) <= 0
    await link.click()
    approve = olga.page.get_by_role("button", name="Approve with your passkey")
    await expect(approve).to_be_enabled()
    await legible(olga.page.get_by_text("500.01 USD"), approve, olga.page.locator("#plan"))
    box = await approve.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 820, "the decision is below the fold"
    await picture(olga.page, tmp_path, "desk-plan")

    await approve.click()
    assert "Type how much money it is about" in await olga.said()
    await olga.page.get_by_label("How much money is it about?").fill("500.01")
    await olga.page.get_by_label("Note (why)").fill("read it, looks right")
    await approve.click()
    await expect(olga.page.locator("#said")).to_contain_text("Now one other person must approve too", timeout=20_000)

    rita = await desk.enrolled("rita", f"/actions/{status.action_id}", PHONE)
    assert await overflow(rita.page) <= 0
    await expect(rita.page.get_by_text("Approved by olga (signed with their own key)", exact=True)).to_be_visible()
    await picture(rita.page, tmp_path, "desk-phone", height=1500)
    await rita.page.get_by_label("How much money is it about?").fill("500.01")
    await rita.page.get_by_role("button", name="Approve with your passkey").click()
    await expect(rita.page.locator("#said")).to_contain_text("Approved.", timeout=20_000)
    assert (await rig.result(status.action_id)).kind == "done"
    assert [row["amount"] for row in await rig.refunds(SOFA)]
    assert await decisions(rig, status.action_id) == [("approve", True, "olga"), ("approve", True, "rita")]
    (first, _) = await rig.kinds(status.action_id, "decision")
    assert first["note"] == "read it, looks right"
    assert first["passkey"]["id"]
    assert {address.split("/")[2] for address in olga.asked} == {desk.site.split("/")[2]}


async def test_who_is_on_it_hands_it_over_and_has_another_plan_made(
    desk: BrowserDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the list to what the customer was told; each page is accessible as far as a machine can tell."""
    rig = desk.rig
    # A customer of its own: of one who has many open actions, as other tests leave them, only some are listed.
    chair = DemoItem(name="Garden chair", price="120.00")
    await store(rig.owner, demo_customer(EVA, [DemoOrder(order_id=EVAS, items=(chair,), payment="gift_card")]))
    rig.script[:] = [cancel(EVAS)]
    status = await rig.waiting(f"Please cancel {EVAS}, I ordered it by mistake", subject=EVA)
    others = [(await rig.waiting(f"Please cancel {EVAS}, by mistake", subject=EVA)).action_id for _ in range(2)]
    address = f"/actions/{status.action_id}"
    olga = await desk.enrolled("olga", address)
    await expect(olga.page.get_by_text("Nobody is on it yet.")).to_be_visible()
    known = olga.page.locator("section", has_text=f"What is known of order {EVAS}")
    await expect(known.get_by_text("120.00 USD", exact=True)).to_be_visible()

    async def also_open() -> int:
        # The server lists what was just begun a moment later.
        await olga.page.reload()
        found = [await olga.page.locator(f'a[href="/actions/{other}"]').count() for other in others]
        return sum(found)

    await until(also_open, lambda count: count == 2, seconds=30)
    cut_off = olga.page.get_by_text("only those that end first are listed")
    await expect(cut_off).to_have_count(0)
    with monkeypatch.context() as fewer:
        fewer.setattr(reading, "OTHERS", 1)
        assert await also_open() == 1
        await expect(cut_off).to_be_visible()
    await olga.page.reload()
    await accessible(olga.page)
    await olga.page.get_by_label("Note (why)").fill("asking the warehouse")
    await olga.page.get_by_role("button", name="I am on it").click()
    await expect(olga.page.get_by_text("olga is on it: asking the warehouse").first).to_be_visible(timeout=20_000)

    await olga.page.get_by_text("Choose something else").click()
    await olga.page.get_by_label("reason").select_option("ordered by mistake")
    await olga.page.get_by_role("button", name="Have another plan made").click()
    await expect(olga.page.locator("#said")).to_contain_text("A new plan is made and shown", timeout=20_000)
    await rig.until(status.action_id, lambda now: now.plan is not None and now.plan != status.plan)
    await olga.page.goto(f"{desk.site}{address}")
    await expect(olga.page.locator("#plan")).to_contain_text("ordered by mistake")

    await olga.page.get_by_text("Hand it over", exact=True).first.click()
    await olga.page.get_by_label("To", exact=True).select_option("support_lead")
    await picture(olga.page, tmp_path, "desk-hand-over")
    await olga.page.get_by_role("button", name="Hand it over").click()
    await expect(olga.page.get_by_text("the role support lead is not yours")).to_be_visible(timeout=20_000)

    # Other tests' actions may wait beside it, on pages before.
    rita = await desk.enrolled("rita", "/", PHONE)
    await rita.page.get_by_role("link", name="support lead", exact=True).click()
    row = rita.page.get_by_role("row").filter(has=rita.page.locator(f'a[href="{address}"]'))
    await expect(row).to_contain_text("Handed over by olga")
    await expect(row).to_contain_text(f"Cancel order {EVAS}")
    await accessible(rita.page)
    assert await overflow(rita.page) <= 0
    await picture(rita.page, tmp_path, "desk-phone-list", height=1100)
    await rita.page.goto(f"{desk.site}/?whose=mine")
    await expect(rita.page.get_by_text("Nothing waits for you now.")).to_be_visible()
    await rita.page.goto(f"{desk.site}{address}")
    await accessible(rita.page)
    await rita.page.get_by_label("How much money is it about?").fill("120")
    await rita.page.get_by_role("button", name="Approve with your passkey").click()
    await expect(rita.page.locator("#said")).to_contain_text("Approved.", timeout=20_000)
    outcome = await rig.result(status.action_id)
    assert outcome.kind == "done"
    token = capability(EVA, requester="storefront", action="order_cancellation")
    await rig.service.feedback(status.action_id, "up", capability=token, text="Quick. Write to eva@example.com.")
    await until(lambda: rig.operator.feedback_on(status.action_id), lambda said: said is not None)
    await rita.page.goto(f"{desk.site}{address}")
    await expect(rita.page.get_by_text("What the customer was told")).to_be_visible()
    assert await overflow(rita.page) <= 0

    await olga.page.goto(f"{desk.site}{address}")
    for told in ("What the customer was told", "Approved by rita", "olga (signed with their own key) handed it over"):
        await expect(olga.page.get_by_text(told).first).to_be_visible()
    await expect(olga.page.locator("blockquote").first).to_contain_text(outcome.reply.splitlines()[0])
    await expect(olga.page.locator("section", has_text="What the customer thinks of it")).to_contain_text("Thumbs up")
    await expect(olga.page.get_by_text("Quick. Write to <EMAIL_1>.")).to_be_visible()
    await accessible(olga.page)
    assert await overflow(olga.page) <= 0
    await picture(olga.page, tmp_path, "desk-completed", height=1500)
    await olga.page.goto(f"{desk.site}/ended")
    await expect(olga.page.locator(f'a[href="{address}"]')).to_be_visible()
    await accessible(olga.page)
    acts = [(one["act"], one["approver"]["trust"]) for one in await rig.kinds(status.action_id, "handling")]
    assert acts == [("claim", "signed"), ("correct", "signed"), ("hand_over", "signed")]


async def test_a_decision_can_be_taken_back_before_it_is_sent(desk: BrowserDesk) -> None:
    rig = desk.rig
    rig.script[:] = [cancel()]
    status = await rig.waiting()
    olga = await desk.enrolled("olga", f"/actions/{status.action_id}")
    await olga.page.get_by_role("button", name="Reject").click()
    await olga.page.get_by_role("button", name="Undo").click()
    await expect(olga.page.locator("#said")).to_have_text("Taken back: nothing was sent.")
    assert (await rig.service.status(status.action_id)).plan is not None
    await olga.page.get_by_role("button", name="Reject").click()
    assert (await rig.result(status.action_id)).kind == "rejected"
    assert await decisions(rig, status.action_id) == [("reject", True, "olga")]
    assert (await rig.order(LAMP))["status"] == "pending"


async def test_a_desk_that_shows_another_plan_gets_no_signature(desk: BrowserDesk) -> None:
    """It shows a plan and has another one signed: the page's script reckons the digest of what it shows itself."""
    rig = desk.rig
    rig.script[:] = [cancel()]
    status = await rig.waiting()
    olga = await desk.enrolled("olga")

    async def lies(route, request) -> None:  # type: ignore[no-untyped-def]
        answer = await route.fetch()
        text = (await answer.text()).replace("54.10", "5.10")
        await route.fulfill(response=answer, body=text)

    await olga.page.route("**/actions/*", lies)
    await olga.page.goto(f"{desk.site}/actions/{status.action_id}")
    assert "the plan that is shown is not the one that would be signed" in await olga.said()
    await expect(olga.page.get_by_role("button", name="Approve with your passkey")).to_be_disabled()
    assert await decisions(rig, status.action_id) == []


async def test_without_the_device_knowing_its_owner_nothing_is_signed(desk: BrowserDesk) -> None:
    rig = desk.rig
    rig.script[:] = [cancel()]
    status = await rig.waiting()
    olga = await desk.enrolled("olga", f"/actions/{status.action_id}")
    await olga.set_verified(False)
    await olga.page.get_by_role("button", name="Reject").click()
    assert "Your device did not sign" in await olga.said()
    assert await decisions(rig, status.action_id) == []


async def test_another_team_reads_and_does_not_decide(desk: BrowserDesk) -> None:
    rig = desk.rig
    rig.script[:] = [cancel()]
    status = await rig.waiting()
    max_ = await desk.enrolled("max")
    await expect(max_.page.get_by_text("Nothing waits for you now.")).to_be_visible()
    await max_.page.goto(f"{desk.site}/actions/{status.action_id}")
    await expect(max_.page.get_by_text("the role support is not yours")).to_be_visible()
    await expect(max_.page.get_by_role("button", name="Approve with your passkey")).to_have_count(0)


async def test_what_the_script_draws_is_inert(desk: BrowserDesk) -> None:
    """The rows that are signed are drawn in the browser: nothing in them hides or steers there either."""
    person = await desk.person("olga")
    await person.page.goto(f"{desk.site}/sign-in")
    for text in (*UNSEEN.values(), *(one for one, _ in DISGUISED.values())):
        drawn = await person.page.evaluate("(text) => inert(text)", text)
        assert harmless(drawn), ascii(drawn)
        assert marks(inert(text)) <= marks(drawn), ascii(drawn)
    plain = "Grüße, 54.10 € – Здравствуй 葛飾区"
    assert await person.page.evaluate("(text) => inert(text)", plain) == plain


async def test_the_script_draws_the_rows_that_every_screen_tells(desk: BrowserDesk) -> None:
    asking = Asking(credential="service", safeguard="compared before it is sent")
    row: Row = {"note": "a_b", "amount": "54.10", "a_list": ["x", 1], "paid": True, "left": None, "odd-name": 2}
    changes = [
        RowChange(table="order_notes", key={"note_id": 7, "a": "b"}, before=None, after=row),
        RowChange(table="order_notes", key={"note_id": 8}, before=row, after={**row, "note": ""}),
        RowChange(table="post.letters", key={"id": 9}, before=row, after=None),
        RowChange(table="post.letters", key={"id": 9}, before={"to": "x"}, after={"to": "y"}, asking=asking),
    ]
    calls = [
        PlannedCall(call="c", key=f"c#{n}", tool=tool, arguments={"b_c": 1, "a": "x"})
        for n, tool in enumerate(("orders.change_address", "actions.withdraw_open", "odd"))
    ]
    plan = make_plan("a-1", [(calls[0], changes), (calls[1], changes[3:]), (calls[2], ())])
    person = await desk.person("olga")
    await person.page.goto(f"{desk.site}/sign-in")
    cells = "(plan) => [...tableOf(plan).tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent))"
    expected: list[list[str]] = []
    for line in plan_lines(plan):
        expected.append([f"{line.number}. {line.call}: {line.row}"])
        expected += [[column.name, column.before, column.after] for column in line.columns]
    assert await person.page.evaluate(cells, plan.model_dump(mode="json")) == expected
    digest = "([action, plan]) => digestOf(action, plan)"
    assert await person.page.evaluate(digest, ["a-1", plan.model_dump(mode="json")]) == plan.digest


async def test_who_is_not_signed_in_is_asked_to(desk: BrowserDesk) -> None:
    person = await desk.person("olga")
    await person.page.goto(f"{desk.site}/actions/order_cancellation-x")
    assert person.page.url == f"{desk.site}/sign-in?next=/actions/order_cancellation-x"
    await person.page.goto(f"{desk.site}/enrol/never-given")
    assert "This link was used already, or its time is over" in await person.page.content()


async def test_who_signs_out_is_asked_to_sign_in(desk: BrowserDesk) -> None:
    olga = await desk.enrolled("olga")
    await olga.page.get_by_role("button", name="Sign out").click()
    await olga.page.wait_for_url(f"{desk.site}/sign-in")
    await olga.page.goto(desk.site)
    assert olga.page.url.startswith(f"{desk.site}/sign-in")
