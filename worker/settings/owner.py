"""The database's owner."""

from pydantic import Field, SecretStr

from worker.settings.base import Settings


class RevocationSettings(Settings):
    """The database's owner, who alone can revoke a capability."""

    needed_by = "the revoke command"

    owner_database_url: SecretStr = Field(description="URL of the database with its owner's login")


class ImportSettings(RevocationSettings):
    """The database's owner, into whose tables a data set goes."""

    needed_by = "the import command"


class DocumentSettings(RevocationSettings):
    """The database's owner, who takes documents in."""

    needed_by = "the documents commands"


class ProtectionSettings(RevocationSettings):
    """The database's owner, who is told what a table lacks."""

    needed_by = "the protect command"


class OwnerSettings(RevocationSettings):
    """The database's owner, and the secrets that a migration gives to the other logins."""

    needed_by = "the migrate command"

    tools_password: SecretStr = Field(min_length=16, description="password of the tools' login")
    auditor_password: SecretStr = Field(min_length=16, description="password of the auditor's login")
    keys_password: SecretStr = Field(min_length=16, description="password of the key service's login")
    approvals_password: SecretStr = Field(min_length=16, description="password of the approvals role's login")
    sealer_password: SecretStr = Field(min_length=16, description="password of the sealer's login")
    scope_key: SecretStr = Field(description="key that proves to the database whose rows a tool may touch")
