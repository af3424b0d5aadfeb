"""Waiting for what is to come, never for a time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any


async def until(ask: Callable[[], Awaitable[Any]], reached: Callable[[Any], bool], seconds: float = 60) -> Any:
    """Ask again and again until the answer is the awaited one; raises ``TimeoutError`` after so many seconds."""
    async with asyncio.timeout(seconds):
        while not reached(answer := await ask()):  # noqa: ASYNC110 - what it waits for is told by nobody
            await asyncio.sleep(0.05)
    return answer
