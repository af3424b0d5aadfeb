"""Waiting for an action without being a load on it; also peers' interpreters load this file."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from statistics import median
from typing import TypeVar

FIRST, STEP, BEGIN = 0.9, 0.03, 0.005
"""Shares of the time that actions took of late until they waited: the first look, and those that follow; and the step
in seconds while nothing is known yet."""
OF_LATE = 20

Found = TypeVar("Found")


@dataclass
class Patience:
    """Looks whether an action waits hardly before it does: each look is work for the server and the workflow worker."""

    _took: list[float] = field(default_factory=list)

    async def until(self, look: Callable[[], Awaitable[Found | None]]) -> Found:
        """What a look finds, once it finds something."""
        started, usual = time.perf_counter(), median(self._took[-OF_LATE:]) if self._took else 0.0
        await asyncio.sleep(usual * FIRST)
        while (found := await look()) is None:
            await asyncio.sleep(usual * STEP or BEGIN)
        self._took.append(time.perf_counter() - started)
        return found
