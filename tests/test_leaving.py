"""A program that used the SDK ends as it says, whatever Temporal's threads do then (temporalio/sdk-python #300)."""

import asyncio
import os
import subprocess
import sys

import pytest
from temporalio.testing import WorkflowEnvironment

SLOWLY = """
import threading, time
from asyncio.selector_events import BaseSelectorEventLoop
wake = BaseSelectorEventLoop._write_to_self
def slowly(loop):
    wake(loop)
    # A thread of Temporal's that has handed over an answer, and is not back from it.
    until = time.monotonic() + 0.3 * (threading.get_ident() != threading.main_thread().ident)
    while time.monotonic() < until:
        time.sleep(0.001)
BaseSelectorEventLoop._write_to_self = slowly
"""

PROGRAM = """
import asyncio, sys
from leverframe import Leverframe, UnknownAction

async def main():
    client = await Leverframe.connect()
    try:
        await client.status("nothing")
    except UnknownAction as error:
        print(error)
    {then}

asyncio.run(main())
"""

LEFT = "calls = [asyncio.ensure_future(client.status('nothing')) for _ in range(8)]; await asyncio.sleep(0.002)"


@pytest.mark.parametrize(
    ("program", "code"),
    [
        (SLOWLY + PROGRAM.format(then=""), 0),
        (SLOWLY + PROGRAM.format(then="sys.exit(7)"), 7),
        (PROGRAM.format(then=LEFT), 0),
        (PROGRAM.format(then=LEFT + "; sys.exit(7)"), 7),
        (PROGRAM.format(then=LEFT + "; [call.cancel() for call in calls]"), 0),
    ],
    ids=["at once", "with a code", "calls under way", "calls under way, with a code", "calls cancelled"],
)
async def test_a_program_ends_as_it_says(temporal: WorkflowEnvironment, program: str, code: int) -> None:
    address = {"TEMPORAL_ADDRESS": temporal.client.service_client.config.target_host}
    ended = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", program],
        env=os.environ | address,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (code, "")
    assert "no action 'nothing'" in ended.stdout
