"""Where notifications may go, and what they must be signed with."""

from pathlib import Path

import pytest

from leverframe.notification_signature import parse_secrets
from tests.support.receiver import SECRET
from worker.keys.secret_files import make_secrets
from worker.roles.own_secrets import ALL
from worker.settings.base import PREFIX, SettingsError, load
from worker.settings.notifications import NotificationSettings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in {name for kind in ALL for name in kind.model_fields}:
        monkeypatch.delenv(f"{PREFIX}{name.upper()}", raising=False)
    monkeypatch.setenv("LEVERFRAME_SECRETS_DIR", str(tmp_path))


def test_without_an_address_no_secret_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVERFRAME_NOTIFICATIONS_URL", "")
    assert load(NotificationSettings).notifications_url is None


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.shop.example/leverframe?to=ops",
        "https://10.0.0.7:8443/",
        "http://127.0.0.1:9/",
        "http://[::1]:9/x",
    ],
)
def test_an_address_that_nobody_on_the_way_reads(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVERFRAME_NOTIFICATIONS_URL", url)
    monkeypatch.setenv("LEVERFRAME_NOTIFICATIONS_SECRET", SECRET)
    settings = load(NotificationSettings)
    assert settings.notifications_url == url
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.shop.example/",
        "http://10.0.0.7/",
        "http://localhost.shop.example/",
        "http://127.0.0.1@hooks.shop.example/",
        "https://name:password@hooks.shop.example/",
        "https:///nowhere",
        "https://-ünsafe.example/",
        "https://hooks.shop.example/a b",
        "https://hooks.shop.example:99999/",
        "ftp://localhost/",
        "hooks.shop.example",
    ],
)
def test_another_address_is_refused_and_not_quoted(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVERFRAME_NOTIFICATIONS_URL", url)
    monkeypatch.setenv("LEVERFRAME_NOTIFICATIONS_SECRET", SECRET)
    with pytest.raises(
        SettingsError, match=r"LEVERFRAME_NOTIFICATIONS_URL cannot be used: expected an https:// ad"
    ) as e:
        load(NotificationSettings)
    assert url not in str(e.value)


def test_an_address_needs_a_secret_that_can_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LEVERFRAME_NOTIFICATIONS_URL", "https://hooks.shop.example/")
    with pytest.raises(SettingsError, match=r"_NOTIFICATIONS_SECRET cannot be used: the webhook .* needs a secret"):
        load(NotificationSettings)
    (tmp_path / "leverframe_notifications_secret").write_text("hunter2")
    with pytest.raises(SettingsError, match="_SECRET cannot be used: a signing secret could not be read") as caught:
        load(NotificationSettings)
    assert "hunter2" not in str(caught.value)


def test_the_secret_that_is_made_can_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    make_secrets(tmp_path)
    monkeypatch.setenv("LEVERFRAME_NOTIFICATIONS_URL", "https://hooks.shop.example/")
    secret = load(NotificationSettings).notifications_secret
    assert secret is not None
    (key,) = parse_secrets(secret.get_secret_value())
    assert len(key) == 32
