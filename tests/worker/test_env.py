"""What a service is told of the stack that runs here: all that it needs, and nobody else's secrets."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from worker.cli.app import app
from worker.embedded.process import ServiceError
from worker.embedded.running import RunningStack, announce, only_stack
from worker.roles.own_secrets import ALL, secrets_of

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
OWN = {
    "TEMPORAL_CONFIG_FILE": "/o'hara/my files/temporal.toml",
    "LEVERFRAME_PSEUDONYM_KEY": "p" * 64,
    "LEVERFRAME_ISSUER_KEYS": "1:ed25519-private/00\n",
    "LEVERFRAME_APPROVALS_PUBLIC_KEYS": "1:ed25519/00\n",
    "LEVERFRAME_PAYLOAD_KEYS": "1:00",
    "LEVERFRAME_KEY_SERVICE_URL": "http://127.0.0.1:1",
    "LEVERFRAME_KEY_SERVICE_TOKEN": "a token; rm -rf $HOME `id`",
}
OTHERS = {name: f"{name.lower()} of somebody else" for name in secrets_of(ALL) - OWN.keys()} | {
    "LEVERFRAME_OPERATOR_KEY": "the operator's",
    "LEVERFRAME_STATE_DIR": "the stack's",
}


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LEVERFRAME_STATE_DIR", str(tmp_path))
    return tmp_path


def asked(state: Path, *options: str) -> Result:
    with only_stack(state):
        announce(state, RunningStack(pid=1, ui="http://127.0.0.1:2", environment=OWN | OTHERS))
        return CliRunner().invoke(app, ["env", *options])


def test_a_shell_takes_what_a_service_holds_and_nothing_else(state: Path) -> None:
    told = asked(state)
    assert told.exit_code == 0
    names = re.findall(r"^export (\w+)=", told.output, re.MULTILINE)
    assert sorted(names) == sorted(OWN)
    shows = f"import os; print([os.environ[name].strip() for name in {names}])"
    script = f'eval "$1"; exec {shlex.quote(sys.executable)} -c {shlex.quote(shows)}'
    taken = subprocess.run(["bash", "-c", script, "-", told.output], capture_output=True, text=True, check=True)
    assert taken.stdout.strip() == str([OWN[name].strip() for name in names])
    assert [value for value in OTHERS.values() if value in told.output] == []


def test_a_file_takes_the_same_without_quotes(state: Path) -> None:
    lines = asked(state, "--dotenv").output.splitlines()
    assert dict(line.split("=", 1) for line in lines) == {name: value.strip() for name, value in OWN.items()}


def test_where_nothing_runs_it_says_what_to_start(state: Path) -> None:
    result = CliRunner().invoke(app, ["env"])
    assert isinstance(result.exception, ServiceError)
    assert "Start one with 'make up'" in str(result.exception)
    assert result.output == ""


def test_the_readmes_service_reads_what_it_is_told() -> None:
    (program,) = re.findall(r"```python\n(import asyncio.*?)```", README, re.DOTALL)
    compile(program, "service.py", "exec")
    read = set(re.findall(r'os\.environ\["(\w+)"\]', program))
    # Temporal's own library reads the one.
    assert read | {"TEMPORAL_CONFIG_FILE"} == OWN.keys()
