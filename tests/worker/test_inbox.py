"""The operators' inbox: what waits, what it would do, and decisions, on a screen that is driven by keys alone."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment
from textual.widgets import Input

from desk.inbox.app import Inbox
from desk.inbox.desk import Desk, Sight
from leverframe import Refused, Status
from leverframe.confirmation_code import too_long
from leverframe.local_time import day_start
from leverframe.plan_lines import plan_lines
from tests.support.many_orders import store_orders
from tests.support.rig import LAMP, SOFA, Rig, cancel, open_rig
from tests.ui.pages import CHROMIUM, browsing, picture
from tests.worker.gate import gate
from tests.worker.operator_screen import WIDE, Screen, cells, inbox, worker
from tests.workflows.erasures import ERASE
from worker.codec.views import VIEWS
from worker.embedded.temporal import TemporalServer, temporal_server
from worker.keys.first_operator import make_first_operator
from worker.testing.keys import OLGA, RITA, private
from worker.testing.postgres import Database
from worker.testing.servers import CONVERTER
from worker.testing.serving import approvals_settings
from worker.testing.waiting import until

PAGE = (Path(__file__).parents[2] / "docs" / "operators.md").read_text(encoding="utf-8")
IDA = "ida_holm_5001"
KEYS = f"""
[olga]
roles = ["support"]
keys = ["{OLGA.public[31]}"]
[rita]
roles = ["support"]
keys = ["{RITA.public[32]}"]
"""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[TemporalServer]:
    """A server of its own: an inbox lists whatever waits on it."""
    async with temporal_server(tmp_path) as running:
        yield running


@pytest.fixture
async def rig(server: TemporalServer, database: Database) -> AsyncIterator[Rig]:
    client = await Client.connect(server.address, data_converter=CONVERTER)
    async with open_rig(WorkflowEnvironment.from_client(client), database) as opened:
        yield opened


def code_of(status: Status) -> str:
    assert status.plan is not None
    return status.plan.code


async def test_an_action_appears_is_read_and_approved_with_the_code(rig: Rig) -> None:
    async with inbox(rig) as screen:
        await screen.shows("0 waiting", "Nothing waits.")
        await screen.press("a")
        await screen.shows("There is no plan in sight to decide on.")

        status = await rig.waiting("Please cancel my desk lamp, I no longer need it. Write to mia@example.com")
        code = code_of(status)
        text = await screen.shows("1 waiting", "Order cancellation", status.action_id, f"Code {code}", "CANCEL-PENDING")
        for line in plan_lines(status.plan or pytest.fail("no plan")):
            for column in line.columns:
                assert column.name in text
                assert column.before in text
                assert column.after.split("-")[0] in text
        for part in ("54.10", "storefront", "EMAIL_1", "no longer needed", "nobody yet", "checks found nothing"):
            assert part in text, part
        assert "mia@example.com" not in text

        await screen.decide("a", "", "rubber stamp")
        await screen.shows("Type the code that stands under the plan.")
        assert screen.app.query_one("#code", Input).value == ""
        await screen.press("escape")
        await screen.shows("Nothing was sent.")

        await screen.decide("a", "0" * 12, "did not read it")
        text = await screen.shows("Refused: Wrong code: it does not belong to the plan that is shown now.")
        assert "Refused: Refused" not in text
        assert (await rig.order(LAMP))["status"] == "pending"
        (refused,) = await rig.kinds(status.action_id, "decision")
        assert (refused["accepted"], refused["note"]) == (False, "did not read it")

        await screen.decide("a", code, "read it, looks right")
        await screen.shows("Approved. Exactly the plan that was shown is being carried out.", "Nothing waits.")
    assert (await rig.result(status.action_id)).kind == "done"
    assert (await rig.order(LAMP))["status"] == "cancelled"
    assert len(await rig.refunds()) == 1
    assert (await rig.kinds(status.action_id, "decision"))[-1]["note"] == "read it, looks right"


async def test_what_is_claimed_and_handed_over_waits_on_and_what_is_rejected_is_undone(rig: Rig) -> None:
    before = await rig.snapshot()
    async with inbox(rig) as screen:
        status = await rig.waiting()
        await screen.shows(f"Code {code_of(status)}")
        await screen.decide("c", "asking the warehouse")
        await screen.shows("is on it: asking the warehouse")
        await screen.decide("h", "", "knows the case")
        await screen.shows("Say who takes it over.")
        await screen.press("escape")
        await screen.decide("h", "rita", "knows the case")
        await screen.shows("Handed over by", "to rita: knows the case")
        now = await rig.service.status(status.action_id)
        assert (now.plan, now.deadline) == (status.plan, status.deadline)
        await screen.press("r")
        await screen.shows("nothing will be done", "action ends")
        await screen.press("escape")
        await screen.decide("r", "not as asked")
        await screen.shows("Rejected. Nothing will be done.", "Nothing waits.")
        assert (await rig.result(status.action_id)).kind == "rejected"
        (decision,) = await rig.kinds(status.action_id, "decision")
        assert (decision["choice"], decision["note"]) == ("reject", "not as asked")
        acts = [one["act"] for one in await rig.kinds(status.action_id, "handling")]
        assert acts == ["claim", "hand_over"]
    assert await rig.snapshot() == before


async def test_two_operators_with_keys_approve_a_dear_plan(
    server: TemporalServer, database: Database, tmp_path: Path
) -> None:
    (tmp_path / "operators.toml").write_text(KEYS)
    approvals = approvals_settings(database, approver_trust="signed", operators_file=tmp_path / "operators.toml")
    client = await Client.connect(server.address, data_converter=CONVERTER)
    async with open_rig(WorkflowEnvironment.from_client(client), database, approvals=approvals) as rig:
        rig.script[:] = [cancel(SOFA)]
        status = await rig.waiting("cancel my sofa, I no longer need it")
        async with inbox(rig, "olga", key=private(31).partition(":")[2]) as screen:
            await screen.shows(
                "signing with your key",
                "2 different people must approve; so far: nobody yet.",
                "The money that it is about: 500.01",
                "Whoever approves also types how much money it is about.",
            )
            await screen.decide("a", "0" * 12, "500.01", "")
            await screen.shows("Refused: Wrong code")
            assert await rig.kinds(status.action_id, "decision") == []
            await screen.decide("a", code_of(status), "", "rubber stamp")
            await screen.shows("Type how much money it is about, as it stands in bold above the plan.")
            assert screen.app.query_one("#amount", Input).value == ""
            await screen.press("escape")
            await screen.decide("a", code_of(status), "500.00", "did not look")
            await screen.shows("Refused: Wrong amount: this plan is about another amount of money.")
            await screen.decide("a", code_of(status), "500.01", "checked")
            await screen.shows(
                "Approved by you. Now one other person", "so far: olga (signed with their own key). 1 more needed."
            )
            await screen.decide("a", code_of(status), "500.01", "again")
            await screen.shows("Refused: You have decided on this plan already")
        assert (await rig.order(SOFA))["status"] == "pending"
        async with inbox(rig, "rita", role=None, key=private(32).partition(":")[2]) as screen:
            await screen.shows("Inbox of every role", "so far: olga (signed with their own key). 1 more needed.")
            await screen.decide("a", code_of(status), "$ 500.01", "checked too")
            await screen.shows("Approved. Exactly the plan that was shown", "Nothing waits.")
        assert (await rig.result(status.action_id)).kind == "done"
        typed = [(body["amount"], body["accepted"]) for body in await rig.kinds(status.action_id, "decision")]
        assert typed == [("500.00", False), ("500.01", True), ("500.01", False), ("500.01", True)]


async def test_what_sign_prints_is_a_decision_that_the_uis_dialog_takes(
    server: TemporalServer, database: Database, tmp_path: Path
) -> None:
    make_first_operator(tmp_path / "operator.key", tmp_path / "operators.toml")
    approvals = approvals_settings(database, approver_trust="signed", operators_file=tmp_path / "operators.toml")
    client = await Client.connect(server.address, data_converter=CONVERTER)
    async with open_rig(WorkflowEnvironment.from_client(client), database, approvals=approvals) as rig:
        status = await rig.waiting()
        handle = rig.client.get_workflow_handle(status.action_id)
        with pytest.raises(WorkflowUpdateFailedError) as anonymous:
            await handle.execute_update("approve", {"code": code_of(status), "note": "one click"})
        assert "Nobody vouches for who you are" in str(anonymous.value.cause)
        key = str(tmp_path / "operator.key")
        signing = ("sign", status.action_id, "--key", key)
        code, output = await worker(rig, server, *signing, "--note", "read", COLUMNS="200")
        assert (code, "CANCEL-PENDING" in output or "54.10" in output) == (0, True), output
        (printed,) = re.findall(r"^\{.*\}$", output, re.MULTILINE)
        told = json.loads(printed)
        with pytest.raises(WorkflowUpdateFailedError):
            await handle.execute_update("reject", told)
        await handle.execute_update("approve", told)
        assert (await rig.result(status.action_id)).kind == "done"
        decision = (await rig.kinds(status.action_id, "decision"))[-1]
        assert (decision["approver"]["identity"], decision["approver"]["trust"]) == ("operator", "signed")
        code, output = await worker(rig, server, *signing, COLUMNS="200")
        assert (code, "Traceback" in output) == (2, False), output


async def test_what_is_read_stays_in_sight_while_others_come_and_go(rig: Rig) -> None:
    first = await rig.waiting()
    async with inbox(rig) as screen:
        await screen.shows(f"Code {code_of(first)}")
        rig.script[:] = [cancel(SOFA)]
        second = await rig.waiting("cancel my sofa, I no longer need it")
        await screen.shows("2 waiting", f"Code {code_of(first)}")
        await screen.press("down")
        await screen.shows(f"Code {code_of(second)}")
        await screen.press("a")
        await rig.operator.reject(first.action_id, code_of(first))
        await screen.shows("1 waiting", f"Code {code_of(second)}", "Approve. Type the code")
        # Somebody else decides on the very plan that is being decided on here.
        await rig.operator.reject(second.action_id, code_of(second))
        await screen.shows("0 waiting", "Nothing waits.")
        assert not screen.app.query_one("#form").display


async def test_when_the_server_is_gone_it_says_so_and_comes_back(
    rig: Rig, server: TemporalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worst moment: what waits was listed, and the server goes while the plan is read anew."""
    host, port = server.address.split(":")
    async with gate(host, int(port)) as way:
        client = await Client.connect(f"127.0.0.1:{way.port}", data_converter=rig.client.data_converter)
        desk = Desk(client, within=1)
        look, gone = desk.look, asyncio.Event()

        async def gone_while_reading(action_id: str) -> Sight:
            if gone.is_set():
                way.shut()
            return await look(action_id)

        monkeypatch.setattr(desk, "look", gone_while_reading)
        app = Inbox(desk, "support", "olga", every=0.1)
        status = await rig.waiting()
        async with app.run_test(size=WIDE) as pilot:
            screen = Screen(app, pilot)
            await screen.shows("1 waiting", f"Code {code_of(status)}")
            gone.set()
            await screen.shows("NOT CONNECTED: Temporal does not answer", f"Code {code_of(status)}")
            await screen.decide("a", code_of(status), "")
            await screen.shows("it is not known whether it counts")
            gone.clear()
            way.open = True
            text = await screen.shows("as of")
            assert "NOT CONNECTED" not in text
    await rig.operator.reject(status.action_id, code_of(status))


async def test_show_and_the_inbox_have_the_same_rows(rig: Rig, server: TemporalServer) -> None:
    status = await rig.waiting("cancel my lamp [/nope] [red]today[/red], I no longer need it")
    assert status.plan is not None
    async with inbox(rig, name="olga[/b]@support") as screen:
        await screen.shows(f"Code {code_of(status)}", "as olga[/b]@support", "cancel my lamp [/nope] [red]today[/red]")
        seen = cells(screen.text)
        width = screen.app.query_one("#told").size.width
    assert [row[0] for row in seen if row[0]] == ["1. Cancel order", "2. Refund payment"]
    code, output = await worker(rig, server, "show", status.action_id, COLUMNS=str(width))
    assert (code, cells(output)) == (0, seen), output
    assert "CANCEL-PENDING" in output
    assert "The money that it is about: 54.10" in output
    code, output = await worker(rig, server, "pending", "--awaiting", "support", COLUMNS="200")
    assert (code, status.action_id in output, "confirming" in output) == (0, True, True), output
    code, narrow = await worker(rig, server, "pending", COLUMNS="80")
    assert (code, f"{status.action_id}\n  confirming, waits for support" in narrow) == (0, True), narrow
    deadline = datetime.fromisoformat(status.deadline or "")
    assert f"{deadline - timedelta(days=3):%Y-%m-%d %H:%M} UTC" in output
    assert f"{deadline:%Y-%m-%d %H:%M} UTC" in output


async def test_a_plan_too_long_for_a_screen_is_read_to_its_end_and_decided_on_by_its_digest(
    rig: Rig, server: TemporalServer
) -> None:
    await store_orders(rig.owner, IDA, 12)
    rig.script[:] = [ERASE]
    status = await rig.waiting("Please delete my account and all my data", subject=IDA, action="customer_erasure")
    plan = status.plan or pytest.fail("no plan")
    assert too_long(plan)
    details: WorkflowMetadata = await rig.client.get_workflow_handle(status.action_id).query(
        "__temporal_workflow_metadata", result_type=WorkflowMetadata
    )
    assert "This is not all of it" in details.current_details
    async with inbox(rig, role=None) as screen:
        await screen.shows("1 waiting", "What will happen")
        seen = set(cells(screen.text))
        while plan.digest not in screen.text:
            await screen.press("pagedown")
            seen |= set(cells(screen.text))
        width = screen.app.query_one("#told").size.width
        assert len(seen) > WIDE[1]
        assert not re.search(rf"\b{plan.code}\b", screen.text)
        await screen.decide("a", plan.code, "read a part of it")
        await screen.shows("Refused: This plan is too long for one screen, so it has no code.")
        await screen.decide("a", plan.digest, "read all of it")
        await screen.shows("Approved by you. Now one other person must approve too.")
    code, output = await worker(rig, server, "show", status.action_id, COLUMNS=str(width))
    columns = (column.name for line in plan_lines(plan) for column in line.columns)
    assert (code, set(cells(output)) - seen) == (0, set())
    assert "".join(row[2] for row in cells(output)).replace(" ", "") == "".join(columns).replace(" ", "")
    for told in (details.current_details, output):
        assert not re.search(rf"\b{plan.code}\b", told)
        assert "too long for" in " ".join(told.lower().split())
    assert f"approve {status.action_id} {plan.digest}" in output
    with pytest.raises(Refused, match="too long for one screen"):
        await rig.operator.reject(status.action_id, plan.code)
    assert [one["accepted"] for one in await rig.kinds(status.action_id, "decision")] == [False, True, False]


async def test_without_a_terminal_the_way_is_told(rig: Rig, server: TemporalServer) -> None:
    code, output = await worker(rig, server, "inbox", "--role", "support", COLUMNS="200")
    assert (code, "the inbox needs a terminal" in output, "Traceback" in output) == (2, True, False), output


async def test_every_saved_view_of_the_page_finds_what_it_says(rig: Rig) -> None:
    linked = re.findall(r"\[open\]\(http://127.0.0.1:8081/views/([a-z-]+)", PAGE)
    views = {name: VIEWS[name].query("support", day_start(datetime.now(UTC))) for name in linked}
    waiting = await rig.waiting()
    async with inbox(rig) as screen:
        await screen.shows("1 waiting")
    rejected = await rig.waiting("cancel my lamp, please, I no longer need it")
    await rig.operator.reject(rejected.action_id, code_of(rejected))
    await rig.result(rejected.action_id)
    expected = {
        "awaiting": {waiting.action_id},
        "escalated": set(),
        "cases": set(),
        "waiting": {waiting.action_id},
        "refused-today": {rejected.action_id},
        "expired-today": set(),
        "ended-today": {rejected.action_id},
        "refused": {rejected.action_id},
    }
    assert views.keys() == expected.keys()

    async def found() -> dict[str, set[str]]:
        return {view: {one.id async for one in rig.client.list_workflows(query)} for view, query in views.items()}

    await until(found, lambda found: found == expected, 20)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (install the package chromium)")
async def test_the_screen_is_readable(rig: Rig, tmp_path: Path) -> None:
    status = await rig.waiting("Please cancel my desk lamp, I no longer need it. Write to mia@example.com.")
    await rig.waiting("Cancel my desk lamp, I have no use for it any more.")
    async with inbox(rig, size=(124, 50)) as screen:
        await screen.shows("2 waiting", f"Code {code_of(status)}", "CANCEL-PENDING")
        file = tmp_path / "inbox.svg"
        file.write_text(screen.app.export_screenshot())
    async with browsing() as browser:
        page = await browser.new_page(viewport={"width": 1200, "height": 1033})
        # Its fonts are on the web; a monospaced one of this machine does as well.
        await page.route("http*://**", lambda route: route.abort())
        await page.goto(file.as_uri())
        shown = (await page.locator("svg").inner_html()).replace("&#160;", " ").replace("\u00a0", " ")
        assert "54.10" in shown
        await picture(page, tmp_path, "inbox")
