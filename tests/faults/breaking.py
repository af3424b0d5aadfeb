"""Processes that are killed, stopped and started again as they were, as whoever watches over services does."""

import asyncio
import contextlib
import errno
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil  # type: ignore[import-untyped]

STARTS_AGAIN_AFTER = 1.0
"""Seconds between two looks whether a service is still there."""
LEFT_FREE = 64 * 1024
"""Bytes; so little that nothing works any more."""


@dataclass
class Service:
    """One process that is started again with the same command, environment and user whenever it is gone."""

    name: str
    process: psutil.Process
    clear: tuple[Path, ...] = ()
    """Files that a killed process leaves and that keep the next one from starting."""
    command: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.command, self.environment = self.process.cmdline(), self.process.environ()
        self._folder, self._user = self.process.cwd(), self.process.uids().real
        self._group = self.process.gids().real

    def kill(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            self.process.kill()

    async def stall(self, seconds: float) -> None:
        """As a machine that hangs: neither gone nor there."""
        with contextlib.suppress(psutil.NoSuchProcess):
            self.process.suspend()
            await asyncio.sleep(seconds)
            self.process.resume()

    def running(self) -> bool:
        return bool(self.process.is_running()) and self.process.status() != psutil.STATUS_ZOMBIE

    def start(self) -> None:
        for file in self.clear:
            file.unlink(missing_ok=True)
        as_user = {"user": self._user, "group": self._group} if os.geteuid() == 0 else {}
        started = subprocess.Popen(
            self.command,
            env=self.environment,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **as_user,
        )
        self.process = psutil.Process(started.pid)

    def end(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            self.process.resume()
            self.process.send_signal(signal.SIGKILL)


async def watch(services: list[Service]) -> None:
    """Start again what is gone, for ever."""
    while True:
        await asyncio.sleep(STARTS_AGAIN_AFTER)
        for service in services:
            with contextlib.suppress(psutil.NoSuchProcess):
                if service.running():
                    continue
            service.start()


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A disk of its own for a folder; only root may have one."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "none", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.asynccontextmanager
async def full_disk(folder: Path) -> AsyncIterator[None]:
    """Nothing fits on the disk any more as long as the block lasts."""
    filler = folder / "filler"
    try:
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * LEFT_FREE)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
        yield
    finally:
        filler.unlink(missing_ok=True)
