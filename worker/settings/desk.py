"""The desk in a browser."""

from pathlib import Path

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from leverframe.contracts.decision import Trust
from worker.settings.addresses import SafeAddress
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
    desk_proxies: str = ""
    """Addresses of the proxies before it, with commas between: their word counts for where a request comes from. Tries
    to sign in are limited by that; without it, all who come through a proxy share one limit."""
    desk_oidc_issuer: SafeAddress | None = None
    """The company's OpenID provider, letter by letter as it calls itself; without it, passkeys alone sign people in."""
    desk_oidc_client_id: str = "leverframe-desk"
    desk_oidc_client_secret: SecretStr | None = Field(default=None, validate_default=True)
    desk_oidc_claim: str = "sub"
    """The claim of the ID token that stands in the directory as a person's account."""
    desk_oidc_roles_claim: str = ""
    """The claim of the ID token that names roles: of a person's roles in the directory, those alone count then."""
    desk_oidc_roles: dict[str, str] = {}
    """JSON: which role each value of that claim means; without it the values are the roles."""
    desk_oidc_scope: str = "openid email profile"
    ui_url: str = ""
    """Address of the Temporal UI, for links to it."""

    @field_validator("desk_oidc_client_secret")
    @classmethod
    def _given(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if info.data.get("desk_oidc_issuer") and not secret:
            raise ValueError("the company's sign-in (LEVERFRAME_DESK_OIDC_ISSUER) needs the secret of a client there")
        return secret
