"""Starting one of the worker's own HTTP servers on a free port of this machine."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from worker.embedded.model import until_ready
from worker.embedded.process import ManagedProcess, ServiceError, free_port, start_process
from worker.embedded.temporal import PORT_TRIES

READY_WITHIN = 30.0


@dataclass(frozen=True)
class Served:
    """A running server."""

    endpoint: str
    """Its address."""
    process: ManagedProcess


async def start_served(command: str, state_dir: Path, environment: Callable[[int], Mapping[str, str]]) -> Served:
    """Run ``python -m worker COMMAND`` with the environment for a port, until it passes its health check.

    Another port is tried when that one was taken meanwhile. Raises :class:`~worker.embedded.process.ServiceError`.
    """
    for attempt in range(PORT_TRIES):
        port = free_port()
        endpoint = f"http://127.0.0.1:{port}"
        process = await start_process(
            command, [sys.executable, "-m", "worker", command], state_dir / f"{command}.log", env=environment(port)
        )
        try:
            await until_ready(process, partial(str, endpoint), READY_WITHIN)
        except BaseException as error:
            await process.stop()
            if isinstance(error, ServiceError) and attempt + 1 < PORT_TRIES:
                continue
            raise
        return Served(endpoint, process)
    raise AssertionError("the last try returns or raises")
