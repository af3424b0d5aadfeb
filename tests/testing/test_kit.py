"""The kit is loaded where a package asks for it, and says what it expects of that package's pytest."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

CHOSEN = "import os\n\ndef test_what_runs():\n    assert os.environ['LEVERFRAME_BUSINESSES'] == 'acme'\n"
LOOPS = 'asyncio_default_fixture_loop_scope = "session"\nasyncio_default_test_loop_scope = "session"\n'


def pytest_in(folder: Path, settings: str) -> str:
    folder.joinpath("pyproject.toml").write_text(f"[tool.pytest.ini_options]\n{settings}", encoding="utf-8")
    folder.joinpath("conftest.py").write_text('pytest_plugins = ["worker.testing"]\n', encoding="utf-8")
    folder.joinpath("test_choice.py").write_text(CHOSEN, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=folder, capture_output=True, text=True
    )
    return done.stdout + done.stderr


def test_a_package_says_which_businesses_run_in_its_tests(tmp_path: Path) -> None:
    settings = f'asyncio_mode = "auto"\nleverframe_businesses = "acme"\n{LOOPS}'
    assert "1 passed" in pytest_in(tmp_path, settings)


def test_other_loops_than_the_kits_are_refused_with_what_is_expected(tmp_path: Path) -> None:
    said = pytest_in(tmp_path, 'asyncio_mode = "auto"\nleverframe_businesses = "acme"\n')
    assert 'worker.testing expects in [tool.pytest.ini_options]:\nasyncio_mode = "auto"' in said


def test_who_installs_the_sdk_alone_has_no_plugin_of_it() -> None:
    assert [entry for entry in entry_points(group="pytest11") if entry.dist and entry.dist.name == "leverframe"] == []
