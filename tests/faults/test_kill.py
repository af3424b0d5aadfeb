"""``kill -9`` of the worker at each step: after a restart the action completes, and money moved once."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from leverframe import Decision
from leverframe.capability_uses import case_id
from tests.faults.doomed import SPANS
from tests.faults.doomed_process import DoomedProcess
from tests.support.rig import LAMP, Rig, open_rig
from worker.telemetry.spans import read_spans, roots
from worker.testing.doom import MARK, POINT
from worker.testing.keys import APPROVALS, APPROVALS_RING, ISSUER, PAYLOAD_RING, TENANT
from worker.testing.postgres import Database
from worker.testing.rig import UNSCRIPTED
from worker.testing.waiting import until

REQUIRED = ["before propose", "after orders.cancel", "before payments.refund", "after payments.refund"]
OTHERS = [
    f"{when} {what}"
    for what in ("screen", "orders.list", "propose", "preview", "judge", "orders.cancel", "record")
    for when in ("before", "after")
    if f"{when} {what}" not in REQUIRED
]


@asynccontextmanager
async def doomed_worker(rig: Rig, tmp_path: Path, point: str) -> AsyncIterator[DoomedProcess]:
    environment = {
        **os.environ,
        POINT: point,
        MARK: str(tmp_path / "died"),
        SPANS: str(tmp_path / "spans"),
        "TEMPORAL_ADDRESS": rig.client.service_client.config.target_host,
        "LEVERFRAME_TASK_QUEUE_PREFIX": rig.prefix,
        "LEVERFRAME_DATABASE_URL": rig.database.tools_url,
        "LEVERFRAME_SCOPE_KEY": rig.database.scope_key,
        "LEVERFRAME_MODEL_URL": rig.model.base_url,
        "LEVERFRAME_MODEL_NAME": "scripted",
        "LEVERFRAME_APPROVER_TRUST": "claimed",
        "LEVERFRAME_TENANT": TENANT,
        "LEVERFRAME_PAYLOAD_KEYS": PAYLOAD_RING,
        "LEVERFRAME_ISSUER_PUBLIC_KEYS": str(ISSUER.public),
        "LEVERFRAME_APPROVALS_PUBLIC_KEYS": str(APPROVALS.public),
        "LEVERFRAME_APPROVALS_KEYS": APPROVALS_RING,
        "LEVERFRAME_APPROVALS_DATABASE_URL": rig.database.approvals_url,
        **rig.key_service,
    }
    process = DoomedProcess("tests.faults.doomed", environment, tmp_path / "worker.log")
    await process.start()
    try:
        yield process
    finally:
        await process.kill()


async def completes(rig: Rig, action_id: str) -> None:
    outcome = await rig.result(action_id)
    assert outcome.kind == "done"
    assert (await rig.order(LAMP))["status"] == "cancelled"
    assert [str(row["amount"]) for row in await rig.refunds()] == ["54.10"]
    effects = await rig.kinds(action_id, "effect")
    assert [effect["planned"]["tool"] for effect in effects] == ["orders.cancel", "payments.refund"]
    # What went along with the plan, or came back from a try of it, is there once too.
    kinds = [entry.kind for entry in await rig.ledger(action_id)]
    assert [kind for kind in kinds if kind in ("started", "plan", "decision", "effect", "closed")] == [
        "started", "plan", "decision", "effect", "effect", "closed",
    ]  # fmt: skip


def assert_one_trace(tmp_path: Path, action_id: str) -> None:
    """What both workers left of it is one tree, without orphans."""
    spans = read_spans(tmp_path / "spans", action_id)
    assert [span.name for span in roots(spans)] == ["RunWorkflow:order_cancellation"]
    assert {"execute_tool orders.cancel", "execute_tool payments.refund"} <= {span.name for span in spans}


@pytest.mark.parametrize("point", [*REQUIRED, *(pytest.param(point, marks=pytest.mark.heavy) for point in OTHERS)])
async def test_killed_at(temporal: WorkflowEnvironment, database: Database, tmp_path: Path, point: str) -> None:
    async with (
        open_rig(temporal, database, roles=()) as rig,
        doomed_worker(rig, tmp_path, point) as worker,
        asyncio.TaskGroup() as group,  # What fails starts no worker that nobody ends.
    ):
        action_id = await rig.start()
        restarted = group.create_task(restart(worker))
        status = await rig.until(action_id, lambda status: status.awaiting == "operator")
        assert status.plan is not None
        handle = rig.operator._client.get_workflow_handle(action_id)
        await handle.signal("approve", {"code": status.plan.code})
        await asyncio.wait_for(restarted, 60)
        await completes(rig, action_id)
        assert_one_trace(tmp_path, action_id)


@pytest.mark.parametrize(
    "point",
    [
        "before payments.refund",
        *(pytest.param(point, marks=pytest.mark.heavy) for point in (*REQUIRED, *OTHERS) if point != REQUIRED[2]),
    ],
)
async def test_of_two_workers_one_is_killed_at(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path, point: str
) -> None:
    """Whichever comes to that point; nobody starts it again, and the other one goes on."""
    async with (
        open_rig(temporal, database, roles=()) as rig,
        doomed_worker(rig, tmp_path, point) as one,
        doomed_worker(rig, tmp_path, point) as other,
    ):
        action_id = await rig.start()
        status = await rig.until(action_id, lambda status: status.awaiting == "operator")
        assert status.plan is not None
        await rig.operator.signal(action_id, "approve", Decision(code=status.plan.code))
        await completes(rig, action_id)
        assert sorted((one.runs, other.runs)) == [False, True]


async def test_killed_while_it_waits_for_approval(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path
) -> None:
    async with open_rig(temporal, database, roles=()) as rig, doomed_worker(rig, tmp_path, "never") as worker:
        status = await rig.waiting()
        assert status.plan is not None
        await worker.kill()
        # The decision is sent while nobody is there to take it.
        handle = rig.operator._client.get_workflow_handle(status.action_id)
        await handle.signal("approve", {"code": status.plan.code})
        await worker.start()
        await completes(rig, status.action_id)
        assert_one_trace(tmp_path, status.action_id)


async def restart(worker: DoomedProcess) -> None:
    await worker.killed()
    await worker.start()


async def test_a_case_outlives_the_worker(temporal: WorkflowEnvironment, database: Database, tmp_path: Path) -> None:
    """Killed while the end is told, and again while the case waits; what a person does meanwhile counts."""
    point = "after reply"
    async with open_rig(temporal, database, roles=()) as rig, doomed_worker(rig, tmp_path, point) as worker:
        rig.script[:] = [UNSCRIPTED]
        action_id = await rig.start()
        await restart(worker)
        assert (await rig.result(action_id)).kind == "handed_over"
        found = await until(lambda: rig.operator.cases.look(case_id(action_id)), lambda case: bool(case.story))
        await worker.kill()
        await rig.client.get_workflow_handle(found.case_id).signal("resolve", {"note": "Called the customer."})
        await worker.start()
        await rig.client.get_workflow_handle(found.case_id).result()
        told = [(one["what"], one.get("note")) for one in await rig.kinds(action_id, "case")]
        assert told == [("opened", None), ("resolve", "Called the customer.")]
