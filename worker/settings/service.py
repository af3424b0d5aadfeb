"""A business service, and the commands that act like one."""

from pydantic import Field, SecretStr

from leverframe.keys import PublicKeys, SigningKeys
from worker.settings.base import PRIVATE_RING, PUBLIC_RING, PublicRing, Settings, SigningRing


class ServiceSettings(Settings):
    """What a business service holds, and a command that acts like one."""

    needed_by = "each command that starts an action"

    pseudonym_key: SecretStr = Field(description="key of the pseudonyms under which users appear")
    issuer_keys: SigningRing = Field(description=PRIVATE_RING)
    approvals_public_keys: PublicRing = Field(description=PUBLIC_RING)

    @property
    def issuer(self) -> SigningKeys:
        return SigningKeys.parse(self.issuer_keys.get_secret_value())

    @property
    def approvals(self) -> PublicKeys:
        return PublicKeys.parse(self.approvals_public_keys)
