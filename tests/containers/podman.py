"""The services of docker-compose.yml in podman, with the networks, secrets, rights and limits that it gives them."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any
from uuid import uuid4

ROOT = Path(__file__).parents[2]
NEEDED = ("buildah", "mmdebstrap", "podman", "runc", "iptables")
ENVIRONMENT = {
    **os.environ,
    "CONTAINERS_CONF": str(Path(__file__).with_name("containers.conf")),
    "STORAGE_DRIVER": "vfs",
}
"""``vfs`` copies whole layers, and works inside of a container as well."""

Service = dict[str, Any]


def missing() -> str | None:
    """Why containers cannot be run here, if so."""
    if os.geteuid() != 0:
        return "containers with networks of their own are run as root"
    absent = [name for name in NEEDED if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None]
    return f"not installed here: {', '.join(absent)}" if absent else None


class CommandFailed(AssertionError):
    """With what the command printed."""


def podman(*words: str, within: float = 120) -> str:
    """Run podman and return what it printed; raises :class:`CommandFailed`."""
    done = subprocess.run(
        ["podman", *words], env=ENVIRONMENT, capture_output=True, text=True, timeout=within, check=False
    )
    if done.returncode:
        raise CommandFailed(f"podman {' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


class Composed:
    """One run of the project; :meth:`down` takes everything of it away."""

    def __init__(self, config: dict[str, Any], secrets: Path) -> None:
        self.project = f"leverframe-{uuid4().hex[:8]}"
        self.services: dict[str, Service] = config["services"]
        self._secrets = secrets
        self._networks: dict[str, Any] = config["networks"]
        self._made: set[str] = set()
        self.running: list[str] = []

    def up(self, name: str, image: str | None = None, command: list[str] | None = None, *mounts: str) -> None:
        """Start a service; ``image`` and ``command`` stand in for those that no registry is there to give."""
        podman("run", "--detach", *self._options(name, mounts), *self._what(name, image, command))
        self.running.append(name)

    def run(self, name: str, *command: str, within: float = 120) -> str:
        """Run a command in a container of its own that has what the service has; return what it printed."""
        return podman("run", "--rm", *self._options(name, ()), *self._what(name, None, list(command)), within=within)

    def exec(self, name: str, *command: str) -> str:
        return podman("exec", self._container(name), *command)

    def healthy(self, name: str) -> bool:
        """What the service's own health check says, once."""
        kind, *command = self.services[name]["healthcheck"]["test"]
        assert kind == "CMD"
        try:
            self.exec(name, *command)
        except CommandFailed:
            return False
        return True

    def addresses(self, name: str) -> list[str]:
        """The IP address of a running service on each of its networks."""
        (found,) = json.loads(podman("inspect", self._container(name)))
        return [network["IPAddress"] for network in found["NetworkSettings"]["Networks"].values()]

    def log(self, name: str) -> str:
        command = ["podman", "logs", self._container(name)]
        return subprocess.run(
            command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
        ).stdout

    def down(self) -> None:
        for name in self.running:
            podman("rm", "--force", "--volumes", "--time", "2", self._container(name))
        for network in self._made:
            podman("network", "rm", "--force", self._named(network))

    def _container(self, name: str) -> str:
        return f"{self.project}-{name}"

    def _named(self, network: str) -> str:
        return f"{self.project}-{network}"

    def _network(self, network: str) -> str:
        if network not in self._made:
            # Docker keeps its networks apart by itself; podman is asked to.
            kind = "--internal" if self._networks[network].get("internal") else "--opt=isolate=true"
            podman("network", "create", kind, self._named(network))
            self._made.add(network)
        return self._named(network)

    def _options(self, name: str, mounts: tuple[str, ...]) -> list[str]:
        service = self.services[name]
        words = ["--name", self._container(name), "--memory", str(service["mem_limit"])]
        words += ["--pids-limit", str(service["pids_limit"])]
        words += [f"--network={self._network(network)}:alias={name}" for network in service["networks"]]
        words += [f"--cap-drop={capability}" for capability in service.get("cap_drop", ())]
        words += [f"--cap-add={capability}" for capability in service.get("cap_add", ())]
        words += [f"--security-opt={option.split(':')[0]}" for option in service.get("security_opt", ())]
        words += ["--read-only"] if service.get("read_only") else []
        words += [f"--tmpfs={folder}" for folder in service.get("tmpfs", ())]
        words += [f"--env={key}={value}" for key, value in (service.get("environment") or {}).items()]
        for item in service.get("secrets", ()):
            words.append(f"--volume={self._secrets / item['source']}:/run/secrets/{item['source']}:ro")
        for mount in service.get("volumes", ()):
            words.append(f"--volume={self._source(mount)}:{mount['target']}{':ro' if mount.get('read_only') else ''}")
        return words + [f"--volume={mount}:ro" for mount in mounts]

    def _source(self, mount: dict[str, Any]) -> str:
        return mount["source"] if mount["type"] == "bind" else f"{self.project}-{mount['source']}"

    def _what(self, name: str, image: str | None, command: list[str] | None) -> list[str]:
        service = self.services[name]
        if image is not None:
            assert command is not None
            return [f"--entrypoint={json.dumps(command)}", image]
        entry = service.get("entrypoint")
        entrypoint = [f"--entrypoint={json.dumps(entry)}"] if entry else []
        return [*entrypoint, f"localhost/{service['image']}", *(command or service.get("command") or ())]
