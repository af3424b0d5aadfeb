"""Nobody answers: every call of the SDK and every command has a limit, and says in words what is known and what not."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.common import RawValue
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from leverframe import Leverframe, NoAnswer, ServerRefused, ServerUnreachable, Status
from leverframe.contracts.names import ROLES, WAKE
from leverframe.standstill import Untaken, stuck
from tests.support.keys import capability
from tests.support.rig import BO, MIA, Rig, open_rig
from tests.support.workflow_process import WorkflowProcess, workflow_process
from tests.worker.gate import gate
from tests.worker.operator_screen import inbox, worker
from worker.embedded.temporal import temporal_server
from worker.settings.shared import WorkerSettings
from worker.testing.postgres import Database
from worker.testing.servers import CONVERTER
from worker.testing.serving import as_person, serving
from worker.testing.waiting import until
from worker.versions.working import idle

OTHERS = [role for role in ROLES if role != "workflows"]
KEPT = "is kept and counts once a worker of 'old.1' runs again"
SOON = 1.5
"""Seconds that these tests give a call."""
STICKY = 12
"""More than for which the server keeps a task for the worker that had the last one: then anybody may take it."""


def code_of(status: Status) -> str:
    assert status.plan is not None
    return status.plan.code


async def hasty(rig: Rig, name: str = "olga@support", within: float = SOON) -> Leverframe:
    """An operator whose calls have little time."""
    return Leverframe(await as_person(rig.client, name), task_queue_prefix=rig.prefix, within=within)


def calls(client: Leverframe, action_id: str, code: str) -> dict[str, Callable[[], Awaitable[object]]]:
    """Everything that needs the workflow's answer."""
    return {
        "approve": lambda: client.approve(action_id, code),
        "reject": lambda: client.reject(action_id, code),
        "reply": lambda: client.reply(action_id, "the lamp"),
        "status": lambda: client.status(action_id),
        # Another user's capability: what arrives late is refused, and ends nothing.
        "withdraw": lambda: client.withdraw(action_id, capability(BO)),
    }


@contextmanager
def unanswered(action_id: str, *words: str) -> Iterator[None]:
    with pytest.raises(NoAnswer) as told:
        yield
    assert told.value.action_id == action_id
    for word in (action_id, *words):
        assert word in str(told.value)


async def test_a_frozen_workflow_worker_is_told_and_what_was_sent_may_count(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path
) -> None:
    async with open_rig(temporal, database, OTHERS) as rig, workflow_process(rig, tmp_path) as process:
        status = await rig.waiting()
        client, action_id, code = await hasty(rig), status.action_id, code_of(status)
        process.freeze()
        for name, call in calls(client, action_id, code).items():
            says = "where" if name == "status" else f"whether it counts: look at the action {action_id} again"
            with unanswered(action_id, "does not answer", says):
                await asyncio.wait_for(call(), 10)
        with pytest.raises(NoAnswer, match="not known how"):
            await client.result(action_id, within=0.5)
        process.thaw()
        assert (await rig.result(action_id)).kind in ("withdrawn", "done", "rejected")


async def test_a_task_that_was_only_just_made_is_no_sign_that_nobody_takes_it(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path
) -> None:
    async with open_rig(temporal, database, OTHERS) as rig:
        async with workflow_process(rig, tmp_path):
            status = await rig.waiting()
        await rig.client.get_workflow_handle(status.action_id).signal(WAKE)
        untaken = Untaken()

        async def looked() -> str | None:
            found = await stuck(rig.client, status.action_id, untaken)
            return found.why if found else None

        # It lies there, and nobody has asked for any since: as in each hop, for a moment.
        assert await until(looked, lambda _: untaken.since > 0) is None
        assert "is gone or too busy" in (await looked() or "")


async def test_commands_and_the_inbox_say_so_without_a_traceback(database: Database, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(temporal_server(tmp_path))
        environment = WorkflowEnvironment.from_client(await Client.connect(server.address, data_converter=CONVERTER))
        rig = await stack.enter_async_context(open_rig(environment, database, OTHERS))
        process = await stack.enter_async_context(workflow_process(rig, tmp_path))
        status = await rig.waiting()
        hurried = {"LEVERFRAME_ANSWER_WITHIN": str(SOON), "COLUMNS": "300"}
        async with inbox(rig, within=SOON) as screen:
            await screen.shows(f"Code {code_of(status)}")
            process.freeze()
            await screen.decide("a", code_of(status), "read it")
            await screen.shows("does not answer", "not known whether it counts: look at the action")
        for command in (("approve", status.action_id, "0" * 12), ("reply", status.action_id, "yes")):
            code, output = await worker(rig, server, *command, **hurried)
            assert (code, "Traceback" in output) == (3, False), output
            assert f"it is not known whether it counts: look at the action {status.action_id} again" in output
        code, output = await worker(rig, server, "show", status.action_id, **hurried)
        assert (code, "does not answer" in output, "Traceback" in output) == (3, True, False)
        code, output = await worker(rig, server, "pending", **hurried)
        assert (code, status.action_id in output, "Traceback" in output) == (0, True, False), output


async def test_without_any_workflow_worker_that_is_told_and_starting_goes_on(
    temporal: WorkflowEnvironment, database: Database
) -> None:
    async with open_rig(temporal, database, OTHERS) as rig:
        action_id = await rig.start()
        for call in calls(await hasty(rig), action_id, "0" * 12).values():
            with unanswered(action_id, f"the workflow worker of {rig.prefix}-workflows is gone"):
                await call()
        with unanswered(action_id, "cannot go on", "is gone"):
            await (await hasty(rig)).result(action_id)
        async with serving(rig.client, rig.settings, ["workflows"]):
            await rig.until(action_id, lambda status: status.awaiting == "operator")


async def test_a_worker_version_that_is_gone_is_named(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path
) -> None:
    async with open_rig(temporal, database, OTHERS) as rig:
        version = {"LEVERFRAME_DEPLOYMENT_NAME": f"dep-{rig.prefix}"}
        async with workflow_process(rig, tmp_path, LEVERFRAME_BUILD_ID="old.1", **version) as old:
            await current(rig.client, f"dep-{rig.prefix}", "old.1")
            status = await rig.waiting()
            await old.end()
            async with workflow_process(rig, tmp_path, LEVERFRAME_BUILD_ID="new.2", **version):
                await current(rig.client, f"dep-{rig.prefix}", "new.2")
                client, patient = await hasty(rig), await hasty(rig, within=STICKY)
                with unanswered(status.action_id, "the worker version 'old.1', on which it stays, is gone", KEPT):
                    await patient.approve(status.action_id, code_of(status))
                with unanswered(status.action_id, "the worker version 'old.1', on which it stays, is gone"):
                    await client.result(status.action_id)
                # Another action is none of its business.
                assert (await rig.waiting()).plan is not None
            async with workflow_process(rig, tmp_path, LEVERFRAME_BUILD_ID="old.1", **version):
                assert (await rig.result(status.action_id)).kind == "done"
            assert [one["accepted"] for one in await rig.kinds(status.action_id, "decision")].count(True) == 1
            assert len(await rig.refunds()) == 1


async def test_the_first_version_on_a_fresh_server_runs_and_one_without_work_says_so(
    database: Database, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(temporal_server(tmp_path))
        environment = WorkflowEnvironment.from_client(await Client.connect(server.address, data_converter=CONVERTER))
        rig = await stack.enter_async_context(open_rig(environment, database, OTHERS))

        async def health(process: WorkflowProcess, build: str) -> tuple[int, str]:
            own = {"LEVERFRAME_TASK_QUEUE_PREFIX": rig.prefix, "LEVERFRAME_BUILD_ID": build}
            return await worker(rig, server, "health", "--roles", "workflows", "--pid", str(process.pid), **own)

        async def told() -> str:
            return (tmp_path / "workflows.log").read_text()

        first = await stack.enter_async_context(workflow_process(rig, tmp_path, LEVERFRAME_BUILD_ID="first.1"))
        assert (await rig.waiting()).plan is not None
        assert "'first.1' is the first of leverframe" in await told()
        assert await health(first, "first.1") == (0, "")
        following = await stack.enter_async_context(workflow_process(rig, tmp_path, LEVERFRAME_BUILD_ID="next.2"))
        way = "python -m worker versions promote"
        await until(told, lambda told: "'next.2' of leverframe gets no work" in told and way in told)
        code, output = await health(following, "next.2")
        assert (code, way in output) == (1, True), output
        # While that changes, the server refuses some of those who ask at once: that is no answer, and they ask again.
        settings = WorkerSettings(task_queue_prefix=rig.prefix, build_id="next.2")
        await asyncio.gather(current(rig.client, "leverframe", "next.2"), *(working(rig, settings) for _ in range(5)))
        assert await health(following, "next.2") == (0, "")
        # An action waits on it.
        assert await health(first, "first.1") == (0, "")


async def working(rig: Rig, settings: WorkerSettings) -> None:
    while await idle(rig.client, settings):
        pass


async def current(client: Client, deployment: str, build: str) -> None:
    """Make a version the one that new actions begin on, once its worker has come."""
    service, namespace = client.workflow_service, client.namespace

    async def known() -> bool:
        asked = DescribeWorkerDeploymentRequest(namespace=namespace, deployment_name=deployment)
        try:
            found = (await service.describe_worker_deployment(asked)).worker_deployment_info
        except RPCError:
            return False
        return any(summary.deployment_version.build_id == build for summary in found.version_summaries)

    await until(known, bool)
    await service.set_worker_deployment_current_version(
        SetWorkerDeploymentCurrentVersionRequest(
            namespace=namespace, deployment_name=deployment, build_id=build, ignore_missing_task_queues=True
        )
    )


@workflow.defn(dynamic=True, sandboxed=False)
class Broken:
    """Code that no longer fits to what has run."""

    @workflow.run
    async def run(self, args: Sequence[RawValue]) -> None:
        raise RuntimeError("it broke \x1b[2J")


async def test_a_workflow_task_that_fails_is_told_with_its_error(
    temporal: WorkflowEnvironment, database: Database
) -> None:
    async with open_rig(temporal, database, OTHERS) as rig:
        async with serving(rig.client, rig.settings, ["workflows"]):
            status = await rig.waiting()
        async with Worker(rig.client, task_queue=f"{rig.prefix}-workflows", workflows=[Broken]):
            client = await hasty(rig)

            async def told() -> str:
                with pytest.raises(NoAnswer) as error:
                    await client.approve(status.action_id, code_of(status))
                return str(error.value)

            failing = "its next step fails again and again"
            last = await until(told, lambda told: failing in told)
            assert "it broke ⟨U+001B⟩[2J" in last or "Nondeterminism" in last
            with unanswered(status.action_id, failing):
                await client.status(status.action_id)
            with unanswered(status.action_id, "cannot go on: its next step fails"):
                await client.result(status.action_id)


async def test_a_server_that_is_away_is_told(rig: Rig) -> None:
    status = await rig.waiting()
    host, port = rig.client.service_client.config.target_host.split(":")
    async with gate(host, int(port)) as way:
        client = await Client.connect(f"127.0.0.1:{way.port}", data_converter=rig.client.data_converter)
        operator = Leverframe(client, within=SOON)
        await operator.status(status.action_id)
        way.shut()
        for call in (calls(operator, status.action_id, code_of(status)) | {"": lambda: first(operator)}).values():
            with pytest.raises(ServerUnreachable, match="the Temporal server does not answer"):
                await call()
        with pytest.raises(ServerUnreachable):
            await operator.withdraw(status.action_id, capability(MIA))
    with pytest.raises(ServerUnreachable, match=r"No Temporal server answers at 127\.0\.0\.1:9"):
        await with_address("127.0.0.1:9")


async def first(client: Leverframe) -> object:
    return await anext(client.pending())


async def with_address(address: str) -> None:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TEMPORAL_ADDRESS", address)
        await Leverframe.connect(within=SOON)


async def test_a_namespace_that_does_not_exist_is_told_as_that(rig: Rig) -> None:
    status = await rig.waiting()
    client = Client(rig.client.service_client, namespace="elsewhere", data_converter=rig.client.data_converter)
    there = Leverframe(client, within=SOON)
    asked = calls(there, status.action_id, "0" * 12) | {
        "result": lambda: there.result(status.action_id),
        "pending": lambda: first(there),
    }
    for call in asked.values():
        with pytest.raises(ServerRefused, match="knows no namespace 'elsewhere'"):
            await call()


async def test_whoever_is_cancelled_is_cancelled(temporal: WorkflowEnvironment, database: Database) -> None:
    async with open_rig(temporal, database, OTHERS) as rig:
        action_id = await rig.start()
        call = asyncio.ensure_future(rig.operator.approve(action_id, "0" * 12))
        await asyncio.wait({call}, timeout=0.3)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
