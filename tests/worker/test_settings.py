"""A process reads only its roles' settings, and says in words what is missing."""

from pathlib import Path

import pytest

from leverframe.capability import use_of
from tests.support.keys import capability
from worker.roles.own_secrets import ALL
from worker.settings.approvals import ApprovalsSettings
from worker.settings.base import PREFIX, SettingsError, load
from worker.settings.llm import ModelSettings
from worker.settings.shared import PayloadSettings, WorkerSettings
from worker.settings.tools import ToolsSettings
from worker.testing.keys import APPROVALS, APPROVALS_RING, ISSUER, PAYLOAD_RING, TENANT, TOOLS_RING

SCOPE_KEY = "0" * 64


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in {name for kind in ALL for name in kind.model_fields}:
        monkeypatch.delenv(f"{PREFIX}{name.upper()}", raising=False)
    monkeypatch.setenv("LEVERFRAME_SECRETS_DIR", str(tmp_path))


def test_missing_secrets_are_all_named_with_who_needs_them() -> None:
    with pytest.raises(SettingsError) as caught:
        load(ToolsSettings)
    text = str(caught.value)
    assert "LEVERFRAME_DATABASE_URL is missing: the tools role needs it" in text
    assert "LEVERFRAME_SCOPE_KEY is missing" in text
    assert "LEVERFRAME_ISSUER_PUBLIC_KEYS is missing: the tools role needs it (public key ring" in text


def test_an_empty_variable_is_a_missing_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVERFRAME_MODEL_URL", "")
    monkeypatch.setenv("LEVERFRAME_MODEL_NAME", "small")
    with pytest.raises(SettingsError, match="LEVERFRAME_MODEL_URL is missing: the llm role"):
        load(ModelSettings)


def test_a_secret_can_be_a_file_and_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "leverframe_scope_key").write_text(SCOPE_KEY)
    monkeypatch.setenv("LEVERFRAME_DATABASE_URL", "postgresql+psycopg://tools:topsecret@db/shop")
    monkeypatch.setenv("LEVERFRAME_ISSUER_PUBLIC_KEYS", str(ISSUER.public))
    monkeypatch.setenv("LEVERFRAME_APPROVALS_PUBLIC_KEYS", str(APPROVALS.public))
    settings = load(ToolsSettings)
    assert settings.scope_key.get_secret_value() == SCOPE_KEY
    assert "topsecret" not in repr(settings)
    assert SCOPE_KEY not in repr(settings)


def test_a_wrong_value_is_explained_and_a_secret_one_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVERFRAME_APPROVER_TRUST", "everybody")
    with pytest.raises(SettingsError, match=r"LEVERFRAME_APPROVER_TRUST cannot be used.*'principal', 'signed' or 'cl"):
        load(ApprovalsSettings)
    monkeypatch.setenv("LEVERFRAME_TASK_QUEUE_PREFIX", "my secret prefix!")
    with pytest.raises(SettingsError) as caught:
        load(WorkerSettings)
    assert "my secret prefix!" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LEVERFRAME_PAYLOAD_KEYS", "1:deadbeef"),
        ("LEVERFRAME_APPROVALS_KEYS", "1:ed25519-private/deadbeef"),
        ("LEVERFRAME_APPROVALS_KEYS", "deadbeef"),
        ("LEVERFRAME_ISSUER_PUBLIC_KEYS", "one:ed25519/deadbeef"),
    ],
)
def test_a_bad_key_ring_is_told_when_it_is_loaded_and_not_quoted(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=rf"{variable} cannot be used: .*expected 'number:key' pairs") as caught:
        load(PayloadSettings if "PAYLOAD" in variable else ApprovalsSettings)
    assert "deadbeef" not in str(caught.value)


def test_rings_are_read_and_private_ones_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVERFRAME_PAYLOAD_KEYS", PAYLOAD_RING)
    payloads = load(PayloadSettings)
    assert payloads.keys is not None
    assert PAYLOAD_RING not in repr(payloads)
    tools = ToolsSettings(
        database_url="postgresql://",
        scope_key=SCOPE_KEY,
        issuer_public_keys=str(ISSUER.public),
        approvals_public_keys=str(APPROVALS.public),
    )
    token = capability("mia", action_id="a")
    assert tools.verifier(TENANT).verify(token, use_of("read", "a", [], {})).subject == "mia"


def test_the_safer_trust_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVERFRAME_APPROVALS_KEYS", APPROVALS_RING)
    monkeypatch.setenv("LEVERFRAME_APPROVALS_DATABASE_URL", "postgresql://")
    monkeypatch.setenv("LEVERFRAME_ISSUER_PUBLIC_KEYS", str(ISSUER.public))
    assert load(ApprovalsSettings).approver_trust == "principal"


def test_the_state_folder_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEVERFRAME_STATE_DIR", "elsewhere")
    assert load(WorkerSettings).state_dir == tmp_path / "elsewhere"


def test_users_tokens_need_the_tools_roles_own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = {"DATABASE_URL": "postgresql://", "SCOPE_KEY": SCOPE_KEY, "ISSUER_PUBLIC_KEYS": str(ISSUER.public)}
    for name, value in plain.items():
        monkeypatch.setenv(f"LEVERFRAME_{name}", value)
    monkeypatch.setenv("LEVERFRAME_APPROVALS_PUBLIC_KEYS", str(APPROVALS.public))
    assert load(ToolsSettings).authorization is None
    monkeypatch.setenv("LEVERFRAME_TOKEN_URL", "http://login.example/token")
    with pytest.raises(SettingsError, match="LEVERFRAME_TOKEN_URL cannot be used: expected an https:// address"):
        load(ToolsSettings)
    monkeypatch.setenv("LEVERFRAME_TOKEN_URL", "https://login.example/token")
    monkeypatch.setenv("LEVERFRAME_TOKEN_CLIENT_SECRET", "known to both")
    with pytest.raises(SettingsError, match="LEVERFRAME_TOOLS_KEYS cannot be used: the authorization server"):
        load(ToolsSettings)
    monkeypatch.setenv("LEVERFRAME_TOOLS_KEYS", "1:es256-private/deadbeef")
    with pytest.raises(SettingsError, match="LEVERFRAME_TOOLS_KEYS cannot be used: a key of the tools") as caught:
        load(ToolsSettings)
    assert "deadbeef" not in str(caught.value)
    monkeypatch.setenv("LEVERFRAME_TOOLS_KEYS", TOOLS_RING)
    settings = load(ToolsSettings)
    assert settings.authorization is not None
    server, keys = settings.authorization
    assert (server.issuer, server.client_id) == ("https://login.example/token", "leverframe")
    private = TOOLS_RING.partition("/")[2]
    assert not any(secret in repr((settings, server, keys)) for secret in ("known to both", private))
