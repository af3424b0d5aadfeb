"""The file that names the tenants of a deployment, and their folders: what is wrong with it is said in words."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from leverframe.contracts.names import Role
from worker.roles.workers import load_roles
from worker.settings.base import SettingsError
from worker.settings.tenants import TenantsFile
from worker.testing.keys import APPROVALS, APPROVALS_RING, ISSUER

SHOP = "LEVERFRAME_BUSINESSES"
OWN = {
    "leverframe_database_url": "postgresql+psycopg://tools:secret@db/{name}",
    "leverframe_scope_key": "{name}",
    "leverframe_issuer_public_keys": str(ISSUER.public),
    "leverframe_approvals_public_keys": str(APPROVALS.public),
}
OF_APPROVALS = {
    "leverframe_approvals_database_url": "postgresql+psycopg://approvals:secret@db/{name}",
    "leverframe_approvals_keys": APPROVALS_RING,
    "leverframe_issuer_public_keys": str(ISSUER.public),
}


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The process's secrets folder, and in it one for each of two tenants."""
    file, folder = tmp_path / "tenants.toml", tmp_path / "secrets"
    file.write_text('[tenants.acme]\noperators = "acme.toml"\n[tenants.beta]\nbusinesses = ["shop"]\n', "utf-8")
    monkeypatch.setenv("LEVERFRAME_SECRETS_DIR", str(folder))
    monkeypatch.setenv("LEVERFRAME_TENANTS_FILE", str(file))
    monkeypatch.setenv(SHOP, "shop")
    for name in ("acme", "beta"):
        put(folder / name, OWN, name)
    return folder


def put(folder: Path, files: dict[str, str], name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        (folder / file).write_text(content.format(name=name), "utf-8")


def refusal(*roles: Role) -> str:
    with pytest.raises(SettingsError) as refused:
        load_roles(roles)
    assert "secret@" not in str(refused.value), "no secret is quoted"
    return str(refused.value)


def names(of: Sequence[object]) -> list[str]:
    return [getattr(one, "name", "") for one in of]


def test_each_has_its_own_settings_from_its_own_folder(secrets: Path) -> None:
    found = load_roles(["tools"])
    acme, beta = found.tenants
    assert (found.tools, names(found.tenants)) == (None, ["acme", "beta"])
    assert (acme.businesses, beta.businesses) == (None, frozenset({"shop"}))
    assert acme.of_tools.database_url.get_secret_value().endswith("/acme")
    assert beta.of_tools.database_url.get_secret_value().endswith("/beta")


def test_each_has_its_own_operators(secrets: Path) -> None:
    for name in ("acme", "beta"):
        for file in OWN:
            (secrets / name / file).unlink()
        put(secrets / name, OF_APPROVALS, name)
    acme, beta = load_roles(["approvals"]).tenants
    assert (acme.of_approvals.operators_file, beta.of_approvals.operators_file) == (secrets.parent / "acme.toml", None)


def test_a_role_that_knows_no_tenant_needs_none_of_it(secrets: Path) -> None:
    for name in ("acme", "beta"):
        for file in OWN:
            (secrets / name / file).unlink()
    assert load_roles(["workflows"]).tenants == ()


def test_a_tenants_missing_secret_is_named_with_its_folder(secrets: Path) -> None:
    (secrets / "beta" / "leverframe_scope_key").unlink()
    told = refusal("tools")
    assert "Of the tenant 'beta'" in told
    assert "LEVERFRAME_SCOPE_KEY is missing" in told


def test_a_tenant_without_a_folder(secrets: Path) -> None:
    (secrets / "beta").rename(secrets / "gamma")
    assert "The tenant 'beta' has no folder with its secrets: expected " in refusal("tools")


@pytest.mark.parametrize("file", ["leverframe_database_url", "leverframe_scope_key"])
def test_two_tenants_never_share_rows(secrets: Path, file: str) -> None:
    shared = "postgresql+psycopg://another:word@db/acme" if "url" in file else "acme"
    (secrets / "beta" / file).write_text(shared, "utf-8")
    assert f"{file.upper()} is the same for the tenants 'acme' and 'beta'" in refusal("tools")


@pytest.mark.parametrize("name", ["LEVERFRAME_DATABASE_URL", "LEVERFRAME_OPERATORS_FILE", "LEVERFRAME_TOKEN_URL"])
def test_what_is_each_tenants_own_is_not_given_to_all(
    secrets: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "for all of them")
    assert f"{name}: each of several tenants (LEVERFRAME_TENANTS_FILE) has its own" in refusal("tools")


def test_another_roles_secret_in_a_tenants_folder(secrets: Path) -> None:
    put(secrets / "beta", OF_APPROVALS, "beta")
    told = refusal("tools")
    assert "tools must not hold: LEVERFRAME_APPROVALS_DATABASE_URL" in told


def test_people_are_not_promised_to_be_forgotten_who_would_not_be(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEVERFRAME_KEY_SERVICE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("LEVERFRAME_KEY_SERVICE_TOKEN", "x" * 16)
    assert "do not go together" in refusal("tools")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", "tenants: Field required"),
        ("[tenants]\n", "at least 1 item"),
        ("[tenants.'a b']\n", "tenants.a b"),
        ("[tenants.acme]\ndatabase = 'x'\n", "tenants.acme.database: Extra inputs are not permitted"),
        ("[tenants.acme]\nsecrets = '../beta'\n", "tenants.acme.secrets: String should match pattern"),
        ("[tenants.acme]\nbusinesses = ['bakery']\n", "tenants.acme.businesses: 'bakery' does not run here"),
        ("[tenants.acme]\nbusinesses = []\n", "tenants.acme.businesses"),
        ("[tenants", "Expected ']'"),
    ],
)
def test_a_file_that_says_something_else(
    tmp_path: Path, written: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SHOP, "shop")
    (file := tmp_path / "tenants.toml").write_text(written, "utf-8")
    with pytest.raises(SettingsError) as refused:
        TenantsFile.read(file)
    assert expected in str(refused.value)
