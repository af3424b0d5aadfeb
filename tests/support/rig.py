"""The test kit's rig on the reference shop, with two customers."""

import gzip
import os
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from leverframe import Receipt, Status
from leverframe.capability_uses import case_id
from leverframe.contracts.names import ROLES, Role
from tools.scope import create_engine
from tools.shop.generator import DemoItem, DemoOrder, demo_customer
from tools.shop.store import store
from tools.systems import Systems
from worker.settings.approvals import ApprovalsSettings
from worker.settings.notifications import NotificationSettings
from worker.testing import rig as kit
from worker.testing.postgres import Database
from worker.testing.rig import propose

MIA, BO = "mia_berg_1001", "bo_lind_1002"
LAMP, CHAIR, GIFT, SHIPPED, SOFA = (f"#W100000{number}" for number in range(1, 6))
BOS = "#W2000001"


def cancel(order_id: str = LAMP, **other: object) -> dict[str, Any]:
    """The model's answer that proposes to cancel an order."""
    arguments = {"order_id": order_id, "reason": "no longer needed", "clause": "CANCEL-PENDING", **other}
    return propose("cancel", **arguments)


class Rig(kit.Rig):
    """A Leverframe on the shop, which is asked by Mia to cancel her lamp unless a test says otherwise."""

    async def start(
        self,
        text: str = "cancel my lamp, I no longer need it",
        subject: str = MIA,
        requester: str = "storefront",
        request_id: str | None = None,
        action: str = "order_cancellation",
        delegates: Sequence[str] = (),
    ) -> str:
        return await super().start(
            text, subject=subject, action=action, requester=requester, request_id=request_id, delegates=delegates
        )

    async def waiting(self, text: str = "cancel my lamp, I no longer need it", **other: Any) -> Status:
        return await super().waiting(text, **other)

    async def withdraw(self, action_id: str, subject: str = MIA) -> Receipt:
        return await super().withdraw(action_id, subject=subject)

    async def order(self, order_id: str) -> dict[str, Any]:
        (row,) = await self.sql("SELECT * FROM shop.orders WHERE order_id = :order_id", order_id=order_id)
        return row

    async def refunds(self, order_id: str = "%") -> list[dict[str, Any]]:
        return await self.sql(
            "SELECT * FROM shop.order_payments WHERE transaction_type = 'refund' AND order_id LIKE :order_id",
            order_id=order_id,
        )


def shop() -> list[Any]:
    lamp = DemoItem(name="Desk lamp", price="54.10")
    chair = DemoItem(name="Garden chair", price="120.00")
    cushion = DemoItem(name="Cushion", price="20.00")
    mias = [
        DemoOrder(order_id=LAMP, items=(lamp,)),
        DemoOrder(order_id=CHAIR, items=(chair, cushion)),
        DemoOrder(order_id=GIFT, items=(chair,), payment="gift_card"),
        DemoOrder(order_id=SHIPPED, items=(chair,), status="processed"),
        DemoOrder(order_id=SOFA, items=(DemoItem(name="Sofa", price="500.01"),)),
    ]
    return [demo_customer(MIA, mias), demo_customer(BO, [DemoOrder(order_id=BOS, items=(lamp,))])]


@asynccontextmanager
async def open_rig(
    environment: WorkflowEnvironment,
    database: Database,
    roles: Sequence[Role] = ROLES,
    approvals: ApprovalsSettings | None = None,
    notifications: NotificationSettings | None = None,
    key_for_each: bool = not os.environ.get("LEVERFRAME_RECORD"),
    systems: Sequence[Systems] = (),
    **settings: Any,
) -> AsyncIterator[Rig]:
    """As the kit's, with the shop in the database; histories are recorded without keys, to be readable later."""
    owner = create_engine(database.owner_url)
    for part in shop():
        await store(owner, part)
    await owner.dispose()
    opened = kit.open_rig(
        Rig, environment, database, roles, approvals, notifications, key_for_each, systems, **settings
    )
    async with opened as rig:
        rig.script.append(cancel())
        yield rig


@pytest.fixture
async def rig(temporal: WorkflowEnvironment, database: Database, request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    async with open_rig(temporal, database) as opened:
        yield opened
        await keep_histories(opened, request.node.name)


async def keep_histories(rig: Rig, name: str) -> None:
    """For ``make record-histories``: keep what happened, so that later code is replayed against it."""
    if not (folder := os.environ.get("LEVERFRAME_RECORD")):
        return
    for number, workflow_id in enumerate(one for action_id in rig.started for one in (action_id, case_id(action_id))):
        try:
            history = await rig.client.get_workflow_handle(workflow_id).fetch_history()
        except RPCError:
            continue  # It has no case.
        if history.events[-1].event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
            file = Path(folder) / f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}-{number}.json.gz"
            file.write_bytes(gzip.compress(history.to_json().encode(), mtime=0))
