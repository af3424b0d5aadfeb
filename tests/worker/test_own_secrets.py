"""Only its own secret: a role that is handed another's, or lacks its own, does not start."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import ClassVar

import pytest

from leverframe.contracts.names import ROLES, Role
from tools.http.settings import HttpSettings
from tools.http.system import HttpSystem
from worker.roles import own_secrets
from worker.roles.own_secrets import ALL, forget_secrets, secrets_of, secrets_of_roles
from worker.roles.workers import load_roles
from worker.settings.base import PREFIX, SettingsError
from worker.settings.systems import systems
from worker.shop.webhook_settings import WebhookSettings
from worker.testing.keys import APPROVALS, APPROVALS_RING, ISSUER, ISSUER_RING, PAYLOAD_RING, SEALS_RING, TOOLS_RING

VALUES = {
    "LEVERFRAME_CHAT_URL": "https://chat.example.com/handed-out",
    "LEVERFRAME_MAIL_PASSWORD": "handed-out",
    "LEVERFRAME_DATABASE_URL": "postgresql+psycopg://tools:handed-out@db/shop",
    "LEVERFRAME_SCOPE_KEY": "handed-out" * 7,
    "LEVERFRAME_STRIPE_API_KEY": "sk_handed-out",
    "LEVERFRAME_STRIPE_WEBHOOK_SECRET": "whsec_handed-out",
    "LEVERFRAME_APPROVALS_DATABASE_URL": "postgresql+psycopg://approvals:handed-out@db/shop",
    "LEVERFRAME_APPROVALS_KEYS": APPROVALS_RING,
    "LEVERFRAME_APPROVALS_PASSWORD": "handed-out-password",
    "LEVERFRAME_AUDITOR_DATABASE_URL": "postgresql+psycopg://auditor:handed-out@db/shop",
    "LEVERFRAME_AUDITOR_PASSWORD": "handed-out-password",
    "LEVERFRAME_ISSUER_KEYS": ISSUER_RING,
    "LEVERFRAME_DESK_OIDC_CLIENT_SECRET": "handed-out",
    "LEVERFRAME_KEYS_DATABASE_URL": "postgresql+psycopg://keys:handed-out@db/shop",
    "LEVERFRAME_KEYS_PASSWORD": "handed-out-password",
    "LEVERFRAME_KEY_SERVICE_TOKEN": "handed-out-token-for-keys",
    "LEVERFRAME_MODEL_API_KEY": "handed-out",
    "LEVERFRAME_NOTIFICATIONS_SECRET": "whsec_" + "handedout+" * 4,
    "LEVERFRAME_GUARD_API_KEY": "handed-out",
    "LEVERFRAME_OWNER_DATABASE_URL": "postgresql+psycopg://owner:handed-out@db/shop",
    "LEVERFRAME_PAYLOAD_KEYS": PAYLOAD_RING,
    "LEVERFRAME_PSEUDONYM_KEY": "handed-out" * 7,
    "LEVERFRAME_SEALER_DATABASE_URL": "postgresql+psycopg://sealer:handed-out@db/shop",
    "LEVERFRAME_SEALER_PASSWORD": "handed-out-password",
    "LEVERFRAME_SEAL_KEYS": SEALS_RING,
    "LEVERFRAME_TOKEN_CLIENT_SECRET": "handed-out",
    "LEVERFRAME_TOOLS_KEYS": TOOLS_RING,
    "LEVERFRAME_TOOLS_PASSWORD": "handed-out-password",
}
"""Every secret there is."""
PLAIN = {
    "LEVERFRAME_MODEL_URL": "http://127.0.0.1:9/v1",
    "LEVERFRAME_MODEL_NAME": "small",
    "LEVERFRAME_ISSUER_PUBLIC_KEYS": str(ISSUER.public),
    "LEVERFRAME_APPROVALS_PUBLIC_KEYS": str(APPROVALS.public),
}
FOREIGN = [(role, name) for role in ROLES for name in sorted(VALUES.keys() - secrets_of_roles([role]))]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in {name for kind in ALL for name in kind.model_fields}:
        monkeypatch.delenv(f"{PREFIX}{name.upper()}", raising=False)
    monkeypatch.setenv("LEVERFRAME_SECRETS_DIR", str(tmp_path))
    for name, value in PLAIN.items():
        monkeypatch.setenv(name, value)


def hand_out(names: set[str] | frozenset[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in names:
        monkeypatch.setenv(name, VALUES[name])


def test_every_secret_of_every_setting_is_tried_here() -> None:
    assert secrets_of((*ALL, *systems(), WebhookSettings)) == VALUES.keys()
    assert len(FOREIGN) > 40


@pytest.mark.parametrize("role", ROLES)
def test_a_role_starts_with_its_own(role: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_out(secrets_of_roles([role]), monkeypatch)
    settings = load_roles([role])
    held = {name for name in ("model", "approvals", "tools", "notifications") if getattr(settings, name) is not None}
    assert held == {"llm": {"model"}, "workflows": set(), "guards": set()}.get(role, {role})


@pytest.mark.parametrize(("role", "name"), FOREIGN)
@pytest.mark.parametrize("as_file", [False, True], ids=["variable", "file"])
def test_a_role_refuses_to_start_with_anothers(
    role: Role, name: str, as_file: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hand_out(secrets_of_roles([role]), monkeypatch)
    if as_file:
        (tmp_path / name.lower()).write_text(VALUES[name])
    else:
        monkeypatch.setenv(name, VALUES[name])
    with pytest.raises(SettingsError, match=rf"{role} must not hold: {name} \((the|each)") as caught:
        load_roles([role])
    assert VALUES[name] not in str(caught.value)
    assert "handed-out" not in str(caught.value)


@pytest.mark.parametrize("spelling", ["leverframe_scope_key", "LeverFrame_Scope_Key"])
def test_another_spelling_is_found_too(spelling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(spelling, VALUES["LEVERFRAME_SCOPE_KEY"])
    with pytest.raises(SettingsError, match="guards must not hold: LEVERFRAME_SCOPE_KEY"):
        load_roles(["guards"])
    forget_secrets()
    assert spelling not in os.environ


@pytest.mark.parametrize("role", ["approvals", "tools"])
def test_a_role_lacks_its_own(role: Role) -> None:
    with pytest.raises(SettingsError, match=rf"DATABASE_URL is missing: the {role} role needs it"):
        load_roles([role])


def test_one_process_of_several_roles_may_hold_what_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    hand_out(secrets_of_roles(["llm", "tools"]), monkeypatch)
    assert load_roles(["llm", "tools"]).tools is not None
    with pytest.raises(SettingsError, match="llm, guards must not hold"):
        load_roles(["llm", "guards"])


def test_secrets_leave_the_environment_once_they_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    hand_out(secrets_of_roles(["tools"]), monkeypatch)
    load_roles(["tools"])
    forget_secrets()
    assert not secrets_of(ALL) & set(os.environ)
    assert os.environ["LEVERFRAME_MODEL_NAME"] == "small"


@pytest.mark.parametrize(("role", "own"), [("guards", "screening"), ("notifications", "notifying")])
def test_a_role_imports_nothing_of_the_others(role: Role, own: str) -> None:
    """Such a process holds neither the database's code nor the model's client."""
    program = f"""
        import asyncio, sys
        from worker.cli import app, run
        from worker.roles.workers import RoleSettings, role_workers
        from worker.settings.shared import WorkerSettings

        async def main():
            try:
                async with role_workers(None, ["{role}"], RoleSettings(WorkerSettings())):
                    pass
            except AttributeError:
                pass  # There is no client; what is imported, is.

        asyncio.run(main())
        assert "activities.{own}" in sys.modules
        print(sorted({{"sqlalchemy", "psycopg", "openai", "tools", "machines"}} & set(sys.modules)))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr


class Crm(HttpSettings):
    system: ClassVar[type[HttpSystem]] = HttpSystem


def test_an_auditors_token_for_a_system_outside_is_no_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_secrets, "_systems", lambda: (Crm,))
    held = secrets_of_roles(["tools"]) | own_secrets.variables_of_systems()
    assert "LEVERFRAME_CRM_TOKEN" in held
    assert "LEVERFRAME_CRM_AUDIT_TOKEN" not in held
