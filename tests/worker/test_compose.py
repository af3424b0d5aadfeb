"""docker-compose.yml, as the real program reads it: each role has its own secrets and networks, and no other's."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from worker.settings import PREFIX, ModelSettings, OwnerSettings, ToolsSettings

ROOT = Path(__file__).parents[2]
Service = dict[str, Any]

ALLOWED: dict[str, set[str]] = {
    "workflows": set(),
    "guards": set(),
    "llm": {"leverframe_model_api_key"},
    "approvals": set(),
    "tools": {"leverframe_database_url", "leverframe_scope_key"},
}


@pytest.fixture(scope="module")
def services() -> dict[str, Service]:
    compose = shutil.which("docker-compose", path=str(Path(sys.executable).parent)) or shutil.which("docker-compose")
    if compose is None:
        pytest.skip("docker-compose is not installed here")
    command = [compose, "-f", str(ROOT / "docker-compose.yml"), "--profile", "*", "config", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, Service] = json.loads(done.stdout)["services"]
    return found


def secrets(service: Service) -> set[str]:
    return {item["source"] for item in service.get("secrets", [])}


def test_each_role_is_a_service_with_its_own_secrets_only(services: dict[str, Service]) -> None:
    assert {role: secrets(services[role]) for role in ALLOWED} == ALLOWED
    for role in ALLOWED:
        assert services[role]["command"] == ["run", "--roles", role]


def test_no_secret_stands_in_an_environment(services: dict[str, Service]) -> None:
    names = {
        PREFIX + name.upper()
        for kind in (ModelSettings, OwnerSettings, ToolsSettings)
        for name, field in kind.model_fields.items()
        if "SecretStr" in str(field.annotation)
    }
    assert "LEVERFRAME_SCOPE_KEY" in names
    for name, service in services.items():
        assert not names & set(service.get("environment") or {}), name


def test_what_the_model_and_the_guards_cannot_reach(services: dict[str, Service]) -> None:
    reach = {name: set(service["networks"]) for name, service in services.items()}
    for role in ("workflows", "guards", "llm", "approvals", "vllm"):
        assert not reach[role] & reach["shop-db"], role
    for role in ("workflows", "guards", "approvals", "tools"):
        assert not reach[role] & reach["vllm"], role
    for role in ALLOWED:
        assert not reach[role] & reach["temporal-db"], role


def test_everything_that_stays_up_says_whether_it_is_well(services: dict[str, Service]) -> None:
    watched = {"workflows", "guards", "llm", "approvals", "tools", "temporal", "temporal-db", "shop-db", "vllm"}
    assert {name for name in watched if "healthcheck" not in services[name]} == set()


def test_nothing_is_published_beyond_this_machine(services: dict[str, Service]) -> None:
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published
    assert {port["host_ip"] for port in published} == {"127.0.0.1"}


def test_secrets_are_made_once_and_fit_together(tmp_path: Path) -> None:
    script = tmp_path / "make_secrets.py"
    script.write_bytes((ROOT / "docker" / "make_secrets.py").read_bytes())
    made = []
    for _ in range(2):
        subprocess.run([sys.executable, str(script)], check=True)
        made.append({file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()})
    assert made[0] == made[1]
    assert made[0]["leverframe_tools_password"] in made[0]["leverframe_database_url"]
    assert len(made[0]["leverframe_scope_key"]) == 64
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
