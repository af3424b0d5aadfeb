"""A thousand wait, and the desk's page of those that end first is there within a second."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from desk.inbox.desk import Desk
from desk.web.app import WebDesk
from desk.web.invitations import Invitations
from desk.web.listing import PAGE
from desk.web.serving import serving
from desk.web.sessions import SignedIn
from leverframe.operators import Operator, Operators
from tests.support.rig import LAMP, Rig, cancel, open_rig
from tests.test_pending import wait_for
from worker.testing.postgres import Database
from worker.testing.servers import dev_server

MANY = 1000
SECOND = 1.0


@pytest.mark.heavy
async def test_a_page_of_a_thousand_is_there_within_a_second(database: Database, tmp_path: Path) -> None:
    """Those of the page are real actions that say what they would do; the others wait longer, and nobody asks them."""
    async with await dev_server() as temporal, open_rig(temporal, database) as rig:
        took = await measured(rig, tmp_path)
    print(f"a page of {MANY} waiting: {', '.join(f'{seconds:.2f} s' for seconds in took)}")
    assert min(took[:3]) < SECOND, took
    assert max(took[3:]) < SECOND, took


async def measured(rig: Rig, folder: Path) -> list[float]:
    """How long the page takes, three times; the last page of the list is there, too."""
    rig.script[:] = [cancel(LAMP)]
    for _ in range(PAGE):
        await rig.waiting()
    later = datetime.now(UTC) + timedelta(days=9)
    await wait_for(rig.client, "support", [later + timedelta(minutes=number) for number in range(MANY - PAGE)])
    web = WebDesk(
        desk=Desk(rig.client),
        operators=lambda: Operators([Operator("olga", ["support"], accounts=["olga"])], "claimed"),
        invitations=Invitations(folder),
        site="http://localhost",
    )
    cookie = {"Cookie": f"desk={web.sessions.begin(SignedIn('olga', 'olga'))}"}
    took: list[float] = []
    async with serving(web.app(), "127.0.0.1", 0) as port, httpx2.AsyncClient() as browser:
        for _ in range(3):
            started = time.perf_counter()
            page = await browser.get(f"http://127.0.0.1:{port}/?role=support", headers=cookie)
            took.append(time.perf_counter() - started)
            assert page.status_code == 200
            assert page.text.count("Cancel order #W1000001") == PAGE
            assert f"{MANY} in all" in page.text
        # Each page is as quick: what lies before it is counted and not listed. These rows say nothing of themselves.
        for start in (MANY // 2, MANY - PAGE):
            started = time.perf_counter()
            rows, count = await web.desk.operating.waiting(["support"], None, start, PAGE)
            took.append(time.perf_counter() - started)
            assert ([one.deadline for one in rows], count) == (
                [later + timedelta(minutes=start - PAGE + number) for number in range(PAGE)],
                MANY,
            )
        last = await browser.get(f"http://127.0.0.1:{port}/?role=support&from={MANY - PAGE}", headers=cookie)
        assert last.text.count('data-label="Decide until"') == PAGE
    return took
