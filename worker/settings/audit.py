"""Reading the ledger, and verifying its seals."""

from pydantic import Field, SecretStr

from worker.settings.base import PublicRing, Settings
from worker.settings.shared import KeyServiceAccess


class SealVerification(Settings):
    """What the ledger's seals are verified with."""

    needed_by = "'audit --seals'"

    seal_public_keys: PublicRing | None = None
    """Public halves of the keys that sign seals; ``--seal-keys`` names a file with them instead."""


class AuditorSettings(KeyServiceAccess, SealVerification):
    """Reading the ledger."""

    needed_by = "each command that reads the ledger"

    auditor_database_url: SecretStr = Field(description="URL of the database with the auditor's login")
