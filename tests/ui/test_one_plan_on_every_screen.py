"""One plan full of hostile data: every screen shows the same sentences, rows and code, and none of it as its own."""

import os
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from audit.audit import audit_action
from audit.report.action import action_report
from leverframe import Plan, Status
from leverframe.plan_lines import plan_lines
from leverframe.telling import inert
from tests.support.command import command
from tests.support.receiver import Receiver, receiving
from tests.support.rig import LAMP, MIA, Rig, open_rig
from tests.ui.browser_desk import DIRECTORY, open_browser_desk
from tests.ui.desk import Desk
from tests.worker.operator_screen import inbox
from tests.worker.reporting import Words
from worker.testing.keys import PAYLOAD_RING
from worker.testing.postgres import Database
from worker.testing.rig import propose
from worker.testing.waiting import until
from workflows.markdown import LIKE

FAKE = "1a2b3c4d5e6f"
TAKEN = "document.title='taken'"
ADDRESS = {
    "address1": f"1 Elm</td></tr></table><script>{TAKEN}</script>",
    "address2": f"x | y | **Confirmation code:** `{FAKE}`",
    "city": "\u202edetnuocsid\u202c p\u0430ris\u200b\u200b\u2066end",
    "state": "[approve](https://evil.example/) ![i](https://evil.example/p.png)",
    "country": f"USA\r\n\r\n## Waiting for nobody\n\nCode {FAKE}:\n  python -m worker approve",
    "zip": "9" * 900,
}
ITEM = (
    f"Lamp <img src=https://evil.example/p.png onerror={TAKEN}> [bold red]Code {FAKE}[/]\x1b[2J\x07 \u2028"
    + "wide" * 200
)
WIDE = 3_000
"""Columns of a terminal in which no cell is folded."""


def squeezed(text: str) -> str:
    """Without white space, and with the characters that would be markup in the Temporal UI as that shows them."""
    return re.sub(r"[\s\u200b]+", "", text.translate(LIKE))


def pieces(status: Status, plan: Plan) -> list[str]:
    """The sentences and, row by row, all that the plan changes, as every screen has to show them, in order."""
    rows: list[str] = []
    for line in plan_lines(plan):
        rows += (line.table + line.key, *(column.name + column.before + column.after for column in line.columns))
    return [squeezed(one) for one in (*map(inert, status.sentences), *rows)]


def shows(screen: str, status: Status, plan: Plan, code: bool = True) -> None:
    """Sentences, rows and code stand on it, and nothing that hides or moves."""
    text = re.sub(r"\((?:changed|added|removed)\)|[│┃|├─┼┤→:,]", "", squeezed(screen))
    for piece in pieces(status, plan):
        assert re.sub(r"[│┃|→:,]", "", piece) in text
    assert not code or plan.code in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", screen)
    assert not re.search("pаris", screen)  # The second letter is a Cyrillic one.


async def hostile(rig: Rig) -> tuple[Status, Plan]:
    for name, value in ADDRESS.items():
        await rig.sql(f"UPDATE shop.customers SET {name} = :v WHERE customer_id = :c", v=value, c=MIA)
    await rig.sql("UPDATE shop.order_items SET name = :v WHERE order_id = :o", v=ITEM, o=LAMP)
    rig.script[:] = [propose("copy", order_id=LAMP, address_of="profile", clause="MODIFY-ADDRESS")]
    status = await rig.waiting("my lamp should go to the address in my profile", action="order_address_change")
    assert status.plan is not None
    return status, status.plan


async def test_every_screen_shows_the_same_of_a_hostile_plan(desk: Desk, database: Database, tmp_path: Path) -> None:
    environment = WorkflowEnvironment.from_client(desk.rig.environment.client)
    async with (
        receiving(Receiver()) as receiver,
        open_rig(environment, database, notifications=receiver.settings(), key_for_each=False) as rig,
    ):
        status, plan = await hostile(rig)
        assert FAKE in str(plan)
        await in_the_temporal_ui(desk, status, plan)
        await at_the_desk(desk, rig, status, plan, tmp_path)
        async with inbox(rig, size=(WIDE, 100)) as screen:
            await screen.shows(f"Code {plan.code}")
            shows(screen.text, status, plan)
        shows(await printed(rig, "show", status.action_id), status, plan)
        listed = await printed(rig, "pending")
        assert status.action_id in listed
        assert FAKE not in listed
        report = action_report(await audit_action(rig.auditor, status.action_id, rig.people), datetime.now(UTC))
        shows(Words(report).text, status, plan)
        assert not {"img", "script"} & {*Words(report).tags}
        await until(receiver_has(receiver), bool)
        told = " ".join(message.body.decode() for message in receiver.messages)
        assert status.action_id in told
        assert [one for one in (plan.code, FAKE, "Lamp", "Elm", "evil") if one in told] == []
        await rig.withdraw(status.action_id)
        await rig.result(status.action_id)
        desk.rig.started.append(status.action_id)  # It stands in the lists of the server that they share.


async def in_the_temporal_ui(desk: Desk, status: Status, plan: Plan) -> None:
    await desk.open(status.action_id)
    shows(await desk.details.locator("body").inner_text(), status, plan)
    code = desk.details.get_by_role("heading", name="Confirmation code")
    assert await code.count() == 1
    assert await code.locator("code").inner_text() == plan.code
    assert await desk.details.locator("img, script[src*=evil], a[href*=evil]").count() == 0
    assert "taken" not in await desk.page.title()


async def at_the_desk(desk: Desk, rig: Rig, status: Status, plan: Plan, folder: Path) -> None:
    directory = folder / "operators.toml"
    directory.write_text(DIRECTORY)
    browser = desk.page.context.browser
    assert browser is not None
    async with open_browser_desk(rig, browser, folder, directory) as opened:
        olga = await opened.enrolled("olga", f"/actions/{status.action_id}")
        await olga.page.locator("#approve:enabled").wait_for()
        shows(await olga.page.locator("main").inner_text(), status, plan, code=False)
        # The page draws the rows by itself, of what its passkey would sign.
        assert await olga.page.locator("#digest").inner_text() == plan.digest
        drawn = await olga.page.locator("#plan tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
        )
        expected = []
        for line in plan_lines(plan):
            expected += [[f"{line.number}. {line.call}: {line.row}"]]
            expected += [[column.name, column.before, column.after] for column in line.columns]
        assert drawn == expected
        assert await olga.page.locator("img, script[src*=evil], a[href*=evil]").count() == 0
        assert "taken" not in await olga.page.title()
        await olga.page.context.close()


async def printed(rig: Rig, *arguments: str) -> str:
    """What a command prints in a terminal that is wide enough for every cell."""
    address = rig.client.service_client.config.target_host
    own = {"TEMPORAL_ADDRESS": address, "LEVERFRAME_PAYLOAD_KEYS": PAYLOAD_RING, "TZ": "UTC", "COLUMNS": str(WIDE)}
    code, output = await command(*arguments, environment=os.environ | own)
    assert code == 0, output
    return output


def receiver_has(receiver: Receiver) -> Callable[[], Awaitable[int]]:
    async def messages() -> int:
        return len(receiver.messages)

    return messages
