from psycopg import OperationalError

from tools.kernel.migrate import DatabaseSecrets, OtherVersion, migrate
from worker.cli.terminal import console
from worker.embedded.process import ServiceError
from worker.settings.base import load
from worker.settings.owner import OwnerSettings


def migrate_database(dedicated: bool) -> None:
    """Bring a production database's tables, logins, policies and grants up to date.

    ``dedicated``: and take from everybody else what they need only if they have anything to do on that server.
    """
    settings = load(OwnerSettings)
    secrets = DatabaseSecrets(
        tools_password=settings.tools_password,
        approvals_password=settings.approvals_password,
        auditor_password=settings.auditor_password,
        keys_password=settings.keys_password,
        sealer_password=settings.sealer_password,
        scope_key=settings.scope_key,
    )
    try:
        migrate(settings.owner_database_url.get_secret_value(), secrets, dedicated=dedicated)
    except OtherVersion as error:
        raise ServiceError(f"Nothing was migrated: {error}.") from error
    except OperationalError as error:
        raise ServiceError(f"The database does not answer: {error}") from error
    console.print("The database is up to date.")
