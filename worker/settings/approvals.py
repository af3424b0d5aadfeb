"""The approvals role."""

from pathlib import Path

from pydantic import Field, SecretStr

from leverframe.contracts.decision import Trust
from leverframe.keys import PublicKeys, SigningKeys
from worker.settings.base import PRIVATE_RING, PUBLIC_RING, PublicRing, Settings, SigningRing


class ApprovalsSettings(Settings):
    """How the approvals role establishes who decided, and what it signs approvals with."""

    needed_by = "the approvals role"

    approver_trust: Trust = "principal"
    """The least that is accepted. ``principal``: the identity that the Temporal server computed from the caller's
    credentials. ``signed``: also a decision signed with an operator's own key. ``claimed``: also the identity that
    the client claims, shown everywhere as unverified."""
    approvals_keys: SigningRing = Field(description=PRIVATE_RING)
    approvals_database_url: SecretStr = Field(description="URL of the database with the approvals role's login")
    issuer_public_keys: PublicRing = Field(description=PUBLIC_RING)
    operators_file: Path | None = None
    """The operators' directory (:mod:`leverframe.operators`); may be left out only where ``claimed`` is enough."""

    @property
    def keys(self) -> SigningKeys:
        return SigningKeys.parse(self.approvals_keys.get_secret_value())

    @property
    def issuers(self) -> PublicKeys:
        return PublicKeys.parse(self.issuer_public_keys)
