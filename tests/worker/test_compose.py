"""docker-compose.yml, as the real program reads it: each role has its own secrets and networks, and no other's."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.testing import WorkflowEnvironment

from leverframe.contracts.names import ROLES, SEARCH_ATTRIBUTES
from tools.systems import Systems
from worker.embedded.temporal import temporal_binary
from worker.keys.secret_files import make_secrets
from worker.roles.own_secrets import ALL, OF_EVERY_ROLE, OF_ROLE, secrets_of
from worker.settings.api import ApiSettings
from worker.settings.audit import AuditorSettings
from worker.settings.base import Settings
from worker.settings.codec import CodecSettings
from worker.settings.desk import DeskSettings
from worker.settings.keyservice import KeyServiceSettings
from worker.settings.owner import OwnerSettings
from worker.settings.seal import SealSettings
from worker.settings.systems import systems
from worker.shop.webhook_settings import WebhookSettings

ROOT = Path(__file__).parents[2]
Service = dict[str, Any]

FILES = ("issuer_public_keys", "approvals_public_keys", "seal_public_keys")
"""Not secret, and handed out in the same way."""


def files_for(kinds: Iterable[type[Settings | Systems]]) -> set[str]:
    """Which files whoever reads these settings must be given."""
    public = {f"leverframe_{name}" for kind in kinds for name in FILES if name in kind.model_fields}
    return public | {variable.lower() for variable in secrets_of(kinds)}


ALLOWED = {role: files_for((*OF_EVERY_ROLE, *OF_ROLE[role])) for role in ROLES} | {
    "tools": files_for((*OF_EVERY_ROLE, *OF_ROLE["tools"], *systems())),
    "codec": files_for([CodecSettings]),
    "desk": files_for([DeskSettings]),
    "api": files_for([ApiSettings]),
    "keys": files_for([KeyServiceSettings]),
    "webhooks": files_for([WebhookSettings]),
    "migrations": files_for([OwnerSettings]),
    "auditor": files_for([AuditorSettings]),
    "drift": files_for([AuditorSettings]),
    "seal": files_for([SealSettings]),
}


STORES = ("jaeger", "prometheus", "loki", "grafana")
"""What the collector fills, and what shows it."""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    program = shutil.which("docker-compose", path=str(Path(sys.executable).parent)) or shutil.which("docker-compose")
    if program is None:
        pytest.skip("docker-compose is not installed here")
    command = [program, "-f", str(ROOT / "docker-compose.yml"), "--profile", "*", "config", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Service]:
    found: dict[str, Service] = compose["services"]
    return found


def secrets(service: Service) -> set[str]:
    return {item["source"] for item in service.get("secrets", [])}


def test_each_role_is_a_service_with_its_own_secrets_only(services: dict[str, Service]) -> None:
    assert {role: secrets(services[role]) for role in ALLOWED} == ALLOWED
    for role in ROLES:
        assert services[role]["command"] == ["run", "--roles", role]
    assert ALLOWED["workflows"] == {"leverframe_payload_keys", "leverframe_key_service_token"}
    assert ALLOWED["guards"] == ALLOWED["workflows"] | {"leverframe_guard_api_key"}


def test_nobody_decides_there_under_a_name_that_is_only_claimed(services: dict[str, Service]) -> None:
    approvals = services["approvals"]
    assert approvals["environment"]["LEVERFRAME_APPROVER_TRUST"] == "signed"
    (mount,) = (one for one in approvals["volumes"] if one["target"] == "/operators")
    assert approvals["environment"]["LEVERFRAME_OPERATORS_FILE"] == "/operators/operators.toml"
    assert (Path(mount["source"]), mount["read_only"]) == (ROOT / "docker" / "operators", True)
    assert "--operators docker/operators" in (ROOT / "Makefile").read_text()


def test_nobody_in_there_can_mint_a_capability(services: dict[str, Service]) -> None:
    assert not any("leverframe_issuer_keys" in secrets(service) for service in services.values())
    assert [name for name, service in services.items() if "leverframe_pseudonym_key" in secrets(service)] == ["api"]
    assert [name for name, service in services.items() if "leverframe_approvals_keys" in secrets(service)] == [
        "approvals"
    ]


def test_the_ui_shows_what_is_encrypted_to_its_own_pages_alone(services: dict[str, Service]) -> None:
    codec, ui = services["codec"], services["temporal-ui"]["environment"]
    (port,) = codec["ports"]
    assert ui["TEMPORAL_CODEC_ENDPOINT"] == f"http://127.0.0.1:{port['published']}"
    assert port["target"] == int(codec["environment"]["LEVERFRAME_CODEC_PORT"])
    (ui_port,) = services["temporal-ui"]["ports"]
    assert f"http://127.0.0.1:{ui_port['published']}" in codec["environment"]["LEVERFRAME_CODEC_ORIGINS"].split(",")
    assert set(codec["networks"]) == {"codec-port", "codec-keys"}


def test_the_ui_sends_signals_and_updates_and_does_nothing_else(services: dict[str, Service]) -> None:
    """By the names under which the UI's server knows what can be switched off; what is left is for decisions."""
    told = services["temporal-ui"]["environment"]
    off = {name.removeprefix("TEMPORAL_").removesuffix("_DISABLED") for name in told if name.endswith("_DISABLED")}
    of_workflows = {f"WORKFLOW_{what}" for what in ("CANCEL", "TERMINATE", "RESET", "PAUSE")}
    assert off == {"START_WORKFLOW", "ACTIVITY_COMMANDS", "BATCH_ACTIONS", *of_workflows}
    assert all(told[f"TEMPORAL_{name}_DISABLED"] == "true" for name in off)


def test_no_secret_stands_in_an_environment(services: dict[str, Service]) -> None:
    names = secrets_of(ALL)
    assert {"LEVERFRAME_SCOPE_KEY", "LEVERFRAME_PAYLOAD_KEYS"} <= names
    for name, service in services.items():
        assert not names & set(service.get("environment") or {}), name


def test_what_the_model_and_the_guards_cannot_reach(services: dict[str, Service]) -> None:
    reach = {name: set(service["networks"]) for name, service in services.items()}
    for role in ("workflows", "guards", "llm", "notifications", "codec", "desk", "api", "webhooks", "vllm"):
        assert not reach[role] & reach["business-db"], role
    for role in ("workflows", "guards", "approvals", "tools", "notifications", "keys", "desk", "api"):
        assert not reach[role] & reach["vllm"], role
    for role in ALLOWED:
        assert not reach[role] & reach["temporal-db"], role
    assert not reach["codec"] & reach["temporal"]
    assert {name for name, networks in reach.items() if networks & reach["codec"]} == {"codec", "keys"}
    assert {name for name, networks in reach.items() if networks & reach["desk"]} == {"desk", "keys", "temporal"}
    assert {name for name, networks in reach.items() if networks & reach["api"]} == {"api", "keys", "temporal"}


def test_everything_that_stays_up_says_whether_it_is_well(services: dict[str, Service]) -> None:
    watched = {*ROLES, "codec", "desk", "api", "keys", "webhooks", "temporal", "temporal-db", "business-db", "vllm"}
    watched |= {"prometheus", "loki", "grafana", "jaeger"}
    assert {name for name in watched if "healthcheck" not in services[name]} == set()


def test_everybody_who_reads_payloads_reaches_the_key_service_and_nobody_outside_does(
    services: dict[str, Service],
) -> None:
    keys = services["keys"]
    port = keys["environment"]["LEVERFRAME_KEY_SERVICE_PORT"]
    assert not keys.get("ports")
    for name in (*ROLES, "codec", "auditor", "drift"):
        assert services[name]["environment"]["LEVERFRAME_KEY_SERVICE_URL"] == f"http://keys:{port}", name
        assert set(services[name]["networks"]) & set(keys["networks"]), name


def test_nothing_is_published_beyond_this_machine(services: dict[str, Service]) -> None:
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published
    assert {port["host_ip"] for port in published} == {"127.0.0.1"}


def test_every_file_that_it_hands_out_is_one_that_keys_new_makes(tmp_path: Path, services: dict[str, Service]) -> None:
    make_secrets(tmp_path / "secrets", for_containers=True)
    made = {file.name for file in (tmp_path / "secrets").iterdir()}
    assert {name for service in services.values() for name in secrets(service)} <= made


def test_the_roles_reach_the_collector_and_nothing_of_what_it_fills(services: dict[str, Service]) -> None:
    collector = services["otel-collector"]
    for role in ROLES:
        assert set(services[role]["networks"]) & set(collector["networks"]), role
        assert services[role]["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://otel-collector:4318"
    for store in STORES:
        networks = set(services[store]["networks"])
        reaching = {name for name, other in services.items() if networks & set(other["networks"])}
        assert reaching == {*STORES, "otel-collector"}
    assert {name for name in STORES if services[name].get("ports")} == {"jaeger", "grafana"}


def test_telemetry_runs_without_rights_and_is_never_waited_for(services: dict[str, Service]) -> None:
    for name in (*STORES, "otel-collector"):
        service = services[name]
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    needed = services["otel-collector"]["depends_on"]
    assert {need["condition"] for need in needed.values()} == {"service_started"}


def test_dashboards_need_a_login_with_a_password_made_here(services: dict[str, Service]) -> None:
    grafana = services["grafana"]
    assert grafana["environment"]["GF_AUTH_ANONYMOUS_ENABLED"] == "false"
    assert grafana["environment"]["GF_SECURITY_ADMIN_PASSWORD__FILE"] == "/run/secrets/grafana_admin_password"
    assert secrets(grafana) == {"grafana_admin_password"}
    assert [name for name, service in services.items() if "grafana_admin_password" in secrets(service)] == ["grafana"]


def test_every_file_that_telemetry_reads_is_there(services: dict[str, Service]) -> None:
    read = [mount["source"] for name in (*STORES, "otel-collector") for mount in services[name].get("volumes", ())]
    assert [source for source in read if source.startswith("/") and not Path(source).exists()] == []
    home = services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    (folder,) = (mount for mount in services["grafana"]["volumes"] if home.startswith(mount["target"] + "/"))
    assert (Path(folder["source"]) / home.removeprefix(folder["target"] + "/")).is_file()


UNMASKED = {"com.docker.network.bridge.enable_ip_masquerade": "false"}


def test_who_reaches_anything_outside(compose: dict[str, Any], services: dict[str, Service]) -> None:
    """The payment provider, the receiver of notifications, and where weights come from. A port needs no way out."""
    open_networks = {name for name, network in compose["networks"].items() if not network.get("internal")}
    ports = {name for name in open_networks if compose["networks"][name].get("driver_opts") == UNMASKED}
    ways = {name: set(service["networks"]) for name, service in services.items()}
    outside = {name: networks & (open_networks - ports) for name, networks in ways.items()}
    assert {name: networks for name, networks in outside.items() if networks} == {
        "tools": {"provider"},
        "notifications": {"receiver"},
        "weights": {"weights-download"},
    }
    published = {name for name, service in services.items() if service.get("ports")}
    assert {name for name, networks in ways.items() if networks & ports} == published
    assert not published & {*ROLES, "keys"}


def test_every_service_has_few_rights_and_a_share_of_the_machine(services: dict[str, Service]) -> None:
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert int(service["mem_limit"]) > 0, name
        assert 0 < service["pids_limit"] <= 4096, name
        assert not {"privileged", "pid", "ipc", "network_mode", "devices"} & set(service), name
    assert {name for name, service in services.items() if "cap_add" in service} == {"business-db", "temporal-db"}
    ours = {name: service for name, service in services.items() if service.get("image") == "leverframe-worker"}
    assert {*ALLOWED} == set(ours)
    assert {name for name, service in ours.items() if service.get("read_only") is not True} == set()


def test_no_two_services_share_what_they_write(services: dict[str, Service]) -> None:
    written = [
        mount["source"]
        for name, service in services.items()
        for mount in service.get("volumes", ())
        if not mount.get("read_only") and name != "weights"  # It fills what vLLM reads, and has ended then.
    ]
    assert sorted(written) == sorted(set(written))
    assert {f"spans-{role}" for role in ROLES} <= set(written)


def test_the_model_server_reaches_nobody_and_tells_nobody(services: dict[str, Service]) -> None:
    vllm, weights = services["vllm"], services["weights"]
    assert set(vllm["networks"]) == {"model"}
    assert vllm["depends_on"]["weights"]["condition"] == "service_completed_successfully"
    told = {name: vllm["environment"][name] for name in ("HF_HUB_OFFLINE", "VLLM_NO_USAGE_STATS", "DO_NOT_TRACK")}
    assert set(told.values()) == {"1"}
    revision = weights["environment"]["MODEL_REVISION"]
    assert len(revision) == 40
    assert vllm["environment"]["MODEL_REVISION"] == revision
    assert secrets(weights) == set()
    for script in ("vllm.sh", "weights.sh"):
        assert '--revision "$MODEL_REVISION"' in (ROOT / "docker" / script).read_text()


def test_the_model_server_is_set_up_as_the_llm_role_asks_it(services: dict[str, Service]) -> None:
    asks, serves = services["llm"]["environment"], services["vllm"]["environment"]
    assert asks["LEVERFRAME_MODEL_NAME"] == serves["MODEL"]
    assert asks["LEVERFRAME_MODEL_REVISION"] == serves["MODEL_REVISION"]
    assert asks["LEVERFRAME_MODEL_CONCURRENCY"] == serves["VLLM_SEQUENCES"]
    script = (ROOT / "docker" / "vllm.sh").read_text()
    assert asks["LEVERFRAME_MODEL_PRIORITY"] == "true"
    assert "--scheduling-policy priority" in script
    used = set(re.findall(r"\$(VLLM_[A-Z]+)", script)) - {"VLLM_API_KEY"}
    assert used <= serves.keys()


async def test_the_namespace_gets_every_search_attribute_with_its_type(temporal: WorkflowEnvironment) -> None:
    namespace = f"shop-{uuid4().hex[:8]}"
    own = {"TEMPORAL_ADDRESS": temporal.client.service_client.config.target_host, "TEMPORAL_NAMESPACE": namespace}
    path = f"{Path(temporal_binary()).parent}:{os.environ['PATH']}"
    for _ in range(2):
        script = await asyncio.create_subprocess_exec(
            "/bin/sh", ROOT / "docker" / "temporal-namespace.sh", env=os.environ | own | {"PATH": path}
        )
        assert await asyncio.wait_for(script.wait(), 120) == 0
    listed = await temporal.client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=namespace)
    )
    found: dict[str, int] = {
        name: kind for name, kind in listed.custom_attributes.items() if name.startswith("Leverframe")
    }
    assert found == {key.name: int(key.indexed_value_type) for key in SEARCH_ATTRIBUTES}
