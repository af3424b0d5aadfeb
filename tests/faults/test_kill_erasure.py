"""``kill -9`` of the worker while it erases a customer: all of it happens, and once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.faults.doomed_process import DoomedProcess
from tests.support.rig import Rig, open_rig
from tests.workflows.erasures import approved, nobodies, settle
from worker.codec.server import serving as serving_http
from worker.keys.service import KeyServer
from worker.testing.doom import MARK, POINT
from worker.testing.keys import APPROVALS, APPROVALS_RING, ISSUER, PAYLOAD_RING, TENANT
from worker.testing.postgres import Database
from worker.testing.serving import KEY_SERVICE_TOKEN

POINTS = (
    "after customers.erase",
    pytest.param("before customers.erase", marks=pytest.mark.heavy),
    pytest.param("before actions.withdraw_open", marks=pytest.mark.heavy),
    pytest.param("after actions.withdraw_open", marks=pytest.mark.heavy),
)


@asynccontextmanager
async def doomed_worker(rig: Rig, tmp_path: Path, point: str, keys: str) -> AsyncIterator[DoomedProcess]:
    """A worker of all roles in a process of its own that kills itself once, at this point."""
    target = rig.client.service_client.config.target_host
    environment = {
        POINT: point,
        MARK: str(tmp_path / "died"),
        "TEMPORAL_ADDRESS": target,
        "LEVERFRAME_TASK_QUEUE_PREFIX": rig.prefix,
        "LEVERFRAME_DATABASE_URL": rig.database.tools_url,
        "LEVERFRAME_SCOPE_KEY": rig.database.scope_key,
        "LEVERFRAME_MODEL_URL": rig.model.base_url,
        "LEVERFRAME_MODEL_NAME": "scripted",
        "LEVERFRAME_APPROVER_TRUST": "claimed",
        "LEVERFRAME_TENANT": TENANT,
        "LEVERFRAME_PAYLOAD_KEYS": PAYLOAD_RING,
        "LEVERFRAME_KEY_SERVICE_URL": keys,
        "LEVERFRAME_KEY_SERVICE_TOKEN": KEY_SERVICE_TOKEN,
        "LEVERFRAME_ISSUER_PUBLIC_KEYS": str(ISSUER.public),
        "LEVERFRAME_APPROVALS_PUBLIC_KEYS": str(APPROVALS.public),
        "LEVERFRAME_APPROVALS_KEYS": APPROVALS_RING,
        "LEVERFRAME_APPROVALS_DATABASE_URL": rig.database.approvals_url,
    }
    worker = DoomedProcess("tests.faults.doomed_erasure", environment, tmp_path / "worker.log")
    await worker.start()
    try:
        yield worker
    finally:
        await worker.kill()


@pytest.mark.parametrize("point", POINTS)
async def test_killed_while_it_erases(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path, point: str
) -> None:
    async with open_rig(temporal, database, roles=(), key_for_each=True) as rig:
        server = serving_http(KeyServer(rig.keys, KEY_SERVICE_TOKEN).app(), "127.0.0.1", 0)
        async with server as keys, doomed_worker(rig, tmp_path, point, keys) as worker:
            await settle(rig)
            action_id = await approved(rig)
            await worker.killed()
            await worker.start()
            assert (await rig.result(action_id)).kind == "done"
            effects = [effect["planned"]["tool"] for effect in await rig.kinds(action_id, "effect")]
            assert effects == ["actions.withdraw_open", "customers.erase"]
            assert await nobodies(rig) == 1
