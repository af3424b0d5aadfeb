"""Tenants take turns, and none takes more than a file allows: the Temporal server sees to it, told by that file."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio import activity, workflow
from temporalio.common import Priority
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from leverframe.contracts import names
from leverframe.contracts.ledger import RecordRequest
from leverframe.errors import InvalidRequest
from worker.limits import Limits, apply
from workflows.roles import Roles

STEPS = 3


@workflow.defn(sandboxed=False)
class Steps:
    """Takes some steps in the turn that it was started in, as an action does."""

    @workflow.run
    async def run(self, prefix: str) -> None:
        for _ in range(STEPS):
            await Roles(prefix, Priority(priority_key=3, fairness_key=workflow.info().priority.fairness_key)).record(
                RecordRequest(action_id=workflow.info().workflow_id, capability="none", entries=())
            )


@dataclass
class Busy:
    """A role with more to do than it can, and when it has done what for whom."""

    environment: WorkflowEnvironment
    prefix: str = field(default_factory=lambda: f"busy-{uuid4().hex[:8]}")
    done: dict[str, float] = field(default_factory=dict)

    @activity.defn(name=names.RECORD)
    async def record(self, request: RecordRequest) -> None:
        await asyncio.sleep(0.01)
        self.done[request.action_id.partition("-")[0]] = time.monotonic()

    async def work(self, actions: Mapping[str, int]) -> dict[str, float]:
        """Seconds after which the last step of each tenant was done; they start one tenant after the other."""
        client, queue = self.environment.client, f"{self.prefix}-workflows"
        tools = names.task_queue("tools", self.prefix)
        async with Worker(client, task_queue=queue, workflows=[Steps]):
            running = [
                await client.start_workflow(
                    Steps.run,
                    self.prefix,
                    id=f"{tenant}-{number}-{self.prefix}",
                    task_queue=queue,
                    priority=Priority(fairness_key=tenant),
                )
                for tenant, count in actions.items()
                for number in range(count)
            ]
            begun = time.monotonic()
            async with Worker(client, task_queue=tools, activities=[self.record], max_concurrent_activities=2):
                await asyncio.gather(*(one.result() for one in running))
        return {tenant: last - begun for tenant, last in self.done.items()}


def limits(folder: Path, text: str) -> Limits:
    file = folder / "limits.toml"
    file.write_text(text, encoding="utf-8")
    return Limits.read(file)


async def test_one_tenants_crowd_does_not_make_another_wait(temporal: WorkflowEnvironment) -> None:
    took = await Busy(temporal).work({"acme": 100, "beta": 3})
    assert took["beta"] < 0.25 * took["acme"], took


async def test_a_limit_holds_for_one_tenant_and_not_for_another(temporal: WorkflowEnvironment, tmp_path: Path) -> None:
    busy, written = Busy(temporal), "[queues.tools]\nper_tenant = 1\n[weights]\nbeta = 100\n"
    config = await apply(temporal.client, limits(tmp_path, written), "tools", busy.prefix)
    assert dict(config.fairness_weight_overrides) == {"beta": 100}
    took = await busy.work({"acme": 2, "beta": 10})
    # Six steps at one a second, of which the server lets some go at once; the other tenant's thirty at a hundred.
    assert took["acme"] > 3, took
    assert took["beta"] < took["acme"] / 2, took
    config = await apply(temporal.client, limits(tmp_path, ""), "tools", busy.prefix)
    assert not config.HasField(
        "fairness_keys_rate_limit_default"
    ) or not config.fairness_keys_rate_limit_default.HasField("rate_limit")
    assert not config.fairness_weight_overrides, "what the file does not say no longer holds"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("[queues.tool]\n", "queues.tool"),
        ("[queues.tools]\nper_tenant = 0\n", "greater than 0"),
        ("[queues.tools]\nper_tennant = 1\n", "per_tennant: Extra inputs are not permitted"),
        ("[weights]\n'a b' = 1\n", "weights.a b"),
        ("[weights]\na = nan\n", "finite number"),
        ("[weights", "Expected ']'"),
    ],
)
def test_a_file_that_says_something_else_is_refused(tmp_path: Path, written: str, expected: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        limits(tmp_path, written)
    assert expected in str(refused.value)
