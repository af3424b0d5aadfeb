"""A worker process that is killed, or kills itself, and is started again and again."""

import asyncio
import signal
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.support.command import forked

SECONDS = 60
"""Until it has killed itself."""


class DoomedProcess:
    """``python -m MODULE``, with a log."""

    def __init__(self, module: str, environment: Mapping[str, str], log: Path) -> None:
        self._module, self._environment, self._log = module, environment, log
        self._process: BaseProcess | None = None

    async def start(self) -> None:
        self._process = await asyncio.to_thread(forked, self._module, environment=self._environment, output=self._log)

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process is not None and self._process.is_alive()

    async def killed(self) -> None:
        """Wait until it has killed itself."""
        code = await self._ended()
        assert code == -signal.SIGKILL, self._log.read_text()

    async def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        await self._ended()

    async def _ended(self) -> int | None:
        assert self._process is not None
        await asyncio.to_thread(self._process.join, SECONDS)
        return self._process.exitcode
