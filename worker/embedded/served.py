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


async def start_served(
    command: str, state_dir: Path, environment: Callable[[int], Mapping[str, str]], wanted_port: int | None = None
) -> Served:
    """Run ``python -m worker COMMAND`` with the environment for a port, until it passes its health check.

    Without ``wanted_port`` a free one is taken, and another when that was taken meanwhile. Raises
    :class:`~worker.embedded.process.ServiceError`.
    """
    tries = 1 if wanted_port else PORT_TRIES
    for attempt in range(tries):
        port = wanted_port or free_port()
        endpoint = f"http://127.0.0.1:{port}"
        process = await start_process(
            command, [sys.executable, "-m", "worker", command], state_dir / f"{command}.log", env=environment(port)
        )
        try:
            await until_ready(process, partial(str, endpoint), READY_WITHIN)
        except BaseException as error:
            await process.stop()
            if isinstance(error, ServiceError) and attempt + 1 < tries:
                continue
            raise
        return Served(endpoint, process)
    raise AssertionError("the last try returns or raises")
