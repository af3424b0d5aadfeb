"""The guard model's endpoint: optional, whole, and known to the guards role alone."""

import pytest

from worker.roles.workers import load_roles
from worker.settings.base import SettingsError, load
from worker.settings.guards import GuardSettings


def test_nothing_needs_to_be_set() -> None:
    assert load(GuardSettings).guard_url is None


def test_the_guards_role_gets_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVERFRAME_GUARD_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("LEVERFRAME_GUARD_MODEL", "guard")
    monkeypatch.setenv("LEVERFRAME_GUARD_API_KEY", "key-of-the-guard")
    settings = load_roles(["guards"]).guards
    assert settings is not None
    assert settings.guard_api_key.get_secret_value() == "key-of-the-guard"
    assert "key-of-the-guard" not in repr(settings)
    with pytest.raises(SettingsError, match=r"workflows must not hold: LEVERFRAME_GUARD_API_KEY \(the guards role\)"):
        load_roles(["workflows"])


@pytest.mark.parametrize("half", ["LEVERFRAME_GUARD_URL", "LEVERFRAME_GUARD_MODEL"])
def test_half_an_endpoint_is_refused(half: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(half, "something")
    with pytest.raises(SettingsError, match="both its URL"):
        load(GuardSettings)


@pytest.mark.parametrize("timeout", ["0", "9", "soon"])
def test_a_timeout_fits_into_a_screening(timeout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVERFRAME_GUARD_TIMEOUT", timeout)
    with pytest.raises(SettingsError, match="LEVERFRAME_GUARD_TIMEOUT"):
        load(GuardSettings)
