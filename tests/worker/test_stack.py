"""The embedded services: up from nothing, state kept, one stack to a folder, and nothing left running."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from temporalio.client import Client

from worker.connection import connect
from worker.embedded.process import ServiceError
from worker.embedded.running import running_stack
from worker.embedded.stack import embedded_stack
from worker.settings import ModelSettings

NO_MODEL = ModelSettings(model_url="http://127.0.0.1:9/v1", model_name="none")
ENDS_WITHIN = 40.0


def processes_of(state_dir: Path) -> list[psutil.Process]:
    """Every process that works with this state, whoever its parent is by now."""
    found = []
    for process in psutil.process_iter():
        try:
            environment = process.environ() if process.name().startswith("python") else {}
            named = str(state_dir) in " ".join(process.cmdline())
            if named or environment.get("LEVERFRAME_STATE_DIR") == str(state_dir):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return [process for process in found if process.pid != os.getpid()]


async def until_none_left(state_dir: Path) -> None:
    async with asyncio.timeout(ENDS_WITHIN):
        while processes_of(state_dir):
            await asyncio.sleep(0.1)


@asynccontextmanager
async def doomed(state_dir: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A stack in a process of its own, ready."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.worker.doomed_stack", str(state_dir), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 90) == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_second_start_finds_the_state_of_the_first(tmp_path: Path) -> None:
    async with embedded_stack(tmp_path, model=NO_MODEL, roles=()) as stack:
        await stack.client.start_workflow("kept", id="kept", task_queue="nobody")
        key = stack.environment["LEVERFRAME_PSEUDONYM_KEY"]
        urls = stack.postgres.tools_url
    async with embedded_stack(tmp_path, model=NO_MODEL, roles=()) as stack:
        assert (await stack.client.get_workflow_handle("kept").describe()).id == "kept"
        assert stack.environment["LEVERFRAME_PSEUDONYM_KEY"] == key
        assert stack.postgres.tools_url == urls
    await until_none_left(tmp_path)
    for secret in ("pseudonym.key", "postgres.json"):
        assert (tmp_path / secret).stat().st_mode & 0o077 == 0


async def test_a_killed_worker_comes_back_and_other_commands_find_the_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever uses another Temporal server otherwise still gets the embedded one here.
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:9")
    async with embedded_stack(tmp_path, model=NO_MODEL) as stack:
        first = stack.workers.process
        assert first is not None
        await stack.workers.kill()
        assert not psutil.pid_exists(first.pid)
        await stack.workers.start()
        stack.check()
        found = running_stack(tmp_path)
        assert found is not None
        assert found.ui == stack.temporal.ui
        assert (tmp_path / "stack.json").stat().st_mode & 0o077 == 0
        client: Client = await connect(environment=found.environment)
        assert client.service_client.config.target_host == stack.temporal.address
        with pytest.raises(ServiceError, match=f"run already.*process {os.getpid()}, UI at {stack.temporal.ui}"):
            async with embedded_stack(tmp_path, model=NO_MODEL):
                pass
    assert running_stack(tmp_path) is None
    await until_none_left(tmp_path)


async def test_a_service_that_ends_by_itself_is_reported_with_its_log(tmp_path: Path) -> None:
    async with embedded_stack(tmp_path, model=NO_MODEL, roles=()) as stack:
        stack.check()
        await stack.temporal.process.kill()
        with pytest.raises(ServiceError, match=r"temporal ended with code -9.*temporal\.log"):
            stack.check()


async def test_a_failing_start_leaves_nothing_running_and_says_why(tmp_path: Path) -> None:
    patient = NO_MODEL.model_copy(update={"model_timeout": 100_000.0})
    with pytest.raises(ServiceError, match=r"worker ended with code 2.*\n.*LEVERFRAME_MODEL_TIMEOUT cannot be used"):
        async with embedded_stack(tmp_path, model=patient):
            pass
    await until_none_left(tmp_path)
    assert running_stack(tmp_path) is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["interrupted", "killed"])
async def test_nothing_outlives_the_stack(tmp_path: Path, number: signal.Signals) -> None:
    async with doomed(tmp_path) as process:
        names = {Path(found.cmdline()[0]).name for found in processes_of(tmp_path) if found.cmdline()}
        assert any(name == "temporal" for name in names)
        assert any("postgres" in name for name in names)
        assert len(processes_of(tmp_path)) >= 4
        process.send_signal(number)
        await asyncio.wait_for(process.wait(), ENDS_WITHIN)
        await until_none_left(tmp_path)
    assert running_stack(tmp_path) is None
