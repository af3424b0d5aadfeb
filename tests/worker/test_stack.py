"""The embedded services: up from nothing, state kept, one stack to a folder, and nothing left running."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import psutil  # type: ignore[import-untyped]
import psycopg
import pytest
from google.protobuf.json_format import MessageToJson, Parse
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.client import Client

from leverframe.codec import EncryptedPayloads
from leverframe.contracts.names import ROLES
from tests.support.receiver import SECRET
from tests.support.state import copied
from worker.connection import connect
from worker.embedded.process import ServiceError
from worker.embedded.running import running_stack
from worker.embedded.stack import Stack, embedded_stack
from worker.roles.own_secrets import ALL, secrets_of, secrets_of_roles
from worker.settings.llm import ModelSettings
from worker.settings.systems import systems
from worker.testing.postgres import libpq
from worker.testing.waiting import until

NO_MODEL = ModelSettings(model_url="http://127.0.0.1:9/v1", model_name="none")
ENDS_WITHIN = 40.0
KEPT = ("PSEUDONYM_KEY", "ISSUER_KEYS", "APPROVALS_PUBLIC_KEYS", "PAYLOAD_KEYS")


def processes_of(state_dir: Path) -> list[psutil.Process]:
    """Every process that works with this state, whoever its parent is by now."""
    return [process for process in psutil.process_iter() if process.pid != os.getpid() and uses(process, state_dir)]


def uses(process: psutil.Process, state_dir: Path) -> bool:
    try:
        return (
            str(state_dir) in " ".join(process.cmdline())
            # The roles' environments are closed to others, but for root.
            or process.environ().get("LEVERFRAME_STATE_DIR") == str(state_dir)
        )
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return False


async def until_none_left(state_dir: Path, pids: Sequence[int] = ()) -> None:
    async with asyncio.timeout(ENDS_WITHIN):
        while processes_of(state_dir) or any(map(psutil.pid_exists, pids)):
            await asyncio.sleep(0.1)


def workers_here() -> list[psutil.Process]:
    """The roles' processes that were started by this one."""
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "--roles" in " ".join(child.cmdline())]


@asynccontextmanager
async def doomed(state_dir: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, list[int]]]:
    """A stack in a process of its own, ready, and the process ids of its services."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.worker.doomed_stack", str(state_dir), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield process, json.loads(await asyncio.wait_for(process.stdout.readline(), 120))
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_second_start_finds_the_state_of_the_first(tmp_path: Path) -> None:
    async with embedded_stack(tmp_path, model=NO_MODEL, roles=()) as stack:
        await stack.client.start_workflow("kept", id="kept", task_queue="nobody")
        keys = {name: stack.environment[f"LEVERFRAME_{name}"] for name in KEPT}
        urls = stack.postgres.tools_url
    async with embedded_stack(tmp_path, model=NO_MODEL, roles=()) as stack:
        assert (await stack.client.get_workflow_handle("kept").describe()).id == "kept"
        assert {name: stack.environment[f"LEVERFRAME_{name}"] for name in KEPT} == keys
        assert stack.postgres.tools_url == urls
    await until_none_left(tmp_path)


def open_to_others(state_dir: Path) -> list[str]:
    """What anybody but the user who runs the stack could read or enter."""
    found = [path for path in (state_dir, *state_dir.rglob("*")) if path.stat().st_mode & 0o077]
    return [f"{path.relative_to(state_dir)} {path.stat().st_mode:o}" for path in found]


async def test_each_role_has_its_own_secrets_and_a_killed_one_comes_back_and_other_commands_find_the_stack(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What this process holds is passed on to no role: with it, not one of them would start.
    for name in secrets_of((*ALL, *systems())):
        monkeypatch.setenv(name, "not yours")
    # But the secret of a webhook is the business's own, and has a form.
    monkeypatch.setenv("LEVERFRAME_NOTIFICATIONS_SECRET", SECRET)
    # Whoever uses another Temporal server otherwise still gets the embedded one here.
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:9")
    state_dir.chmod(0o755)
    async with embedded_stack(state_dir, model=NO_MODEL) as stack:
        assert stack.workers.processes.keys() == set(ROLES)
        for role in ROLES:
            own = secrets_of_roles([role])
            assert secrets_of((*ALL, *systems())) & stack.workers.environments[role].keys() == own
        assert open_to_others(state_dir) == []
        first, other = stack.workers.processes["tools"], stack.workers.processes["guards"]
        await stack.workers.kill("tools")
        assert not psutil.pid_exists(first.pid)
        await stack.workers.start("tools")
        assert stack.workers.processes["tools"].pid != first.pid
        assert stack.workers.processes["guards"] is other
        stack.check()
        found = running_stack(state_dir)
        assert found is not None
        assert found.ui == stack.temporal.ui
        client: Client = await connect(environment=found.environment)
        assert client.service_client.config.target_host == stack.temporal.address
        with pytest.raises(ServiceError, match=f"run already.*process {os.getpid()}, UI at {stack.temporal.ui}"):
            async with embedded_stack(state_dir, model=NO_MODEL):
                pass
    assert running_stack(state_dir) is None
    await until_none_left(state_dir)


@pytest.fixture(scope="module")
async def bare(made_state: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """The services without workers; they end in order."""
    state_dir = copied(made_state, tmp_path_factory.mktemp("bare"))
    async with embedded_stack(state_dir, model=NO_MODEL, roles=()) as stack:
        yield stack
    assert stack.keys.process.process.returncode == 0


async def test_the_ui_is_told_of_a_codec_server_that_decrypts_for_its_pages(bare: Stack) -> None:
    said = Payload(metadata={"encoding": b"json/plain"}, data=b'"hello"')
    sealed = Payloads(payloads=await EncryptedPayloads(bare.payload_keys).encode([said]))
    async with httpx2.AsyncClient(trust_env=False) as browser:
        settings = (await browser.get(f"{bare.temporal.ui}/api/v1/settings")).json()
        assert settings["Codec"]["Endpoint"] == bare.codec.endpoint
        url, body = f"{bare.codec.endpoint}/decode", MessageToJson(sealed)
        answer = await browser.post(url, content=body, headers={"Origin": bare.temporal.ui})
        assert Parse(answer.text, Payloads()) == Payloads(payloads=[said])
        assert (await browser.post(url, content=body, headers={"Origin": "http://evil.example"})).is_error


async def test_its_key_service_destroys_the_key_of_whoever_was_erased(bare: Stack) -> None:
    person = "aa" * 8
    await bare.people.to_write(person)
    async with await psycopg.AsyncConnection.connect(libpq(bare.postgres.owner_url), autocommit=True) as owner:
        await owner.execute("UPDATE leverframe.subject_keys SET doomed_by = 'customer_erasure-of-long-ago'")
    async with asyncio.timeout(30):
        while (state := await bare.people.state(person)) != "destroyed":
            assert state == "doomed"
            await asyncio.sleep(0.05)
    said = f"The key of {person} is destroyed; it was doomed by customer_erasure-of-long-ago"

    async def log() -> str:
        return bare.keys.process.log.read_text()

    assert bare.environment["LEVERFRAME_KEY_SERVICE_TOKEN"] not in await until(log, lambda written: said in written)


async def test_a_service_that_ends_by_itself_is_reported_with_its_log(state_dir: Path) -> None:
    async with embedded_stack(state_dir, model=NO_MODEL, roles=()) as stack:
        stack.check()
        await stack.temporal.process.kill()
        with pytest.raises(ServiceError, match=r"temporal ended with code -9.*temporal\.log"):
            stack.check()


async def test_a_failing_start_leaves_nothing_running_and_says_why(state_dir: Path) -> None:
    patient = NO_MODEL.model_copy(update={"model_timeout": 100_000.0})
    with pytest.raises(ServiceError, match=r"worker-llm ended with code 2.*\n.*LEVERFRAME_MODEL_TIMEOUT cannot"):
        async with embedded_stack(state_dir, model=patient):
            pass
    assert workers_here() == []
    await until_none_left(state_dir)
    assert running_stack(state_dir) is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["interrupted", "killed"])
async def test_nothing_outlives_the_stack(state_dir: Path, number: signal.Signals) -> None:
    async with doomed(state_dir) as (process, pids):
        names = {Path(found.cmdline()[0]).name for found in processes_of(state_dir) if found.cmdline()}
        assert any(name == "temporal" for name in names)
        assert any("postgres" in name for name in names)
        assert len(pids) == len(ROLES) + 3
        assert all(map(psutil.pid_exists, pids))
        process.send_signal(number)
        await asyncio.wait_for(process.wait(), ENDS_WITHIN)
        await until_none_left(state_dir, pids)
    assert running_stack(state_dir) is None
