"""Stops a PostgreSQL server once nobody uses it any more: ``reaper.py LOCK FOLDER``, in the background.

The kernel lets go of a lock however its holder ends. So the server stops even when whoever started it was killed.
Run by path, and so without anything else of this project.
"""

import fcntl
import os
import signal
import sys
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]

PATIENCE = 30
"""Seconds for a shutdown in order, before one without."""


def main(lock: str, folder: str) -> None:
    if os.fork():
        return  # the child waits on its own, so that the starter has nobody to wait for
    with Path(lock).open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        stop_server(Path(folder))


def server_pid(folder: Path) -> int | None:
    """The server's process id; a stale file that names some other process does not count."""
    try:
        pid = int((folder / "postmaster.pid").read_text().split("\n", 1)[0])
        return pid if str(folder) in psutil.Process(pid).cmdline() else None
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess, psutil.AccessDenied):
        return None


def stop_server(folder: Path) -> None:
    """Stop the server if it runs, and wait until it has."""
    for sign in (signal.SIGINT, signal.SIGQUIT):
        deadline = time.monotonic() + PATIENCE
        if (pid := server_pid(folder)) is not None:
            os.kill(pid, sign)
        while server_pid(folder) is not None and time.monotonic() < deadline:
            time.sleep(0.02)


if __name__ == "__main__":
    main(*sys.argv[1:])
