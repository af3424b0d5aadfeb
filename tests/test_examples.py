"""The example businesses, as their own developers have them: installed beside Leverframe, tested by their own tests."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.support.npm_programs import installed
from worker.embedded.postgres import EmbeddedPostgres
from worker.testing.postgres import JOINED

ROOT = Path(__file__).parents[1]
CONTRACTS, VENDURE = ROOT / "examples" / "contracts", ROOT / "examples" / "vendure"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with this checkout and the examples installed, and the packages of this run."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    ours = next(path for path in map(Path, sys.path) if (path / "temporalio").is_dir())
    # Programs of npm are installed once.
    (npm := Path(sys.prefix) / "npm").mkdir(exist_ok=True)
    (folder / "npm").symlink_to(npm)
    (site / "packages.pth").write_text(f"{ours}\n{ROOT}\n", encoding="utf-8")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run(
        [*install, "--disable-pip-version-check", "--target", str(site), str(CONTRACTS), str(VENDURE)],
        check=True,
        timeout=120,
    )
    return folder / "bin" / "python"


def run(
    python: Path, *arguments: str, where: str = str(CONTRACTS), **environment: str
) -> subprocess.CompletedProcess[str]:
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        [str(python), *arguments],
        cwd=where,
        env={**os.environ, "PATH": programs, **environment},
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )


def test_its_own_tests_pass(python: Path, postgres: EmbeddedPostgres, postgres_state: Path) -> None:
    """On the database server of this run."""
    done = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", **{JOINED: str(postgres_state)})
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_beside_the_shop_neither_reaches_the_others_tools(python: Path, postgres_state: Path, postgres: object) -> None:
    story = ROOT / "tests" / "threats" / "both_businesses.py"
    options = ("-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"), str(story))
    joined = {JOINED: str(postgres_state), "LEVERFRAME_BUSINESSES": "shop,contracts"}
    done = run(python, "-m", "pytest", *options, **joined)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "2 passed" in done.stdout


def test_what_requires_vendure_carries_its_licence_and_is_in_no_wheel_or_image() -> None:
    names = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    sources = {name: ROOT / name for name in names if name.endswith((".js", ".mjs", ".cjs", ".ts"))}
    requiring = {name for name, path in sources.items() if "@vendure/" in path.read_text(encoding="utf-8")}
    assert requiring == {"tests/support/npm/vendure/server.js"}
    assert all("SPDX-License-Identifier: GPL-3.0-or-later" in sources[name].read_text() for name in requiring)
    assert "COPY tests" not in (ROOT / "Dockerfile").read_text()


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_a_real_shop_outside_is_worked_on_with_its_customers_own_rights(
    python: Path, postgres: EmbeddedPostgres, postgres_state: Path
) -> None:
    installed("vendure")
    own = ["-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = run(python, *own, where=str(VENDURE), **{JOINED: str(postgres_state)})
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "skipped" not in done.stdout


def test_beside_the_shop_each_is_one_of_several(python: Path) -> None:
    all_of_them = run(python, "-m", "worker", "machines", LEVERFRAME_BUSINESSES="shop,contracts,vendure")
    assert all_of_them.returncode == 0, all_of_them.stderr
    assert "15 machines verified" in all_of_them.stdout
    alone = run(python, "-m", "worker", "machines", LEVERFRAME_BUSINESSES="shop")
    assert "10 machines verified" in alone.stdout
