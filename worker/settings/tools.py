"""The tools role."""

import re

from pydantic import Field, SecretStr, field_validator

from leverframe.capability import Verifier
from leverframe.keys import PublicKeys
from worker.settings.base import PUBLIC_RING, PublicRing, Settings

WITHOUT_CENTS = re.compile("bif|clp|djf|gnf|jpy|kmf|krw|mga|pyg|rwf|ugx|vnd|vuv|xaf|xof|xpf|bhd|jod|kwd|omr|tnd")
"""Currencies whose smallest unit at the payment provider is not a hundredth."""


class ToolsSettings(Settings):
    """The business database, as the login of the tools, and the keys that their capabilities are verified with."""

    needed_by = "the tools role"

    database_url: SecretStr = Field(description="URL of the database with the tools' login")
    scope_key: SecretStr = Field(description="key that proves to the database whose rows a tool may touch")
    issuer_public_keys: PublicRing = Field(description=PUBLIC_RING)
    approvals_public_keys: PublicRing = Field(description=PUBLIC_RING)
    stripe_api_key: SecretStr | None = None
    """Reads payments and makes refunds at the payment provider; without it, what that holds cannot go back."""
    stripe_url: str = Field(default="https://api.stripe.com", pattern=r"^https?://[^\s/]+/?$")
    """Where the payment provider, or a double of it, answers; over plain HTTP the key can be read on the way."""
    stripe_currency: str = Field(default="usd", pattern=r"^[a-z]{3}$")
    """The currency of the business's books."""

    @field_validator("stripe_currency")
    @classmethod
    def _has_cents(cls, currency: str) -> str:
        if WITHOUT_CENTS.fullmatch(currency):
            raise ValueError(f"the books count in hundredths, and {currency} does not")
        return currency

    def verifier(self, tenant: str) -> Verifier:
        """Verifies the capabilities of that tenant."""
        issuers, approvals = PublicKeys.parse(self.issuer_public_keys), PublicKeys.parse(self.approvals_public_keys)
        return Verifier(issuers, approvals, tenant)
