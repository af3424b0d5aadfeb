"""The tools role."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from leverframe.capability import Verifier
from leverframe.contracts.decision import Trust
from leverframe.keys import PublicKeys
from worker.settings.addresses import SafeAddress
from worker.settings.base import PRIVATE_RING, PUBLIC_RING, PublicRing, Settings, readable
from worker.settings.shared import KeyServiceAccess

if TYPE_CHECKING:
    from tools.assertion_keys import AssertionKeys, AuthorizationServer


def _assertion_keys(text: str) -> "AssertionKeys":
    # Only here: every role's process knows these settings, and the tools' own code is the tools role's.
    from tools.assertion_keys import AssertionKeys

    return AssertionKeys.parse(text)


AssertionRing = Annotated[SecretStr, readable(_assertion_keys)]


class SettlingSettings(KeyServiceAccess):
    """The ledger, as the login of the tools, to which a person has something added."""

    needed_by = "'reconcile --settle'"

    database_url: SecretStr = Field(description="URL of the database with the tools' login")
    scope_key: SecretStr = Field(description="key that proves to the database whose rows a tool may touch")
    approver_trust: Trust = "principal"
    """As the approvals role has it: anybody's name counts with ``claimed`` alone, else a signature is needed."""
    operators_file: Path | None = None
    """The operators' directory, which knows whose key has signed."""


class ToolsSettings(Settings):
    """The business database, as the login of the tools, and the keys that their capabilities are verified with."""

    needed_by = "the tools role"

    database_url: SecretStr = Field(description="URL of the database with the tools' login")
    scope_key: SecretStr = Field(description="key that proves to the database whose rows a tool may touch")
    issuer_public_keys: PublicRing = Field(description=PUBLIC_RING)
    approvals_public_keys: PublicRing = Field(description=PUBLIC_RING)
    token_url: SafeAddress | None = None
    """Token endpoint of the company's authorization server, where users' tokens for systems outside come from."""
    token_issuer: str | None = None
    """To whom the tools role's assertions are addressed; the token endpoint if left out."""
    token_client_id: str = Field(default="leverframe", pattern=r"^[!-~]{1,200}$")
    """As whom Leverframe is known there."""
    token_client_secret: SecretStr | None = None
    """Alone it opens nothing: no token is given without the tools role's word for a user."""
    tools_keys: AssertionRing | None = Field(default=None, validate_default=True, description=PRIVATE_RING)
    """With which the tools role gives its word."""

    @field_validator("tools_keys")
    @classmethod
    def _given(cls, keys: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if info.data.get("token_url") and not (keys and info.data.get("token_client_secret")):
            raise ValueError(
                "the authorization server (LEVERFRAME_TOKEN_URL) asks for a key of the tools role's own, and for "
                "LEVERFRAME_TOKEN_CLIENT_SECRET"
            )
        return keys

    @property
    def authorization(self) -> "tuple[AuthorizationServer, AssertionKeys] | None":
        """Where users' tokens come from, and what is given for them."""
        url, secret, keys = self.token_url, self.token_client_secret, self.tools_keys
        if url is None or secret is None or keys is None:
            return None
        from tools.assertion_keys import AuthorizationServer

        server = AuthorizationServer(url, self.token_issuer or url, self.token_client_id, secret.get_secret_value())
        return server, _assertion_keys(keys.get_secret_value())

    def verifier(self, tenant: str) -> Verifier:
        """Verifies the capabilities of that tenant."""
        issuers, approvals = PublicKeys.parse(self.issuer_public_keys), PublicKeys.parse(self.approvals_public_keys)
        return Verifier(issuers, approvals, tenant)
