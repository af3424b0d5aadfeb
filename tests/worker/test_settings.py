"""A process reads only its roles' settings, and says in words what is missing."""

from pathlib import Path

import pytest

from worker.settings import (
    ApprovalsSettings,
    ModelSettings,
    SettingsError,
    ToolsSettings,
    WorkerSettings,
    load,
)

SCOPE_KEY = "0" * 64


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATABASE_URL", "SCOPE_KEY", "MODEL_URL", "MODEL_NAME", "APPROVER_TRUST", "TASK_QUEUE_PREFIX"):
        monkeypatch.delenv(f"LEVERFRAME_{name}", raising=False)
    monkeypatch.setenv("LEVERFRAME_SECRETS_DIR", str(tmp_path))


def test_missing_secrets_are_all_named_with_who_needs_them() -> None:
    with pytest.raises(SettingsError) as caught:
        load(ToolsSettings)
    text = str(caught.value)
    assert "LEVERFRAME_DATABASE_URL is missing: the tools role needs it" in text
    assert "LEVERFRAME_SCOPE_KEY is missing" in text


def test_an_empty_variable_is_a_missing_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVERFRAME_MODEL_URL", "")
    monkeypatch.setenv("LEVERFRAME_MODEL_NAME", "small")
    with pytest.raises(SettingsError, match="LEVERFRAME_MODEL_URL is missing: the llm role"):
        load(ModelSettings)


def test_a_secret_can_be_a_file_and_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "leverframe_scope_key").write_text(SCOPE_KEY)
    monkeypatch.setenv("LEVERFRAME_DATABASE_URL", "postgresql+psycopg://tools:topsecret@db/shop")
    settings = load(ToolsSettings)
    assert settings.scope_key.get_secret_value() == SCOPE_KEY
    assert "topsecret" not in repr(settings)
    assert SCOPE_KEY not in repr(settings)


def test_a_wrong_value_is_explained_and_a_secret_one_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVERFRAME_APPROVER_TRUST", "everybody")
    with pytest.raises(SettingsError, match=r"LEVERFRAME_APPROVER_TRUST cannot be used.*'principal' or 'claimed'"):
        load(ApprovalsSettings)
    monkeypatch.setenv("LEVERFRAME_TASK_QUEUE_PREFIX", "my secret prefix!")
    with pytest.raises(SettingsError) as caught:
        load(WorkerSettings)
    assert "my secret prefix!" not in str(caught.value)


def test_the_safer_trust_is_the_default() -> None:
    assert load(ApprovalsSettings).approver_trust == "principal"


def test_the_state_folder_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEVERFRAME_STATE_DIR", "elsewhere")
    assert load(WorkerSettings).state_dir == tmp_path / "elsewhere"
