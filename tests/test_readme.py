"""What the README and the pages beside it tell people to type exists and works."""

import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from tests.support.imports import PACKAGES, modules
from worker.cli.app import app

ROOT = Path(__file__).parent.parent
PAGES = (
    "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "docs/architecture.md", "docs/deployment.md",
    "tests/README.md",
)  # fmt: skip
TEXTS = {page: (ROOT / page).read_text(encoding="utf-8") for page in PAGES}
TEXT = "\n".join(TEXTS.values())
TARGETS = sorted(set(re.findall(r"(?:^|`)make ([a-z-]+)", TEXT, re.MULTILINE)))
COMMANDS = sorted(set(re.findall(r"-m worker ([a-z-]+)", TEXT)))


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


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    text, folder = TEXTS[page], (ROOT / page).parent
    linked = {name for name in re.findall(r"\]\(([^)#]+)", text) if "://" not in name}
    named = set(re.findall(r"`((?:\w+/)+[\w.]+\.\w+)`", text))
    assert [name for name in sorted(linked) if not (folder / name).exists()] == []
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_the_pages_of_the_layout_name_every_package() -> None:
    for package in PACKAGES:
        assert f"| `{package}/`" in TEXTS["docs/architecture.md"]


def test_citations_of_the_architecture_lead_to_its_sections() -> None:
    sections = set(re.findall(r"^## \d+\. (.*)$", TEXTS["docs/architecture.md"], re.MULTILINE))
    cited = {
        found
        for path in modules().values()
        for found in re.findall(r'docs/architecture\.md, "([^"]+)"', path.read_text(encoding="utf-8"))
    }
    assert cited <= sections
    assert len(cited) > 0


def test_what_a_service_installs_is_the_sdk_alone(tmp_path: Path) -> None:
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(tmp_path), "."], cwd=ROOT, check=True
    )
    (wheel,) = tmp_path.glob("leverframe-*.whl")
    with ZipFile(wheel) as packed:
        tops = {name.partition("/")[0] for name in packed.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"leverframe"}


def test_hooks_before_a_commit_are_the_projects_own_commands() -> None:
    hooks = YAML(typ="safe").load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repo["repo"] for repo in hooks] == ["local"]
    for hook in hooks[0]["hooks"]:
        assert hook["entry"].removeprefix(".venv/bin/python -m ") in (ROOT / "Makefile").read_text()
