"""Only its own secret: whose each secret is, and the refusal of a role that is handed somebody else's."""

import os
from collections.abc import Iterable, Mapping
from typing import get_args

from pydantic import SecretStr

from leverframe.contracts.names import Role
from worker.settings.approvals import ApprovalsSettings
from worker.settings.audit import AuditorSettings
from worker.settings.base import PREFIX, SECRETS_DIR, Settings, SettingsError, secrets_dir
from worker.settings.codec import CodecSettings
from worker.settings.desk import DeskSettings
from worker.settings.guards import GuardSettings
from worker.settings.keyservice import KeyServiceSettings
from worker.settings.llm import ModelSettings
from worker.settings.notifications import NotificationSettings
from worker.settings.owner import OwnerSettings, RevocationSettings
from worker.settings.seal import SealSettings
from worker.settings.service import ServiceSettings
from worker.settings.shared import PayloadSettings, WorkerSettings
from worker.settings.tools import ToolsSettings
from worker.settings.webhooks import WebhookSettings

OF_EVERY_ROLE: tuple[type[Settings], ...] = (WorkerSettings, PayloadSettings)
OF_ROLE: Mapping[Role, tuple[type[Settings], ...]] = {
    "workflows": (),
    "guards": (GuardSettings,),
    "llm": (ModelSettings,),
    "approvals": (ApprovalsSettings,),
    "tools": (ToolsSettings,),
    "notifications": (NotificationSettings,),
}
OF_OTHERS: tuple[type[Settings], ...] = (
    ServiceSettings,
    AuditorSettings,
    RevocationSettings,
    OwnerSettings,
    CodecSettings,
    DeskSettings,
    KeyServiceSettings,
    WebhookSettings,
    SealSettings,
)
ALL = (*OF_EVERY_ROLE, *(kind for kinds in OF_ROLE.values() for kind in kinds), *OF_OTHERS)


def secrets_of(kinds: Iterable[type[Settings]]) -> frozenset[str]:
    """Names of the variables that hold these settings' secrets."""
    return frozenset(
        PREFIX + name.upper()
        for kind in kinds
        for name, field in kind.model_fields.items()
        if _is_secret(field.annotation)
    )


def secrets_of_roles(roles: Iterable[Role]) -> frozenset[str]:
    """Names of the variables that hold the secrets of these roles."""
    return secrets_of((*OF_EVERY_ROLE, *(kind for role in roles for kind in OF_ROLE[role])))


def refuse_others_secrets(roles: Iterable[Role]) -> None:
    """Raise SettingsError when this process was handed a secret of no role of its own."""
    roles = tuple(roles)
    refuse_secrets_beyond(secrets_of_roles(roles), ", ".join(roles))


def refuse_secrets_beyond(own: frozenset[str], who: str) -> None:
    """Raise SettingsError when this process was handed a secret that is not among its own.

    Looks into the environment and the secrets folder, at names alone.
    """
    foreign = (_handed() & secrets_of(ALL)) - own
    if foreign:
        told = ", ".join(f"{name} ({_needed_by(name)})" for name in sorted(foreign))
        raise SettingsError(
            f"{who} must not hold: {told}. Each gets its own secrets only: take them out of this process's "
            "environment and secrets folder, or run whatever needs them apart."
        )


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without anybody's secret, and without what would lead a process to another Temporal server."""
    secret = secrets_of(ALL)
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith("TEMPORAL_") and name.upper() not in secret
    }
    return kept | {SECRETS_DIR: os.devnull}


def forget_secrets() -> None:
    """Take every secret out of this process's environment, once the settings are loaded."""
    for variable in [name for name in os.environ if name.upper() in secrets_of(ALL)]:
        del os.environ[variable]


def _handed() -> set[str]:
    folder = secrets_dir()
    files = [file.name for file in folder.iterdir()] if folder else []
    return {name.upper() for name in (*(name for name, value in os.environ.items() if value), *files)}


def _needed_by(variable: str) -> str:
    return " and ".join(kind.needed_by for kind in ALL if variable in secrets_of((kind,)))


def _is_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(_is_secret(part) for part in get_args(annotation))
