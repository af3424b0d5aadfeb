from psycopg import OperationalError

from tools.kernel.migrate import DatabaseSecrets, migrate
from worker.cli.terminal import console
from worker.embedded.process import ServiceError
from worker.settings.base import load
from worker.settings.owner import OwnerSettings


def migrate_database() -> None:
    """Bring a production database's tables, logins, policies and grants up to date."""
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
        migrate(settings.owner_database_url.get_secret_value(), secrets)
    except OperationalError as error:
        raise ServiceError(f"The database does not answer: {error}") from error
    console.print("The database is up to date.")
