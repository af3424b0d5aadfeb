"""The desk in a browser."""

from pathlib import Path

from pydantic import Field

from leverframe.contracts.decision import Trust
from worker.settings.base import PRIVATE_RING, PayloadRing
from worker.settings.shared import KeyServiceAccess


class DeskSettings(KeyServiceAccess):
    """Where the desk's pages are served, and for whom."""

    needed_by = "the desk command"

    payload_keys: PayloadRing | None = Field(default=None, description=PRIVATE_RING)
    approver_trust: Trust = "principal"
    """As the approvals role has it; with ``claimed`` the pages say that anybody's name counts."""
    desk_host: str = "127.0.0.1"
    desk_port: int = Field(ge=1, le=65535, description="TCP port to listen on")
    desk_site: str = Field(description="origin under which browsers reach it, such as https://desk.example.com")
    """Passkeys are bound to it: https, but for localhost."""
    operators_file: Path = Field(description="the operators' directory")
    desk_invitations: Path = Field(description="folder of the invitations that 'keys invite' writes")
    desk_enrols: bool = False
    """Whether a passkey that was made by a link counts at once: then the desk must be able to write to the operators'
    directory, and whoever takes it over can make operators. The embedded default alone."""
    ui_url: str = ""
    """Address of the Temporal UI, for links to it."""
