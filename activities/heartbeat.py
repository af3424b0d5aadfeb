"""Telling Temporal that an activity lives, so that a worker that was killed is noticed long before its time is over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio import activity

SECONDS = 10.0
"""Where the activity has no heartbeat timeout."""


@asynccontextmanager
async def heartbeating() -> AsyncIterator[None]:
    """Tell Temporal that the activity lives; a withdrawn action cancels it only that way."""
    timeout = activity.info().heartbeat_timeout
    pause = timeout.total_seconds() / 3 if timeout else SECONDS

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(pause)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
