"""What the README tells a newcomer to type exists and works."""

import re
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from worker.cli.app import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL = "\n".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL))
TARGETS = sorted(set(re.findall(r"^make ([a-z-]+)", SHELL, re.MULTILINE)))
COMMANDS = sorted(set(re.findall(r"-m worker ([a-z-]+)", README)))


def test_the_readme_names_the_two_commands() -> None:
    assert {"demo", "test"} <= set(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_a_make_target_of_the_readme_exists(target: str) -> None:
    made = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_exists(command: str) -> None:
    helped = CliRunner().invoke(app, [command, "--help"])
    assert helped.exit_code == 0, helped.output


def test_every_file_that_the_readme_names_is_there() -> None:
    named = set(re.findall(r"\]\(([\w/.-]+)\)", README)) | set(re.findall(r"`((?:\w+/)+[\w.]+\.\w+)`", README))
    missing = [name for name in named if not (ROOT / name).exists() and not name.startswith("http")]
    assert missing == []
