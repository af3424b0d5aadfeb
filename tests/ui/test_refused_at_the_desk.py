"""What people and their devices may not decide: tried in a browser, with real signatures, and refused."""

import json
from collections.abc import Mapping
from typing import Any

from playwright.async_api import expect
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from desk.web.app import STATIC
from desk.web.serving import serving
from leverframe import Plan
from tests.support.rig import SOFA, Rig, cancel
from tests.ui.browser_desk import BrowserDesk, Person
from tests.ui.browser_fixtures import browser as browser
from tests.ui.browser_fixtures import database as database
from tests.ui.browser_fixtures import desk as desk

AMOUNT = "500.01"
SIGN = """async ([action, digest, choice, amount, passkeys]) => {
  const until = new Date(Date.now() + VALID_MS).toISOString();
  return { ...(await signed(await hash({ action, digest, choice, amount, until }), passkeys)), until };
}"""
"""The page's own functions, used as the page does not use them."""

BLIND = """([url, mode, body]) =>
  fetch(url, { method: "POST", mode, credentials: "include", body }).then(() => "sent", () => "refused")"""


async def waiting(rig: Rig) -> tuple[str, Plan]:
    status = await rig.waiting("cancel my sofa, I no longer need it")
    assert status.plan is not None
    return status.action_id, status.plan


async def sign(
    desk: BrowserDesk, person: Person, action: str, digest: str, choice: str = "approve", amount: str = AMOUNT
) -> Any:
    """What their device signs, wherever their browser is."""
    found = desk.web.operators().named(person.name)
    assert found is not None
    asked = [action, digest, choice, amount, [one.id for one in found.passkeys]]
    return await person.page.evaluate(SIGN, asked)


async def send(person: Person, action: str, body: Mapping[str, Any]) -> str:
    """Send it from their browser, signed in as they are; what is answered, which is never yes."""
    path = f"/actions/{action}/decision"
    answer = await person.page.evaluate("([path, body]) => send(path, body)", [path, dict(body)])
    assert answer.get("accepted") is not True, answer
    return str(answer["message"])


async def test_what_a_person_may_not_decide_is_refused_in_words(desk: BrowserDesk) -> None:
    rig = desk.rig
    rig.script[:] = [cancel(SOFA)]
    refunds = await rig.refunds(SOFA)
    (action, plan), (other, _) = await waiting(rig), await waiting(rig)
    desk.directory.write_text(desk.directory.read_text() + '\n[storefront]\nroles = ["support"]\n')

    asker = await desk.enrolled("storefront", f"/actions/{action}")
    await asker.page.get_by_label("How much money is it about?").fill(AMOUNT)
    await asker.page.get_by_role("button", name="Approve with your passkey").click()
    await expect(asker.page.locator("#said")).to_contain_text("Whoever asked", timeout=20_000)

    max_ = await desk.enrolled("max", f"/actions/{action}")
    await expect(max_.page.get_by_text("the role support is not yours")).to_be_visible()
    body = {"choice": "approve", "digest": plan.digest, "amount": AMOUNT, "note": ""}
    signed = await sign(desk, max_, action, plan.digest)
    assert "You do not have the role 'support'" in await send(max_, action, {**body, "signed": signed})

    olga = await desk.enrolled("olga", f"/actions/{action}")
    signed = await sign(desk, olga, action, plan.digest)
    for about, changed in (
        (action, {"choice": "reject"}),
        (action, {"amount": "5.01"}),
        (action, {"digest": "ab" * 32}),
        (other, {}),
    ):
        said = await send(olga, about, {**body, "signed": signed, **changed})
        assert "does not hold" in said or "does not belong" in said or "Wrong" in said, (changed, said)

    sent: list[Any] = []
    olga.page.on("request", lambda request: sent.append(request.post_data_json) if "/decision" in request.url else None)
    await olga.page.get_by_label("How much money is it about?").fill(AMOUNT)
    await olga.page.get_by_role("button", name="Approve with your passkey").click()
    await expect(olga.page.locator("#said")).to_contain_text("one other person must approve too", timeout=20_000)
    assert "must decide too" in await send(olga, action, sent[-1])
    again = await sign(desk, olga, action, plan.digest)
    assert "must decide too" in await send(olga, action, {**body, "signed": again})
    await olga.page.reload()
    await expect(olga.page.get_by_text("you have approved already")).to_be_visible()

    rita = await desk.enrolled("rita", f"/actions/{action}")
    assert "rita's own passkey" in await send(rita, action, sent[-1])
    assert (await rig.service.status(action)).plan == plan
    assert (await rig.service.status(other)).plan is not None
    assert await rig.refunds(SOFA) == refunds


async def test_a_page_of_another_origin_gets_no_decision_out_of_a_device(desk: BrowserDesk) -> None:
    """Another port of the same machine: browsers give it the same passkeys, and say so in what is signed."""
    rig = desk.rig
    rig.script[:] = [cancel(SOFA)]
    action, plan = await waiting(rig)
    olga = await desk.enrolled("olga", f"/actions/{action}")
    blank = Starlette(routes=[Route("/", lambda _: HTMLResponse("<!DOCTYPE html><title>Win a lamp</title>"))])
    async with serving(blank, "127.0.0.1", 0) as port:
        await olga.page.goto(f"http://localhost:{port}/")
        await olga.page.add_script_tag(path=STATIC / "desk.js")
        signed = await sign(desk, olga, action, plan.digest)
        body = {"choice": "approve", "digest": plan.digest, "amount": AMOUNT, "note": "", "signed": signed}
        # To browsers this is the same site, so that the cookie goes with it; the desk answers no other origin's page.
        for mode in ("cors", "no-cors"):
            await olga.page.evaluate(BLIND, [f"{desk.site}/actions/{action}/decision", mode, json.dumps(body)])
    assert await rig.kinds(action, "decision") == []
    await olga.page.goto(f"{desk.site}/actions/{action}")
    assert "The passkey's signature does not hold" in await send(olga, action, body)
    assert (await rig.service.status(action)).plan == plan
