"""Somebody reads what the roles' processes were started with: their environments, from ``/proc/PID``.

The embedded default runs all roles under one user. Each process closes itself (``prctl(PR_SET_DUMPABLE, 0)``): another
process of the same user cannot read its environment or memory, and the kernel gives its files in ``/proc`` to root.
What root finds in a role's environment is that role's own secrets and nobody else's. Whoever becomes root, or may look
into processes (``CAP_SYS_PTRACE``, ``CAP_PERFMON``), has all of them: one machine is one boundary, and roles on
machines or in containers of their own are further apart.
"""

import asyncio
import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from leverframe.contracts.names import ROLES, Role
from tests.support.receiver import SECRET
from tests.support.state import copied
from worker.embedded.running import running_stack
from worker.roles.own_secrets import ALL, secrets_of
from worker.settings.systems import systems
from worker.shop.webhook_settings import WebhookSettings
from worker.testing.keys import APPROVALS_RING, ISSUER_RING

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc and prctl are Linux's")

PR_CAPBSET_DROP = 24
LOOKING = (19, 21, 38, 40)
"""``CAP_SYS_PTRACE``, ``CAP_SYS_ADMIN``, ``CAP_PERFMON`` and ``CAP_CHECKPOINT_RESTORE``: what opens other processes,
and what no plain user has."""

EVERY = secrets_of((*ALL, *systems(), WebhookSettings))
HOLDS: Mapping[str, set[str]] = {
    "workflows": {"PAYLOAD_KEYS", "KEY_SERVICE_TOKEN"},
    "guards": {"PAYLOAD_KEYS", "KEY_SERVICE_TOKEN", "GUARD_API_KEY"},
    "llm": {"PAYLOAD_KEYS", "KEY_SERVICE_TOKEN", "MODEL_API_KEY"},
    "approvals": {"PAYLOAD_KEYS", "KEY_SERVICE_TOKEN", "APPROVALS_KEYS", "APPROVALS_DATABASE_URL"},
    "tools": {
        "PAYLOAD_KEYS",
        "KEY_SERVICE_TOKEN",
        "DATABASE_URL",
        "SCOPE_KEY",
        "TOOLS_KEYS",
        "TOKEN_CLIENT_SECRET",
        "STRIPE_API_KEY",
    },
    "notifications": {"PAYLOAD_KEYS", "KEY_SERVICE_TOKEN", "NOTIFICATIONS_SECRET"},
    "codec": {"PAYLOAD_KEYS", "KEY_SERVICE_TOKEN"},
    "keyservice": {"PAYLOAD_KEYS", "KEY_SERVICE_TOKEN", "KEYS_DATABASE_URL"},
    "temporal": set(),
}
"""Every secret that may be found in a process of the embedded stack, by name; nobody has the issuer's, the
pseudonyms' or the owner's."""
FOREIGN: Mapping[Role, dict[str, str]] = {
    "workflows": {"LEVERFRAME_SCOPE_KEY": "ab" * 32},
    "guards": {"LEVERFRAME_DATABASE_URL": "postgresql+psycopg://tools:handed-out@db/shop"},
    "llm": {"LEVERFRAME_APPROVALS_KEYS": APPROVALS_RING},
    "approvals": {"LEVERFRAME_ISSUER_KEYS": ISSUER_RING},
    "tools": {"LEVERFRAME_APPROVALS_KEYS": APPROVALS_RING},
    "notifications": {"LEVERFRAME_DATABASE_URL": "postgresql+psycopg://tools:handed-out@db/shop"},
}
"""A secret that would matter most in the wrong hands; :mod:`tests.worker.test_own_secrets` tries every one."""


@dataclass(frozen=True)
class Running:
    """An embedded stack as a plain user has it."""

    secrets: Mapping[str, str]
    """What commands and services use."""
    pids: Mapping[str, int]
    """By role, and of the codec server, the key service and the Temporal server."""


def give_up_looking() -> None:
    libc = ctypes.CDLL(None)
    for capability in LOOKING:
        libc.prctl(PR_CAPBSET_DROP, capability)


@pytest.fixture(scope="module")
async def stack(made_state: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    state = copied(made_state, tmp_path_factory.mktemp("stack"))
    # What the parent holds goes to no role but the one whose it is.
    handed = {name: f"handed-out {name}" for name in EVERY} | {"LEVERFRAME_NOTIFICATIONS_SECRET": SECRET}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.worker.doomed_stack", str(state),
        stdout=asyncio.subprocess.PIPE, env={**os.environ, **handed}, preexec_fn=give_up_looking,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        pids = json.loads(await asyncio.wait_for(process.stdout.readline(), 120))
        found = running_stack(state)
        assert found is not None
        yield Running(found.environment, {name_of(pid): pid for pid in pids})
    finally:
        process.send_signal(signal.SIGINT)
        await process.wait()


def name_of(pid: int) -> str:
    """The role that a process runs, or what it serves."""
    command = Path(f"/proc/{pid}/cmdline").read_text().strip("\0").split("\0")
    return command[-1] if command[-1] in (*ROLES, "codec", "keyservice") else "temporal"


def read_by_a_plain_process(path: str) -> str:
    """What another process of this user says that opens and reads a file."""
    program = f"file = open({path!r}, 'rb'); print(len(file.read(9)))"
    read = subprocess.run(
        [sys.executable, "-c", program], preexec_fn=give_up_looking, capture_output=True, text=True, check=False
    )
    return read.stdout + read.stderr


@pytest.mark.parametrize("name", HOLDS)
async def test_a_process_holds_its_own_secrets_alone(stack: Running, name: str) -> None:
    environment = environment_of(stack, name)
    held = {variable for variable in EVERY if environment.get(variable)}
    assert held == {f"LEVERFRAME_{secret}" for secret in HOLDS[name]}
    # Nor under another name: no value of another's secret is anywhere in it.
    everybodys = dict(stack.secrets)
    for role in ROLES:
        everybodys |= environment_of(stack, role)
    others = {secret: everybodys[secret] for secret in (EVERY & everybodys.keys()) - held}
    assert {"LEVERFRAME_ISSUER_KEYS", "LEVERFRAME_PSEUDONYM_KEY"} <= others.keys()
    text = str(environment)
    assert [secret for secret, value in others.items() if len(value) > 8 and value in text] == []


def environment_of(stack: Running, name: str) -> dict[str, str]:
    try:
        environ = Path(f"/proc/{stack.pids[name]}/environ").read_text()
    except PermissionError:
        pytest.skip("closed to this user, as it should be; only root can count what is in it")
    return dict(item.split("=", 1) for item in environ.split("\0") if "=" in item)


@pytest.mark.parametrize("name", [*ROLES, "codec", "keyservice"])
@pytest.mark.parametrize("file", ["environ", "maps", "mem"])
async def test_another_process_of_the_same_user_cannot_look(stack: Running, name: str, file: str) -> None:
    path = f"/proc/{stack.pids[name]}/{file}"
    assert os.stat(path).st_uid == 0, "the kernel gives the files of a process that is not dumpable to root"
    assert "PermissionError" in await asyncio.to_thread(read_by_a_plain_process, path)


async def test_the_look_would_succeed_at_an_open_process(stack: Running) -> None:
    path = f"/proc/{stack.pids['temporal']}/environ"
    assert await asyncio.to_thread(read_by_a_plain_process, path) == "9\n"


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_that_is_handed_anothers_secret_does_not_start(role: Role) -> None:
    own = {name: value for name, value in os.environ.items() if name not in secrets_of(ALL)}
    command = [sys.executable, "-m", "worker", "run", "--roles", role]
    started = await asyncio.to_thread(
        subprocess.run, command, env=own | FOREIGN[role], capture_output=True, text=True, timeout=60, check=False
    )
    (secret, value), *_ = FOREIGN[role].items()
    assert started.returncode != 0
    told = "".join((started.stdout + started.stderr).split())
    assert f"{role}mustnothold:{secret}" in told
    assert value not in told
