"""Versions of workflows side by side, each in a process of its own, and the commands that say which one gets work."""

import os
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

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
            await self.ends(status)

    async def ends(self, status: Status) -> None:
        """Carried out and told."""
        assert (await self.rig.result(status.action_id)).kind == "done"

    async def paid_back_once(self) -> None:
        """Every order has its money back, once, and what the ledger says of each is one story."""
        refunds = [row["order_id"] for row in await self.rig.refunds()]
        assert sorted(refunds) == sorted(map(order, range(len(self.waiting))))
        for status in self.waiting:
            decisions = await self.rig.kinds(status.action_id, "decision")
            assert [one["accepted"] for one in decisions].count(True) == 1
            effects = [one["planned"]["tool"] for one in await self.rig.kinds(status.action_id, "effect")]
            assert effects == ["orders.cancel", "payments.refund"]
            assert len(await self.rig.kinds(status.action_id, "closed")) == 1


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
