"""Programs of npm to test against, each in a process of its own: installed from its lock, by the hashes in it."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from worker.testing.waiting import until

UNREACHABLE = ("ENOTFOUND", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EAI_AGAIN", "ENETUNREACH")
PROGRAMS = Path(__file__).with_name("npm")


def installed(name: str) -> Path:
    """The folder in which a program stands with all that it needs; installed once for a lock file, beside Python's own.

    Skips the test where this machine has no npm, or reaches no registry.
    """
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip(f"{name} is a program of npm, and this machine has no npm (node 20 or newer)")
    lock = (PROGRAMS / name / "package-lock.json").read_bytes()
    folder = Path(sys.prefix) / "npm" / f"{name}-{hashlib.sha256(lock).hexdigest()[:12]}"
    folder.parent.mkdir(exist_ok=True)
    with FileLock(f"{folder}.lock"):
        shutil.copytree(PROGRAMS / name, folder, dirs_exist_ok=True)
        if not (folder / "node_modules" / ".package-lock.json").exists():
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240)
            if any(code in done.stderr for code in UNREACHABLE):
                pytest.skip(f"{name} is a program of npm, and no registry of npm can be reached from here")
            assert done.returncode == 0, done.stderr
    return folder


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@asynccontextmanager
async def serving(
    folder: Path, program: str, *arguments: str, ready: str = "READY", **variables: str
) -> AsyncIterator[Path]:
    """The program, running, from the moment that it says it is ready; yields the file with what it says."""
    log = folder / f"log-{free_port()}"
    environment = {"PATH": os.environ["PATH"], **variables}
    with log.open("wb") as output:
        command = ["node", program, *arguments]
        # It returns at once.
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, env=environment)  # noqa: ASYNC220

    async def said() -> bool:
        assert process.poll() is None, log.read_text()
        return ready in log.read_text()

    try:
        await until(said, bool)
        yield log
    finally:
        process.kill()
        process.wait()
        log.unlink()
