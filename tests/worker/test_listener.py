"""'notifications listen', as somebody who tries notifications out runs it."""

import asyncio
import os
import sys

import pytest
from temporalio.exceptions import ApplicationError

from tests.activities.test_notifying import ACTION, OTHER, notify
from tests.support.receiver import SECRET, Receiver
from worker.embedded.process import free_port


async def listen(port: int, **environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker", "notifications", "listen", "--port", str(port)),
        env=os.environ | {"COLUMNS": "80"} | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def test_it_shows_what_is_signed_once_and_refuses_the_rest() -> None:
    port = free_port()
    process = await listen(port, LEVERFRAME_NOTIFICATIONS_SECRET=SECRET)
    assert process.stdout is not None
    first = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
    assert f"LEVERFRAME_NOTIFICATIONS_URL=http://127.0.0.1:{port} " in first
    receiver = Receiver(url=f"http://127.0.0.1:{port}")
    assert await notify(receiver.settings()) == "delivered"
    assert await notify(receiver.settings()) == "delivered"
    with pytest.raises(ApplicationError, match="the receiver answered 400"):
        await notify(receiver.settings(OTHER))
    process.terminate()
    rest, _ = await asyncio.wait_for(process.communicate(), 30)
    shown, refused = rest.decode().splitlines()
    assert shown.startswith(
        f"2026-05-01 12:00 UTC  action.waiting  {ACTION}: support, until 2026-05-04 12:00 UTC  http"
    )
    assert refused == "Refused: it is not signed with this webhook's secret, or was changed since."
    assert process.returncode == 0


async def test_without_the_secret_it_says_what_is_missing() -> None:
    process = await listen(free_port(), LEVERFRAME_NOTIFICATIONS_SECRET="")
    said, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode != 0
    assert "LEVERFRAME_NOTIFICATIONS_SECRET is missing: the receiver of notifications needs it" in " ".join(
        said.decode().split()
    )
