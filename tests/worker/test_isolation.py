"""Another process of the same user cannot read a role's secrets out of ``/proc``."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from worker.roles.own_secrets import ALL
from worker.settings.base import PREFIX
from worker.testing.keys import APPROVALS_RING, ISSUER, PAYLOAD_RING

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="closing a process to others is Linux's own")

# Root may read everything, so that both sides are somebody else: only after the start, since for that somebody Python's
# own files may be out of reach. A change of the user closes a process too; a plain start does not, hence prctl.
COMMON = """
import ctypes, os, sys
def become_somebody():
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
        ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
"""
ROLE = (
    COMMON
    + """
import concurrent.futures.thread  # imported late otherwise
from worker.cli.run import run_roles
become_somebody()
print("started", flush=True)
sys.stdin.readline()
run_roles(("approvals",))
"""
)
READER = (
    COMMON
    + """
become_somebody()
for name in ("environ", "mem"):
    try:
        print(name, "LEVERFRAME_APPROVALS_KEYS" in open(f"/proc/{sys.argv[1]}/{name}", errors="replace").read(100_000))
    except PermissionError:
        print(name, "closed")
    except OSError:
        print(name, "open")
"""
)


@contextmanager
def starting_role(server: str) -> Iterator[subprocess.Popen[str]]:
    others = {f"{PREFIX}{name.upper()}" for kind in ALL for name in kind.model_fields}
    environment = {name: value for name, value in os.environ.items() if name not in others} | {
        "TEMPORAL_ADDRESS": server,
        "LEVERFRAME_SPANS": "false",
        "LEVERFRAME_SECRETS_DIR": os.devnull,
        "LEVERFRAME_PAYLOAD_KEYS": PAYLOAD_RING,
        "LEVERFRAME_APPROVALS_KEYS": APPROVALS_RING,
        "LEVERFRAME_APPROVALS_DATABASE_URL": "postgresql+psycopg://approvals:secret@db/shop",
        "LEVERFRAME_ISSUER_PUBLIC_KEYS": str(ISSUER.public),
    }
    role = subprocess.Popen(
        [sys.executable, "-c", ROLE], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield role
    finally:
        role.kill()
        role.communicate()


def read_by_another(pid: int) -> list[str]:
    done = subprocess.run([sys.executable, "-c", READER, str(pid)], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_a_roles_environment_and_memory_are_closed_from_its_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        with starting_role(f"127.0.0.1:{server.getsockname()[1]}") as role:
            assert role.stdin is not None
            assert role.stdout is not None
            assert role.stdout.readline() == "started\n"
            # Without protection it is all there: the attempt itself works.
            assert read_by_another(role.pid) == ["environ True", "mem open"]
            role.stdin.write("\n")
            role.stdin.flush()
            # It has loaded its settings and asks for Temporal, which never answers here.
            server.accept()[0].close()
            assert read_by_another(role.pid) == ["environ closed", "mem closed"]
