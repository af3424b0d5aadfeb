"""The codec server through which the embedded Temporal UI shows what is encrypted."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from worker.embedded.model import until_ready
from worker.embedded.process import ManagedProcess, ServiceError, free_port, start_process
from worker.embedded.temporal import PORT_TRIES

READY_WITHIN = 30.0


@dataclass(frozen=True)
class Codec:
    """A running codec server."""

    endpoint: str
    """Its address, for the UI."""
    process: ManagedProcess


@asynccontextmanager
async def codec_server(state_dir: Path, payload_keys: str, ui_port: int) -> AsyncIterator[Codec]:
    """A codec server on a free port of 127.0.0.1, for the pages of the UI on ``ui_port`` alone.

    ``payload_keys`` is a key ring as text. Raises :class:`~worker.embedded.process.ServiceError` when the server does
    not come up.
    """
    server = await _start(state_dir, payload_keys, ui_port)
    try:
        yield server
    finally:
        await server.process.stop()


async def _start(state_dir: Path, payload_keys: str, ui_port: int) -> Codec:
    command, log = [sys.executable, "-m", "worker", "codec"], state_dir / "codec.log"
    for attempt in range(PORT_TRIES):
        port = free_port()
        environment = {
            "LEVERFRAME_STATE_DIR": str(state_dir),
            "LEVERFRAME_PAYLOAD_KEYS": payload_keys,
            "LEVERFRAME_CODEC_HOST": "127.0.0.1",
            "LEVERFRAME_CODEC_PORT": str(port),
            "LEVERFRAME_CODEC_ORIGINS": f"http://127.0.0.1:{ui_port},http://localhost:{ui_port}",
        }
        process = await start_process("codec", command, log, env=environment)
        endpoint = f"http://127.0.0.1:{port}"
        try:
            await until_ready(process, partial(str, endpoint), READY_WITHIN)
        except BaseException as error:
            await process.stop()
            if isinstance(error, ServiceError) and attempt + 1 < PORT_TRIES:
                continue
            raise
        return Codec(endpoint, process)
    raise AssertionError("the last try returns or raises")
