"""The HTTP API for services in any language."""

from pydantic import Field, SecretStr

from worker.settings.base import PRIVATE_RING, PUBLIC_RING, PayloadRing, PublicRing
from worker.settings.shared import KeyServiceAccess


class ApiSettings(KeyServiceAccess):
    """Where the API is served, and what it has of the SDK's: never the issuer's own keys."""

    needed_by = "the api command"

    payload_keys: PayloadRing | None = Field(default=None, description=PRIVATE_RING)
    pseudonym_key: SecretStr = Field(description="key of the pseudonyms under which users appear")
    issuer_public_keys: PublicRing = Field(description=PUBLIC_RING)
    """Whose capabilities count."""
    api_host: str = "127.0.0.1"
    api_port: int = Field(ge=1, le=65535, description="TCP port to listen on")
