"""The HTTP API beside the embedded stack."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from leverframe.keys import SigningKeys
from worker.embedded.served import Served, start_served
from worker.embedded.stack import Stack
from worker.embedded.ui import is_free

SHARED = (
    "TEMPORAL_CONFIG_FILE",
    "LEVERFRAME_STATE_DIR",
    "LEVERFRAME_PAYLOAD_KEYS",
    "LEVERFRAME_KEY_SERVICE_URL",
    "LEVERFRAME_KEY_SERVICE_TOKEN",
    "LEVERFRAME_PSEUDONYM_KEY",
)
"""What it is told of what services are told; of the issuer it gets the public keys alone."""


@asynccontextmanager
async def embedded_api(stack: Stack, ui_port: int = 0) -> AsyncIterator[Served]:
    """The API on the third port after the UI's (a free one where that is taken).

    Raises :class:`~worker.embedded.process.ServiceError` when it does not come up.
    """
    issuers = str(SigningKeys.parse(stack.environment["LEVERFRAME_ISSUER_KEYS"]).public)

    def environment(port: int) -> Mapping[str, str]:
        own = {"LEVERFRAME_ISSUER_PUBLIC_KEYS": issuers, "LEVERFRAME_API_PORT": str(port)}
        return {name: stack.environment[name] for name in SHARED} | own

    wanted = ui_port + 3 if ui_port and is_free(ui_port + 3) else None
    served = await start_served("api", stack.state_dir, environment, wanted)
    try:
        yield served
    finally:
        await served.process.stop()
