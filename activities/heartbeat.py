"""Telling Temporal that an activity lives, so that a worker that was killed is noticed long before its time is over."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from temporalio import activity

SECONDS = 10.0
"""Where the activity has no heartbeat timeout."""


@asynccontextmanager
async def heartbeating(so_far: Callable[[], Sequence[object]] = tuple) -> AsyncIterator[None]:
    """Tell Temporal that the activity lives; a withdrawn action cancels it only that way.

    ``so_far``: what the next try is to be told of this one, if its worker is killed.
    """
    timeout = activity.info().heartbeat_timeout
    pause = timeout.total_seconds() / 3 if timeout else SECONDS

    async def beat() -> None:
        while True:
            activity.heartbeat(*so_far())
            await asyncio.sleep(pause)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
