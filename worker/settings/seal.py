"""The sealer."""

from pydantic import Field, SecretStr

from leverframe.keys import SigningKeys
from worker.settings.base import PRIVATE_RING, Settings, SigningRing


class SealSettings(Settings):
    """Sealing where the ledger's chains end."""

    needed_by = "the seal command"

    sealer_database_url: SecretStr = Field(description="URL of the database with the sealer's login")
    seal_keys: SigningRing = Field(description=PRIVATE_RING)

    @property
    def keys(self) -> SigningKeys:
        return SigningKeys.parse(self.seal_keys.get_secret_value())
