"""Several tenants in one deployment: a file names them, and a folder of its own holds what each needs.

The file is not secret and the same for every role. A tenant's settings lie in its folder alone, under the names that
they have in a deployment of one tenant: what the process itself is given would count for all of them.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from leverframe import business
from leverframe.contracts.names import Role
from leverframe.starting import expected
from worker.settings.approvals import ApprovalsSettings
from worker.settings.base import SECRETS_DIR, Settings, SettingsError, handed, load, secrets_dir, variable_of
from worker.settings.tools import ToolsSettings

if TYPE_CHECKING:
    from tools.admission import UserLimits
    from tools.systems import Systems

Held = TypeVar("Held", ApprovalsSettings, ToolsSettings)

TENANT = r"^[A-Za-z0-9_.-]{1,64}$"
COMMON = "approver_trust"
"""The only field that may be the same for all tenants."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Tenant(_Strict):
    """What the file says of one tenant."""

    secrets: str = Field(default="", pattern=r"^[A-Za-z0-9_.-]*$")
    """Its folder, in that of the process's own secrets; the tenant's name if left out."""
    operators: Path | None = None
    """Its operators' directory, from where the file lies on."""
    businesses: tuple[str, ...] | None = Field(default=None, min_length=1)
    """Which of the businesses that run here are its; all of them if left out."""
    actions_a_day: int | None = Field(default=None, ge=1)
    """How many actions of one user it takes within 24 hours; any number if left out."""
    open_at_once: int | None = Field(default=None, ge=1)
    """How many actions of one user may be open at a time; any number if left out."""

    @property
    def limits(self) -> "UserLimits":
        # Only here: the other roles hold nothing of the tools.
        from tools.admission import UserLimits

        return UserLimits(self.actions_a_day, self.open_at_once)


class TenantsFile(_Strict):
    """Who shares this deployment."""

    tenants: dict[Annotated[str, Field(pattern=TENANT)], Tenant] = Field(min_length=1)

    @classmethod
    def read(cls, file: Path) -> "TenantsFile":
        """Raises SettingsError that says what was expected."""
        try:
            found = cls.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
            found._require_businesses()
        except (OSError, ValueError) as error:
            why = expected(error) if isinstance(error, ValidationError) else str(error)
            raise SettingsError(f"LEVERFRAME_TENANTS_FILE cannot be used: {file}: {why}.") from None
        return found

    def admits(self, tenant: str | None) -> bool:
        """Whether an action of that tenant must ask first whether it may begin: it is counted, or nobody's."""
        found = self.tenants.get(tenant or "")
        return found is None or found.actions_a_day is not None or found.open_at_once is not None

    def _require_businesses(self) -> None:
        known = business.chosen()
        for name, tenant in self.tenants.items():
            if unknown := set(tenant.businesses or ()) - set(known):
                told = ", ".join(map(repr, sorted(unknown)))
                raise ValueError(f"tenants.{name}.businesses: {told} does not run here; known are: {', '.join(known)}")


@dataclass(frozen=True)
class TenantSettings:
    """What a worker holds for one tenant; of a role that it does not run, nothing."""

    name: str
    businesses: frozenset[str] | None = None
    """Those that are its; ``None`` for all that run here."""
    approvals: ApprovalsSettings | None = None
    tools: ToolsSettings | None = None
    systems: Sequence["Systems"] = ()
    """Those outside that the tools of its businesses reach."""
    limits: "UserLimits | None" = None
    """Of one of its users."""

    @property
    def of_approvals(self) -> ApprovalsSettings:
        return _given(self.approvals, "approvals")

    @property
    def of_tools(self) -> ToolsSettings:
        return _given(self.tools, "tools")


def _given(settings: Held | None, role: Role) -> Held:
    if settings is None:
        raise ValueError(f"the {role} role was started without its settings; use load_roles")
    return settings


def folder_of(name: str, tenant: Tenant) -> Path:
    """Where a tenant's secrets lie; raises SettingsError."""
    above = secrets_dir()
    folder = above / (tenant.secrets or name) if above else None
    if folder is None or not folder.is_dir():
        where = folder or f"{tenant.secrets or name}, in the folder that {SECRETS_DIR} names"
        raise SettingsError(f"The tenant {name!r} has no folder with its secrets: expected {where}.")
    return folder


def load_tenants(file: Path, named: TenantsFile, roles: Iterable[Role]) -> Sequence[TenantSettings]:
    """What these roles need of each tenant; raises SettingsError, also where two tenants would share rows or keys."""
    roles = tuple(roles)
    if not {"approvals", "tools"} & set(roles):
        return ()
    _refuse_common()
    found = [_load(file, name, tenant, roles) for name, tenant in named.tenants.items()]
    _refuse_shared(found)
    return found


def _load(file: Path, name: str, tenant: Tenant, roles: Sequence[Role]) -> TenantSettings:
    folder = folder_of(name, tenant)
    try:
        approvals = load(ApprovalsSettings, folder) if "approvals" in roles else None
        tools = load(ToolsSettings, folder) if "tools" in roles else None
        systems = [load(kind, folder) for kind in _systems()] if "tools" in roles else ()
    except SettingsError as error:
        raise SettingsError(f"Of the tenant {name!r} ({folder}): {error}") from None
    if approvals and tenant.operators:
        approvals = approvals.model_copy(update={"operators_file": file.parent / tenant.operators})
    businesses = frozenset(tenant.businesses) if tenant.businesses else None
    limits = tenant.limits if tools else None
    return TenantSettings(name, businesses, approvals, tools, systems, limits)


def _systems() -> Sequence[type["Systems"]]:
    from worker.settings.systems import systems

    return systems()


def _refuse_common() -> None:
    """A variable comes before a file: one that is set for the process would be every tenant's."""
    own: tuple[type[Settings], ...] = (ApprovalsSettings, ToolsSettings)
    fields = {variable_of(kind, name) for kind in own for name in kind.model_fields if name != COMMON}
    if common := sorted({name.upper() for name in handed()} & fields):
        raise SettingsError(
            f"{', '.join(common)}: each of several tenants (LEVERFRAME_TENANTS_FILE) has its own: take it out of this "
            f"process's environment and secrets folder, and put it into the folder of each tenant in {SECRETS_DIR}; "
            "its operators' directory is named in the file ('operators')."
        )


def _refuse_shared(tenants: Sequence[TenantSettings]) -> None:
    tools = {one.name: one.tools for one in tenants if one.tools}
    approvals = {one.name: one.approvals for one in tenants if one.approvals}
    _refuse_same("LEVERFRAME_DATABASE_URL", {name: _place(one.database_url) for name, one in tools.items()})
    _refuse_same("LEVERFRAME_SCOPE_KEY", {name: one.scope_key.get_secret_value() for name, one in tools.items()})
    _refuse_same(
        "LEVERFRAME_APPROVALS_DATABASE_URL",
        {name: _place(one.approvals_database_url) for name, one in approvals.items()},
    )


def _place(url: SecretStr) -> str:
    """Which database it is, whoever logs in."""
    # Only here: the other roles know no database.
    from sqlalchemy import make_url

    found = make_url(url.get_secret_value())
    return f"{found.host} {found.query.get('host')} {found.port or 5432} {found.database}"


def _refuse_same(variable: str, of: Mapping[str, str]) -> None:
    first: dict[str, str] = {}
    for name, value in of.items():
        if (other := first.setdefault(value, name)) != name:
            raise SettingsError(f"{variable} is the same for the tenants {other!r} and {name!r}: each has its own.")
