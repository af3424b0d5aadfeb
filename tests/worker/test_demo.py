"""The demo as whoever runs it sees it, with scripted models: the state of a first run carries a second one."""

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from io import StringIO
from pathlib import Path
from typing import Any

from playwright.async_api import expect
from rich.console import Console

from leverframe.contracts.entries import Effected
from leverframe.contracts.plan import CallPlan, Plan, PlannedCall, RowChange
from tests.ui.browser_desk import AUTHENTICATOR, LAPTOP
from tests.ui.pages import CHROMIUM, browsing
from tests.worker.choosing import careful, poor
from tests.worker.test_stack import until_none_left
from tools.chain import LedgerRow
from worker.demo.board import Board
from worker.demo.play import Scene, concerns
from worker.demo.safety import Row, broken_promises, changed
from worker.demo.scenarios import scenarios
from worker.testing.scripted_model import ScriptedModel

APPROVED = {"choice": "approve", "accepted": True, "digest": "d1"}
EFFECT = Effected(
    planned=PlannedCall(call="c", key="c#1", tool="orders.cancel", arguments={"order_id": "#W1"}),
    digest="d",
    plan="d1",
    changes=(RowChange(table="orders", key={"order_id": "#W1"}, before=None, after=None),),
).written()


Then = Callable[[str], Awaitable[None]]
"""What somebody does with the link that is printed, before they press Ctrl-C."""


async def run_demo(
    state_dir: Path, script: Callable[[dict[str, Any]], dict[str, Any]], then: Then | None = None
) -> tuple[int, str]:
    """Exit code and output of ``python -m worker demo``; it goes on until Ctrl-C where somebody sits at a terminal."""
    async with ScriptedModel(script) as model:
        environment = os.environ | {
            "LEVERFRAME_STATE_DIR": str(state_dir),
            "LEVERFRAME_MODEL_URL": model.base_url,
            "LEVERFRAME_MODEL_NAME": "scripted",
            "COLUMNS": "200",
            "LEVERFRAME_UI_PORT": "0",
        }
        terminal, keyboard = os.openpty()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "worker", "demo"),
            env=environment,
            stdin=keyboard if then else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(240):
                output = [line async for line in lines(process, then)]
        finally:
            if process.returncode is None:
                process.kill()
            code = await process.wait()
            os.close(terminal)
            os.close(keyboard)
    return code, "".join(output)


async def lines(process: asyncio.subprocess.Process, then: Then | None) -> AsyncIterator[str]:
    """What is printed, line by line."""
    assert process.stdout is not None
    async for raw in process.stdout:
        line = raw.decode()
        yield line
        if then and (link := re.search(r"One action waits for you: (\S+)", line)):
            await then(link[1])
            process.send_signal(signal.SIGINT)


async def walk(link: str) -> None:
    """A newcomer follows the link and approves what they read there, in under a minute and without any docs."""
    if CHROMIUM is None:
        return
    began = time.monotonic()
    async with browsing() as browser:
        page = await (await browser.new_context(viewport=LAPTOP)).new_page()
        device = await page.context.new_cdp_session(page)
        await device.send("WebAuthn.enable")
        await device.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        await page.goto(link)
        await page.get_by_role("button", name="Make my passkey").click()
        await page.get_by_role("button", name="Sign in with your passkey").click()
        await expect(page.get_by_role("heading", name="What will happen")).to_be_visible(timeout=30_000)
        if await page.get_by_label("How much money is it about?").count():
            money = await page.locator("strong.money").inner_text()
            await page.get_by_label("How much money is it about?").fill(money.split()[0])
        await page.get_by_role("button", name="Approve with your passkey").click()
        await expect(page.locator("#said")).to_contain_text("Approved.", timeout=30_000)
        await page.reload()
        await expect(page.get_by_text("It has ended: done")).to_be_visible(timeout=30_000)
    took = time.monotonic() - began
    assert took < 60, f"the walk took {took:.0f} s"
    print(f"the newcomer's walk took {took:.1f} s")


async def test_a_newcomer_approves_in_a_minute_then_a_poor_model_on_the_same_state(tmp_path: Path) -> None:
    code, output = await run_demo(tmp_path, careful, walk)
    assert code == 0, output
    assert output.count("chose well") == 8, output
    assert "Verified:" in output
    assert "One action waits for you: http://localhost:" in output
    assert "Views of it for operators: http://127.0.0.1:" in output
    assert "Its report, once you have decided: .venv/bin/python -m worker report order_cancellation-" in output
    await until_none_left(tmp_path)
    code, output = await run_demo(tmp_path, poor)
    assert code == 0, output
    assert output.count("chose poorly") == 6, output
    assert "No action was left waiting this time" in output
    assert "Verified:" in output
    await until_none_left(tmp_path)


def test_on_a_small_terminal_no_story_is_cut_while_they_change() -> None:
    told = StringIO()
    scenes = [Scene(scenario) for scenario in scenarios(5)]
    with Board(scenes, Console(file=told, width=80, height=24, force_terminal=True)):
        changing = told.getvalue()
    assert "waiting" in changing
    assert "..." not in changing
    assert scenes[0].scenario.text[:10] not in changing
    assert scenes[0].scenario.text[:10] in told.getvalue()


def test_the_operator_approves_only_a_plan_for_the_order_in_question() -> None:
    def call(order_id: str) -> CallPlan:
        planned = PlannedCall(call="c", key="c#1", tool="orders.cancel", arguments={"order_id": order_id})
        return CallPlan(planned=planned, changes=(), digest="d")

    assert concerns(Plan(calls=(call("#W1"), call("#W1")), digest="d"), "#W1")
    assert not concerns(Plan(calls=(call("#W1"), call("#W2")), digest="d"), "#W1")
    assert not concerns(Plan(calls=(call("#W1"),), digest="d"), "")


def entry(seq: int, kind: str, body: dict[str, Any]) -> LedgerRow:
    return LedgerRow(
        action_id="a",
        seq=seq,
        key=str(seq),
        kind=kind,
        role="tools",
        at="",
        body=body,
        trace_id="",
        prev_hash="",
        hash="",
    )


ROW = {("orders", '{"order_id": "#W1"}'): Row("mia", "after")}


def test_an_approved_effect_on_the_askers_own_row_breaks_nothing() -> None:
    entries = [entry(1, "decision", APPROVED), entry(2, "effect", EFFECT)]
    assert broken_promises(ROW, {"a": "mia"}, [entries]) == []


def test_what_must_never_be_is_told() -> None:
    decision, effect = entry(1, "decision", APPROVED), entry(2, "effect", EFFECT)
    late = [entry(1, "effect", EFFECT), entry(2, "decision", APPROVED)]
    refused = [entry(1, "decision", APPROVED | {"accepted": False}), effect]
    other = [entry(1, "decision", APPROVED | {"digest": "d2"}), effect]
    rejected = [entry(1, "decision", APPROVED | {"choice": "reject"}), effect]
    for entries in (late, refused, other, rejected, [effect]):
        (problem,) = broken_promises(ROW, {"a": "mia"}, [entries])
        assert "has no approval before it" in problem
    (problem,) = broken_promises(ROW, {"a": "mia"}, [[decision]])
    assert "changed, and no effect says so" in problem
    forged, missing = broken_promises(ROW, {"a": "mia"}, [[decision, entry(2, "effect", {"plan": "d1"})]])
    assert ("cannot be read" in forged, "no effect says so" in missing) == (True, True)
    (problem,) = broken_promises(ROW, {"a": "bo"}, [[decision, effect]])
    assert "is mia's and was changed for bo" in problem


def test_every_difference_between_two_snapshots_is_seen() -> None:
    before = {("orders", "1"): Row("mia", "x"), ("orders", "2"): Row("bo", "y"), ("orders", "3"): Row("bo", "z")}
    after = {("orders", "1"): Row("mia", "x"), ("orders", "2"): Row("bo", "Y"), ("orders", "4"): Row("eve", "n")}
    assert changed(before, after) == {
        ("orders", "2"): Row("bo", "Y"),
        ("orders", "3"): Row("bo", "z"),
        ("orders", "4"): Row("eve", "n"),
    }
