"""The desk beside the embedded stack, and the link with which its first operator makes a passkey."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from desk.web.invitations import Invitations
from leverframe.claiming import APPROVER_TRUST
from worker.embedded.served import Served, start_served
from worker.embedded.stack import Stack
from worker.embedded.ui import desk_port, desk_site
from worker.keys.first_operator import NAME

SHARED = (
    "TEMPORAL_CONFIG_FILE",
    "LEVERFRAME_STATE_DIR",
    "LEVERFRAME_UI_URL",
    "LEVERFRAME_PAYLOAD_KEYS",
    "LEVERFRAME_KEY_SERVICE_URL",
    "LEVERFRAME_KEY_SERVICE_TOKEN",
    "LEVERFRAME_OPERATORS_FILE",
    APPROVER_TRUST,
)
"""What it is told of what commands are told."""


@dataclass(frozen=True)
class EmbeddedDesk:
    """A running desk."""

    served: Served
    site: str
    """Where browsers find it: browsers know passkeys at localhost, and not at 127.0.0.1."""
    invitations: Invitations

    def link(self, action_id: str = "") -> str:
        """A link with which the first operator makes a passkey, once, and is led on to the action."""
        secret = self.invitations.invite(NAME, self.site)
        return f"{self.site}/enrol/{secret}" + (f"?next=/actions/{action_id}" if action_id else "")


@asynccontextmanager
async def embedded_desk(stack: Stack, ui_port: int = 0) -> AsyncIterator[EmbeddedDesk]:
    """The desk on the second port after the UI's (a free one where that is taken).

    Whoever has a link becomes the first operator: links are made where this stack was started, and nowhere else.
    Raises :class:`~worker.embedded.process.ServiceError` when it does not come up.
    """
    folder = stack.state_dir / "invitations"

    def environment(port: int) -> Mapping[str, str]:
        return {name: stack.environment[name] for name in SHARED} | {
            "LEVERFRAME_DESK_PORT": str(port),
            "LEVERFRAME_DESK_SITE": desk_site(port),
            "LEVERFRAME_DESK_INVITATIONS": str(folder),
            "LEVERFRAME_DESK_ENROLS": "true",
        }

    served = await start_served("desk", stack.state_dir, environment, desk_port(ui_port))
    try:
        yield EmbeddedDesk(served, desk_site(int(served.endpoint.rpartition(":")[2])), Invitations(_made(folder)))
    finally:
        await served.process.stop()


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
