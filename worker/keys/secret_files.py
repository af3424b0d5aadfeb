"""All secrets of one installation as files in a folder, for docker-compose.yml or whatever hands them out."""

import base64
import secrets
from pathlib import Path

from worker.keys.rings import KeyRings, write_private
from worker.private_files import PRIVATE
from worker.roles.own_secrets import secrets_of
from worker.settings.base import variable_of

READABLE = 0o644
PASSWORDS = (
    "temporal_db_password",
    "business_owner_password",
    "grafana_admin_password",
    "leverframe_tools_password",
    "leverframe_approvals_password",
    "leverframe_auditor_password",
    "leverframe_keys_password",
    "leverframe_sealer_password",
    "leverframe_key_service_token",
    "leverframe_model_api_key",
    "leverframe_guard_api_key",
)
GIVEN = ("leverframe_token_client_secret", "leverframe_desk_oidc_client_secret")
"""Come from somebody else: empty until it is put in."""
KEYS = ("leverframe_scope_key", "leverframe_pseudonym_key")
SIGNING = "leverframe_notifications_secret"
"""For the receiver of notifications, too."""
LOGINS = {
    "leverframe_owner_database_url": ("business", "business_owner_password"),
    "leverframe_database_url": ("leverframe_tools", "leverframe_tools_password"),
    "leverframe_approvals_database_url": ("leverframe_approvals", "leverframe_approvals_password"),
    "leverframe_auditor_database_url": ("leverframe_auditor", "leverframe_auditor_password"),
    "leverframe_keys_database_url": ("leverframe_keys", "leverframe_keys_password"),
    "leverframe_sealer_database_url": ("leverframe_sealer", "leverframe_sealer_password"),
}
DATABASE = "postgresql+psycopg://{login}:{password}@business-db:5432/business"
"""As docker-compose.yml names the database."""


def make_secrets(folder: Path, *, for_containers: bool = False) -> None:
    """Make every secret that is not there yet, a file each, in a folder that other users cannot enter.

    ``for_containers`` lets the files themselves be read by all: a container's user is another one than the owner, and
    is handed single files out of the folder.
    """
    mode = READABLE if for_containers else PRIVATE
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    write_private(folder / ".gitignore", "*\n", READABLE)
    KeyRings(folder, mode).make()
    fresh = {name: secrets.token_urlsafe(32) for name in PASSWORDS} | {name: secrets.token_hex(32) for name in KEYS}
    fresh[SIGNING] = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    for name, value in fresh.items():
        _keep(folder / name, value, mode)
    for name in (*GIVEN, *_of_systems()):
        _keep(folder / name, "", mode)
    for name, (login, password) in LOGINS.items():
        _keep(folder / name, DATABASE.format(login=login, password=(folder / password).read_text()), mode)


def _of_systems() -> list[str]:
    """What comes from the systems outside of the businesses."""
    # Here, since it brings the tools' code with it.
    from worker.settings.systems import systems

    brought = systems()
    of_commands = {variable_of(kind, name) for kind in brought for name in kind.of_commands}
    return [variable.lower() for variable in sorted(secrets_of(brought) | of_commands)]


def _keep(path: Path, value: str, mode: int) -> None:
    if not path.exists():
        write_private(path, value, mode)
