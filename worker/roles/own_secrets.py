"""Only its own secret: whose each secret is, and the refusal of a role that is handed somebody else's."""

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, get_args

from pydantic import SecretStr

from leverframe import business
from leverframe.contracts.names import Role
from worker.settings.api import ApiSettings
from worker.settings.approvals import ApprovalsSettings
from worker.settings.audit import AuditorSettings
from worker.settings.base import SECRETS_DIR, Settings, SettingsError, handed, secrets_dir, variable_of
from worker.settings.codec import CodecSettings
from worker.settings.desk import DeskSettings
from worker.settings.guards import GuardSettings
from worker.settings.keyservice import KeyServiceSettings
from worker.settings.llm import ModelSettings
from worker.settings.models import ModelsFile
from worker.settings.notifications import ChatSettings, EventSettings, MailSettings, NotificationSettings
from worker.settings.owner import OwnerSettings, RevocationSettings
from worker.settings.seal import SealSettings
from worker.settings.service import ServiceSettings
from worker.settings.shared import PayloadSettings, WorkerSettings
from worker.settings.tools import ToolsSettings

if TYPE_CHECKING:
    from tools.systems import Systems

OF_EVERY_ROLE: tuple[type[Settings], ...] = (WorkerSettings, PayloadSettings)
OF_ROLE: Mapping[Role, tuple[type[Settings], ...]] = {
    "workflows": (EventSettings,),
    "guards": (GuardSettings,),
    "llm": (ModelSettings, ModelsFile),
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
    ApiSettings,
    ChatSettings,
    MailSettings,
    KeyServiceSettings,
    SealSettings,
)
ALL = (*OF_EVERY_ROLE, *(kind for kinds in OF_ROLE.values() for kind in kinds), *OF_OTHERS)


def secrets_of(kinds: Iterable[type["Settings | Systems"]]) -> frozenset[str]:
    """Names of the variables that hold these settings' secrets."""
    return frozenset(
        variable_of(kind, name)
        for kind in kinds
        for name, field in kind.model_fields.items()
        if _is_secret(field.annotation)
    )


def secrets_of_roles(roles: Iterable[Role]) -> frozenset[str]:
    """Names of the variables that hold the secrets of these roles; for the tools, those of systems outside too."""
    roles = tuple(roles)
    own = secrets_of((*OF_EVERY_ROLE, *(kind for role in roles for kind in OF_ROLE[role])))
    return own | (secrets_of(_systems()) - _of_commands()) if "tools" in roles else own


def variables_of_systems() -> frozenset[str]:
    """Names of all variables from which the tools role sets up the businesses' systems; their code is loaded."""
    return frozenset(variable_of(kind, name) for kind in _systems() for name in kind.model_fields) - _of_commands()


def refuse_others_secrets(roles: Iterable[Role]) -> None:
    """Raise SettingsError when this process was handed a secret of no role of its own."""
    roles = tuple(roles)
    own = secrets_of_roles(roles) | (variables_of_systems() if "tools" in roles else frozenset())
    refuse_secrets_beyond(own, ", ".join(roles))


def refuse_secrets_beyond(own: frozenset[str], who: str) -> None:
    """Raise SettingsError when this process was handed a secret that is not among its own.

    Looks into the environment and the secrets folder, at names alone.
    """
    foreign = {name for name in _secret(handed() | _of_tenants()) if name not in own}
    if foreign:
        told = ", ".join(f"{name} ({_needed_by(name)})" for name in sorted(foreign))
        raise SettingsError(
            f"{who} must not hold: {told}. Each gets its own secrets only: take them out of this process's "
            "environment and secrets folder, or run whatever needs them apart."
        )


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without anybody's secret, and without what would lead a process to another Temporal server."""
    secret = _secret(environment)
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith("TEMPORAL_") and name.upper() not in secret
    }
    return kept | {SECRETS_DIR: os.devnull}


def forget_secrets() -> None:
    """Take every secret out of this process's environment, once the settings are loaded."""
    secret = _secret(os.environ)
    for variable in [name for name in os.environ if name.upper() in secret]:
        del os.environ[variable]


def _of_tenants() -> set[str]:
    """The names of what lies in folders of the secrets folder: where tenants share a deployment, each has one."""
    folder = secrets_dir()
    return {file.name for file in folder.glob("*/*")} if folder else set()


def _secret(names: Iterable[str]) -> set[str]:
    """Those that are a secret's, in capitals: the engine's, or whatever begins as a business's systems do."""
    known, begin = secrets_of(ALL), tuple(_prefixes())
    return {name for name in map(str.upper, names) if name in known or name.startswith(begin)}


def _prefixes() -> Mapping[str, str]:
    """What the settings of each business's systems begin with, and which business's; none of its code runs for that.

    Raises SettingsError where one could be taken for another's.
    """
    found: dict[str, str] = {}
    engines = {variable_of(kind, name) for kind in ALL for name in kind.model_fields}
    for name, entry in business.parts("systems"):
        own = business.prefix(entry.attr)
        others = {prefix for prefix in found if prefix.startswith(own) or own.startswith(prefix)}
        if others := others | {variable for variable in engines if variable.startswith(own)}:
            raise SettingsError(
                f"leverframe.systems of the business {name!r} is {entry.value!r}, so that its settings begin with "
                f"{own}, as {', '.join(sorted(others))} does already: expected another name of the class."
            )
        found[own] = name
    return found


def _systems() -> tuple[type["Systems"], ...]:
    from worker.settings.systems import systems

    return systems()


def _of_commands() -> frozenset[str]:
    """What begins as a system's settings do, and is no role's."""
    return frozenset(variable_of(kind, name) for kind in _systems() for name in kind.of_commands)


def _needed_by(variable: str) -> str:
    of_systems = [f"the systems of {name}" for prefix, name in _prefixes().items() if variable.startswith(prefix)]
    return " and ".join([*(kind.needed_by for kind in ALL if variable in secrets_of((kind,))), *of_systems])


def _is_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(_is_secret(part) for part in get_args(annotation))
