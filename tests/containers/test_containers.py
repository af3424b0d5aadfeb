"""The image and compose's services as they are run: what each may do and reach, and one story through all of them."""

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from leverframe.contracts.names import ROLES
from tests.containers import standins
from tests.containers.podman import ENVIRONMENT, ROOT, CommandFailed, Composed, missing, podman
from worker.cli.keys import make_invitations
from worker.embedded.weights import fetch_weights
from worker.keys.first_operator import make_first_operator
from worker.keys.secret_files import make_secrets
from worker.testing.binaries import binary

WHY = missing()
pytestmark = [pytest.mark.heavy, pytest.mark.timeout(1800), pytest.mark.skipif(WHY is not None, reason=WHY or "")]

PORTS = {"business-db": 5432, "temporal": 7233, "vllm": 8000, "keys": 8082, "codec": 8081, "desk": 8083, "api": 8084}
OUTSIDE = ("1.1.1.1", 443)
DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
CUSTOMER = "mia_berg_1001"

HEALTH = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=5)"

PROBE = """import json, socket, sys
reached = []
for name, address, port in json.loads(sys.argv[1]):
    try:
        socket.create_connection((address, port), 2).close()
        reached.append(name)
    except OSError:
        pass
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
try:
    open("/app/worker/changed", "w")
    wrote = True
except OSError:
    wrote = False
print(json.dumps({"reached": sorted(set(reached)), "capabilities": status["CapEff"], "wrote": wrote,
                  "more": status["NoNewPrivs"], "uid": status["Uid"].split()[0]}))
"""

SHOP = f"""import asyncio
from pathlib import Path
from tools.scope import create_engine
from tools.shop.generator import DemoItem, DemoOrder, demo_customer
from tools.shop.store import store
async def fill():
    engine = create_engine(Path("/run/secrets/leverframe_owner_database_url").read_text())
    lamp = DemoOrder(order_id="#W1000001", items=(DemoItem(name="Desk lamp", price="54.10"),))
    await store(engine, demo_customer("{CUSTOMER}", [lamp]))
    await engine.dispose()
asyncio.run(fill())
"""


def until(reached: Callable[[], bool], what: str, within: float = 180) -> None:
    end = time.monotonic() + within
    while not reached():
        assert time.monotonic() < end, f"not within {within:.0f} s: {what}"
        time.sleep(0.5)


@pytest.fixture(scope="module")
def image() -> None:
    subprocess.run([ROOT / "docker" / "image.sh"], env=ENVIRONMENT, check=True)


@pytest.fixture(scope="module")
def composed(image: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    folder = tmp_path_factory.mktemp("containers")
    standins.build(folder)
    make_secrets(folder / "secrets", for_containers=True)
    key, directory = folder / "secrets" / "operator.key", folder / "operators" / "operators.toml"
    make_first_operator(key, directory)
    for file in (key, directory):
        file.chmod(0o644)  # Of the operator's own machine, whose user is not the container's.
    command = [binary("docker-compose"), "-f", str(ROOT / "docker-compose.yml"), "--profile", "*", "config"]
    config = json.loads(subprocess.check_output([*command, "--format", "json"]))
    (operators,) = (mount for mount in config["services"]["approvals"]["volumes"] if mount["target"] == "/operators")
    operators["source"] = str(directory.parent)
    make_invitations(folder / "desk")
    for mount in config["services"]["desk"]["volumes"]:
        own = directory.parent if mount["target"] == "/operators" else folder / "desk" / "invitations"
        mount["source"] = str(own)
    composed = Composed(config, folder / "secrets")
    try:
        start(composed)
        yield composed
    finally:
        composed.down()


def start(composed: Composed) -> None:
    """In the order that the services wait for each other."""
    services = composed.services
    secrets = ("payload_keys", "key_service_token", "issuer_keys", "pseudonym_key", "approvals_public_keys")
    service = services["workflows"] | {"networks": {"temporal": None, "keys": None}, "volumes": []}
    given = [{"source": name} for name in (*(f"leverframe_{name}" for name in secrets), "operator.key")]
    keeping = {**service["environment"], "LEVERFRAME_STATE_DIR": "/tmp/state"}
    services["service"] = service | {"secrets": given, "environment": keeping}
    services["filling"] = services["migrations"] | {"entrypoint": ["python", "-c", SHOP], "command": []}
    composed.up("business-db", standins.IMAGE, standins.COMMANDS["business-db"])
    until(lambda: "ready to accept connections" in composed.log("business-db"), "PostgreSQL")
    until(lambda: succeeds(lambda: composed.run("migrations", "migrate", "--dedicated")), "migrations")
    composed.run("filling")
    composed.up("temporal", standins.IMAGE, standins.COMMANDS["temporal"])
    services["temporal-namespace"]["image"] = standins.IMAGE
    until(lambda: succeeds(lambda: composed.run("temporal-namespace")), "the namespace")
    weights = fetch_weights()
    composed.up("vllm", standins.IMAGE, standins.COMMANDS["vllm"], f"{weights}:/weights.gguf")
    until(lambda: succeeds(lambda: composed.exec("vllm", "python", "-c", HEALTH)), "the model")
    for name in ("keys", "codec", "desk", "api", *ROLES):
        composed.up(name)
    for name in ("keys", "codec", "desk", "api", *ROLES):
        until(partial(composed.healthy, name), f"{name} is well")


def succeeds(run: Callable[[], object]) -> bool:
    try:
        run()
    except CommandFailed as error:
        print(error)
        return False
    return True


def test_each_role_reaches_what_it_works_with_and_nothing_else(composed: Composed) -> None:
    others = [(name, address, port) for name, port in PORTS.items() for address in composed.addresses(name)]
    targets = json.dumps([*others, ("outside", *OUTSIDE)])
    may = {
        "workflows": {"temporal", "keys"},
        "guards": {"temporal", "keys"},
        "llm": {"temporal", "keys", "vllm"},
        "approvals": {"temporal", "keys", "business-db"},
        "tools": {"temporal", "keys", "business-db"},
        "notifications": {"temporal", "keys"},
    }
    assert set(may) == set(ROLES)
    for role in ROLES:
        found = json.loads(composed.exec(role, "python", "-c", PROBE, targets))
        # Two have a way out by compose's networks; whether it leads anywhere is this machine's affair.
        reached = set(found["reached"]) - ({"outside"} if role in {"tools", "notifications"} else set())
        assert reached == may[role], role
        assert (found["wrote"], found["more"], found["uid"]) == (False, "1", "10001"), role
        assert int(found["capabilities"], 16) == 0, role


def test_the_model_server_and_the_keys_reach_nothing_outside(composed: Composed) -> None:
    targets = json.dumps([("outside", *OUTSIDE)])
    for name in ("vllm", "keys", "business-db"):
        found = composed.exec(name, "python", "-c", PROBE.replace("/app/worker", "/nowhere"), targets)
        assert json.loads(found)["reached"] == [], name
    # The probe does find a way out where there is one: else none of these tests could fail.
    out = podman("run", "--rm", "--entrypoint", "python", "localhost/leverframe-worker", "-c", PROBE, targets)
    assert json.loads(out)["reached"] == ["outside"]


def test_another_business_is_built_on_the_image(image: None) -> None:
    folder, tag = ROOT / "examples" / "contracts", "localhost/mobile-contracts-worker"
    build = ["buildah", "bud", "--quiet", "--isolation", "chroot", "--layers=false", "--pull-never", "--tag", tag]
    subprocess.run([*build, str(folder)], env=ENVIRONMENT, check=True)
    both = "--env=LEVERFRAME_BUSINESSES=shop,contracts"
    assert "13 machines verified" in podman("run", "--rm", both, tag, "machines")
    assert "10 machines verified" in podman("run", "--rm", tag, "machines")


def test_an_order_is_cancelled_once_a_person_has_approved(composed: Composed) -> None:
    wish = "cancel my lamp, I no longer need it"
    action = composed.run("service", "start", wish, "--subject", CUSTOMER).splitlines()[-1].split()[-1]
    until(lambda: bool(DIGEST.search(composed.run("service", "show", action))), "the plan", within=300)
    digest = DIGEST.search(composed.run("service", "show", action))
    assert digest is not None
    with pytest.raises(CommandFailed, match="sign"):
        composed.run("service", "approve", action, digest[0])
    composed.run("service", "approve", action, digest[0], "--key", "/run/secrets/operator.key")
    assert "done" in composed.run("service", "result", action)
    told = composed.run("auditor", "audit", action)
    assert "54.10" in told
