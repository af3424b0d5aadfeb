"""The example business, as its own developers have it: installed beside Leverframe, tested by its own tests."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from worker.embedded.postgres import EmbeddedPostgres
from worker.testing.postgres import JOINED

ROOT = Path(__file__).parents[1]
CONTRACTS = ROOT / "examples" / "contracts"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with this checkout and the example installed, and the packages of this run."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    ours = next(path for path in map(Path, sys.path) if (path / "temporalio").is_dir())
    (site / "packages.pth").write_text(f"{ours}\n{ROOT}\n", encoding="utf-8")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run(
        [*install, "--disable-pip-version-check", "--target", str(site), str(CONTRACTS)], check=True, timeout=120
    )
    return folder / "bin" / "python"


def run(python: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        [str(python), *arguments],
        cwd=CONTRACTS,
        env={**os.environ, "PATH": programs, **environment},
        capture_output=True,
        text=True,
        timeout=280,
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


def test_beside_the_shop_it_is_one_of_two(python: Path) -> None:
    both = run(python, "-m", "worker", "machines", LEVERFRAME_BUSINESSES="shop,contracts")
    assert both.returncode == 0, both.stderr
    assert "13 machines verified" in both.stdout
    alone = run(python, "-m", "worker", "machines", LEVERFRAME_BUSINESSES="shop")
    assert "10 machines verified" in alone.stdout
