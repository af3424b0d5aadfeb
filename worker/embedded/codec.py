"""The codec server through which the embedded Temporal UI shows what is encrypted."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from worker.embedded.served import Served, start_served


@asynccontextmanager
async def codec_server(state_dir: Path, keys: Mapping[str, str], ui_port: int) -> AsyncIterator[Served]:
    """A codec server on a free port of 127.0.0.1, for the pages of the UI on ``ui_port`` alone.

    ``keys`` are the variables with the payload keys and with how to reach the key service. Raises
    :class:`~worker.embedded.process.ServiceError` when the server does not come up.
    """

    def environment(port: int) -> Mapping[str, str]:
        return {
            "LEVERFRAME_STATE_DIR": str(state_dir),
            "LEVERFRAME_CODEC_HOST": "127.0.0.1",
            "LEVERFRAME_CODEC_PORT": str(port),
            "LEVERFRAME_CODEC_ORIGINS": f"http://127.0.0.1:{ui_port},http://localhost:{ui_port}",
            **keys,
        }

    server = await start_served("codec", state_dir, environment)
    try:
        yield server
    finally:
        await server.process.stop()
