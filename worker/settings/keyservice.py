"""The key service."""

from pydantic import Field, SecretStr

from worker.settings.base import PRIVATE_RING, PayloadRing, Settings


class KeyServiceSettings(Settings):
    """The service that holds the people's keys, and destroys them."""

    needed_by = "the keyservice command"

    payload_keys: PayloadRing = Field(description=PRIVATE_RING)
    """The people's keys lie in the database sealed under its newest key."""
    keys_database_url: SecretStr = Field(description="URL of the database with the key service's login")
    key_service_token: SecretStr = Field(min_length=16, description="what everybody who needs keys must bring")
    key_service_host: str = "127.0.0.1"
    key_service_port: int = Field(ge=1, le=65535, description="TCP port to listen on")
    key_service_shreds_every: float = Field(default=10, gt=0, le=3600)
    """Seconds between two looks for keys that are to be destroyed."""
