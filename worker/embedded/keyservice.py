"""The key service of the embedded stack: a key for each person, on this machine alone."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from worker.embedded.served import Served, start_served


@asynccontextmanager
async def key_service(
    state_dir: Path, payload_keys: str, database_url: str, token: str, temporal_config: Path
) -> AsyncIterator[Served]:
    """A key service on a free port of 127.0.0.1.

    ``temporal_config`` names the Temporal server, by the time a key is to be destroyed. Raises
    :class:`~worker.embedded.process.ServiceError` when the service does not come up.
    """

    def environment(port: int) -> Mapping[str, str]:
        return {
            "LEVERFRAME_STATE_DIR": str(state_dir),
            "LEVERFRAME_PAYLOAD_KEYS": payload_keys,
            "LEVERFRAME_KEYS_DATABASE_URL": database_url,
            "LEVERFRAME_KEY_SERVICE_TOKEN": token,
            "LEVERFRAME_KEY_SERVICE_HOST": "127.0.0.1",
            "LEVERFRAME_KEY_SERVICE_PORT": str(port),
            "LEVERFRAME_KEY_SERVICE_SHREDS_EVERY": "1",
            "TEMPORAL_CONFIG_FILE": str(temporal_config),
        }

    server = await start_served("keyservice", state_dir, environment)
    try:
        yield server
    finally:
        await server.process.stop()
