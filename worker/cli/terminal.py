"""What all commands share: the console, running async code, and errors told in words."""

import asyncio
import os
import signal
from collections.abc import Container, Coroutine
from typing import TypeVar

from temporalio.service import RPCError

from leverframe.errors import LeverframeError
from worker.cli.console import InertConsole
from worker.embedded.process import ServiceError
from worker.embedded.running import running_stack
from worker.embedded.weights import WeightsError
from worker.settings.base import PREFIX, SettingsError, load
from worker.settings.shared import WorkerSettings

Result = TypeVar("Result")

EXPECTED = (
    LeverframeError, RPCError, ServiceError, SettingsError, WeightsError,
)  # fmt: skip
"""Errors whose message tells the person at the terminal what to do; any other is a defect and shows where."""

ROLE = f"{PREFIX}ROLE"
"""Set to ``auditor`` in a process that only reads."""

console = InertConsole()
errors = InertConsole(stderr=True)


def run(main: Coroutine[object, object, Result]) -> Result:
    """Run async code so that both Ctrl-C and an orderly ``kill`` leave its ``finally`` blocks their turn."""

    async def ended_in_order() -> Result:
        task = asyncio.current_task()
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await main

    return asyncio.run(ended_in_order())


def stop_on_signals() -> asyncio.Event:
    """An event that Ctrl-C or ``kill`` sets, from now on instead of ending the program."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def acts_as_auditor() -> bool:
    """Whether this is a command of ``--role auditor``."""
    return bool(os.environ.get(ROLE))


def use_running_stack(own: Container[str] | None = None) -> None:
    """Let this command talk to the stack that runs in this checkout, unless the environment names a server.

    It then holds what the stack has for commands, or of that the variables in ``own``. An auditor's command takes
    nothing: its own secrets are handed to it.
    """
    if acts_as_auditor() or any(name.startswith("TEMPORAL_") for name in os.environ):
        return
    stack = running_stack(load(WorkerSettings).state_dir)
    if stack is not None:
        given = {name: value for name, value in stack.environment.items() if own is None or name in own}
        os.environ.update({name: value for name, value in given.items() if name not in os.environ})
