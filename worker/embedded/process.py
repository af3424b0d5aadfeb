import asyncio
import ctypes
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from worker.private_files import OTHERS, open_private, private_folder
from worker.roles.own_secrets import without_secrets

PR_SET_PDEATHSIG = 1
"""``prctl(2)``: the signal that the kernel sends a process when its parent ends, however it ends."""

LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
LOG_TAIL_LINES = 15


class ServiceError(RuntimeError):
    """An embedded service did not start, or ended by itself."""


@dataclass(frozen=True)
class ManagedProcess:
    """A service's process, started here and ended here."""

    name: str
    process: asyncio.subprocess.Process
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process.returncode is None

    def check(self) -> None:
        """Raise :class:`ServiceError` with the end of the log when the process has ended."""
        if not self.running:
            raise ServiceError(
                f"{self.name} ended with code {self.process.returncode}. The end of {self.log}:\n{log_tail(self.log)}"
            )

    async def stop(self, within: float = 10.0) -> None:
        """Ask it to end; after ``within`` seconds end it."""
        if self.running:
            self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), within)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End it at once, as ``kill -9`` does."""
        if self.running:
            self.process.kill()
        await self.process.wait()


async def start_process(
    name: str,
    command: Sequence[str],
    log: Path,
    *,
    env: Mapping[str, str] = MappingProxyType({}),
    when_orphaned: signal.Signals = signal.SIGTERM,
) -> ManagedProcess:
    """Start a service that ends with this process.

    It runs in a session of its own, so that a Ctrl-C in the terminal reaches this process alone and the
    services stop in order; on Linux the kernel sends it ``when_orphaned`` if this process is killed.
    ``env`` is what it is given besides this process's environment, of which all secrets are left out.
    """
    private_folder(log.parent)
    with open_private(log) as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=without_secrets(os.environ) | dict(env),
            start_new_session=True,
            umask=OTHERS,
            preexec_fn=_end_with_parent(os.getpid(), when_orphaned),
        )
    return ManagedProcess(name, process, log)


def _end_with_parent(parent: int, sign: signal.Signals) -> Callable[[], None] | None:
    if LIBC is None:
        return None
    prctl = LIBC.prctl

    # Runs between fork and exec: calls into the C library and nothing else.
    def arrange() -> None:
        prctl(PR_SET_PDEATHSIG, int(sign))
        if os.getppid() != parent:
            os._exit(1)

    return arrange


def free_port() -> int:
    """A TCP port of 127.0.0.1 that is free now; whoever takes it must be ready to find it taken."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def log_tail(log: Path, lines: int = LOG_TAIL_LINES) -> str:
    """The last lines of a log file; what there is to say when it is empty."""
    text = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(text[-lines:]) or "(empty)"
