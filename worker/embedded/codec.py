"""The codec server through which the embedded Temporal UI shows what is encrypted."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from worker.embedded.served import Served, start_served


@asynccontextmanager
async def codec_server(
    state_dir: Path, keys: Mapping[str, str], ui_port: int, port: int | None = None
) -> AsyncIterator[Served]:
    """A codec server on a ``port`` (a free one by default) of 127.0.0.1, for the pages of the UI on ``ui_port`` alone.

    ``keys`` are the variables with the payload keys and with how to reach the key service. Raises
    :class:`~worker.embedded.process.ServiceError` when the server does not come up.
    """

    def environment(port: int) -> Mapping[str, str]:
        return {
            "LEVERFRAME_STATE_DIR": str(state_dir),
            "LEVERFRAME_CODEC_HOST": "127.0.0.1",
            "LEVERFRAME_CODEC_PORT": str(port),
            # Not another server's that this process may have been told of.
            "TEMPORAL_NAMESPACE": "default",
            "LEVERFRAME_CODEC_ORIGINS": f"http://127.0.0.1:{ui_port},http://localhost:{ui_port}",
            **keys,
        }

    server = await start_served("codec", state_dir, environment, port)
    try:
        yield server
    finally:
        await server.process.stop()
