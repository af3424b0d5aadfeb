"""A new version of workflows beside an older one on which actions wait: promoted, moved to, retired, or refused."""

import os
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from leverframe import Status
from leverframe.contracts.names import ROLES
from tests.support.command import of_module
from tests.support.rig import Rig, cancel, open_rig
from tests.support.workflow_process import WorkflowProcess, workflow_process
from tools.scope import create_engine
from tools.shop.generator import DemoItem, DemoOrder, demo_customer
from tools.shop.store import store
from worker.testing.keys import PAYLOAD_RING
from worker.testing.postgres import Database
from worker.testing.servers import dev_server
from worker.testing.waiting import until

OTHERS = [role for role in ROLES if role != "workflows"]
FEW = 4
IDA = "ida_holm_1003"
LOOKS = "matching.wv.VersionDrainageStatus"
SOON = (f'{LOOKS}VisibilityGracePeriod="1s"', f'{LOOKS}RefreshInterval="1s"', 'matching.PollerHistoryTTL="70s"')
"""A server that looks each second whether anything is left on a version, and not each few minutes; a worker that is
gone is forgotten in one minute, and not in five."""


@dataclass
class Upgrade:
    """A Leverframe whose workflows run in a process for each version."""

    rig: Rig
    folder: Path
    held: AsyncExitStack
    waiting: list[Status] = field(default_factory=list)

    def environment(self, build: str) -> dict[str, str]:
        """Of whoever runs that version."""
        return {
            "TEMPORAL_ADDRESS": self.rig.client.service_client.config.target_host,
            "LEVERFRAME_TASK_QUEUE_PREFIX": self.rig.prefix,
            "LEVERFRAME_PAYLOAD_KEYS": PAYLOAD_RING,
            "LEVERFRAME_BUILD_ID": build,
            "LEVERFRAME_STATE_DIR": str(self.folder),
            **self.rig.key_service,
        }

    async def runs(self, build: str, module: str = "worker") -> WorkflowProcess:
        """A worker of that version, until the test's end."""
        process = workflow_process(self.rig, self.folder, module, LEVERFRAME_BUILD_ID=build)
        started = await self.held.enter_async_context(process)
        await until(self.listed, lambda told: bool(re.search(rf"{build}: [^;]+; 1 worker", told)))
        return started

    async def versions(self, *arguments: str, build: str = "v2", module: str = "worker") -> tuple[int, str]:
        """``python -m worker versions`` where that version runs."""
        code, told = await of_module(module, "versions", *arguments, environment=os.environ | self.environment(build))
        assert "Traceback" not in told, told
        return code, " ".join(told.split())

    async def listed(self) -> str:
        return (await self.versions())[1]

    async def wait(self, orders: int) -> None:
        """Have so many cancellations wait for approval, each of an order of its own."""
        first = len(self.waiting)
        for number in range(first, first + orders):
            self.rig.script[:] = [cancel(order(number))]
            self.waiting.append(await self.rig.waiting(f"cancel {order(number)}, I no longer need it", subject=IDA))

    async def approve(self, *which: Status) -> None:
        """Approved, carried out, and told."""
        for status in which:
            assert status.plan is not None
            assert (await self.rig.operator.approve(status.action_id, status.plan.code)).accepted
        for status in which:
            assert (await self.rig.result(status.action_id)).kind == "done"

    async def paid_back_once(self) -> None:
        """Every order has its money back, once, and what the ledger says of each is one story."""
        refunds = [row["order_id"] for row in await self.rig.refunds()]
        assert sorted(refunds) == sorted(map(order, range(len(self.waiting))))
        for status in self.waiting:
            kinds = [entry.kind for entry in await self.rig.ledger(status.action_id)]
            assert [kind for kind in kinds if kind in ("decision", "effect", "closed")] == [
                "decision", "effect", "effect", "closed",
            ]  # fmt: skip


def order(number: int) -> str:
    return f"#W3{number:06}"


@asynccontextmanager
async def upgrade(database: Database, folder: Path, orders: int) -> AsyncIterator[Upgrade]:
    async with AsyncExitStack() as held:
        server = await held.enter_async_context(
            await dev_server(*(word for one in SOON for word in ("--dynamic-config-value", one)))
        )
        rig = await held.enter_async_context(open_rig(server, database, OTHERS))
        owner = create_engine(database.owner_url)
        lamp = (DemoItem(name="Desk lamp", price="54.10"),)
        await store(owner, demo_customer(IDA, [DemoOrder(order_id=order(one), items=lamp) for one in range(orders)]))
        await owner.dispose()
        yield Upgrade(rig, folder, held)


@pytest.mark.parametrize("many", [FEW, pytest.param(50, marks=pytest.mark.heavy)])
async def test_what_waits_on_a_version_is_finished_once_while_another_takes_over(
    database: Database, tmp_path: Path, many: int
) -> None:
    async with upgrade(database, tmp_path, many + 1) as up:
        old = await up.runs("v1")
        await up.wait(many)
        assert f"v1: new actions begin on it; 1 worker; {many} open, {many} of them wait, the last until" in (
            await up.listed()
        )
        code, told = await up.versions("promote")
        assert (code, "no worker of v2 asks for tasks" in told) == (2, True), told
        await up.runs("v2")
        assert "v2: it was never promoted; 1 worker; 0 open" in await up.listed()
        code, told = await up.versions("promote")
        assert (code, f"New actions begin on v2. Replayed on it first: {many} that are open." in told) == (0, True), (
            told
        )
        await up.wait(1)
        listed = await up.listed()
        assert "v2: new actions begin on it; 1 worker; 1 open, 1 of them wait" in listed
        assert f"v1: no new action begins on it; 1 worker; {many} open" in listed
        code, told = await up.versions("retire", "v1")
        assert (code, f"{many} stay on v1" in told, "versions move --from v1" in told) == (2, True, True), told
        half = many // 2
        await up.approve(*up.waiting[:half])
        await old.end()
        code, told = await up.versions("move", "--from", "v1")
        assert (code, f"Moved to v2: {many - half}." in told) == (0, True), told
        await up.approve(*up.waiting[half:])

        async def retired() -> tuple[int, str]:
            return await up.versions("retire", "v1")

        ended = "nothing stays on v1 any more: end its workers"
        await until(retired, lambda told: told[0] == 0 or ended in told[1])
        await up.paid_back_once()
        if many > FEW:
            await until(retired, lambda told: told == (0, "v1 is retired."), 150)
            assert "v1" not in await up.listed()


async def test_a_version_on_which_what_is_open_would_break_is_refused(database: Database, tmp_path: Path) -> None:
    async with upgrade(database, tmp_path, 3) as up:
        await up.runs("v1")
        await up.wait(2)
        bad = "tests.faults.changed_workflows"
        await up.runs("v2", bad)
        for changed in (("promote",), ("move", "--from", "v1"), ("promote", "--leave")):
            code, told = await up.versions(*changed, module=bad)
            assert all(f"{status.action_id}: " in told and "clauses" in told for status in up.waiting), told
            if changed == ("promote",):
                assert (code, "2 of 2 that are open would break on v2: nothing was promoted" in told) == (2, True), told
                assert "v1: new actions begin on it" in await up.listed()
            elif changed == ("promote", "--leave"):
                assert (code, "New actions begin on v2" in told, "2 stay where they are" in told) == (0, True, True)
            else:
                assert (code, "Moved to v2: 0." in told) == (1, True), told
        assert "v1: no new action begins on it; 1 worker; 2 open" in await up.listed()
        code, told = await up.versions("promote", build="v1")
        assert (code, "New actions begin on v1" in told) == (0, True), told
        await up.wait(1)
        await up.approve(*up.waiting)
        await up.paid_back_once()


REFUSED = [
    (("retire", "v7"), "has no version 'v7'"),
    (("retire", "v1"), "new actions begin on v1: promote another version first"),
    (("move", "nothing-1", "it's \\"), "not open here: it's \\, nothing-1"),
    (("move",), "name actions, or a version with --from"),
    (("move", "nothing-1", "--from", "v1"), "name actions, or a version with --from"),
]


async def test_what_cannot_be_is_refused_in_words(database: Database, tmp_path: Path) -> None:
    async with upgrade(database, tmp_path, 0) as up:
        assert await up.versions() == (0, "There are no versions: workflows run without one (LEVERFRAME_BUILD_ID).")
        code, told = await up.versions("promote", build="")
        assert (code, "this code has no version" in told) == (2, True), told
        await up.runs("v1")
        for arguments, words in REFUSED:
            code, told = await up.versions(*arguments, build="v1")
            assert (code, words in told) == (2, True), told
