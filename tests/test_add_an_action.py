"""The page on adding an action, followed to the letter in a copy of this checkout."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from worker.actions.new_action import ActionRefused, write_skeleton
from worker.embedded.postgres import EmbeddedPostgres
from worker.testing.postgres import JOINED

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "add-an-action.md").read_text(encoding="utf-8")
STEPS = re.findall(r"```(\w+) ?(\S*)\n(.*?)```", PAGE, re.DOTALL)
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "histories", "data")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout as it is now, without what is built in it."""
    folder = tmp_path_factory.mktemp("checkout") / "leverframe"
    shutil.copytree(ROOT, folder, ignore=LEFT_OUT)
    # The copy uses the installed packages of this run: nothing is installed, and nothing here is touched.
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    (folder / ".venv" / ".installed").touch()
    return folder


@pytest.fixture
def follow(copy: Path, postgres: EmbeddedPostgres, postgres_state: Path) -> Callable[[str], None]:
    """Runs a command in the copy; tests that it starts use the database server of this run."""
    environment = {**os.environ, "PYTHONPATH": str(copy), JOINED: str(postgres_state)}

    def run(command: str) -> None:
        command = command.replace("python ", f"{sys.executable} ", 1) if command.startswith("python ") else command
        done = subprocess.run(
            command.split(), cwd=copy, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"

    return run


def test_followed_to_the_letter_the_page_gives_a_working_action(copy: Path, follow: Callable[[str], None]) -> None:
    for kind, name, text in STEPS:
        if kind == "sh":
            for command in text.strip().splitlines():
                follow(command)
        else:
            assert (copy / name).is_file(), f"the skeleton has no {name}"
            (copy / name).write_text(text, encoding="utf-8")
    # What holds for every action holds for the new one.
    follow(
        "python -m pytest -q -p no:cacheprovider tests/worker/test_text_check.py tests/worker/test_tool_check.py "
        "tests/activities/test_versions.py tests/test_action_pages.py"
    )


def test_the_page_needs_less_than_150_lines_of_the_reader() -> None:
    assert sum(len(text.splitlines()) for kind, _, text in STEPS if kind != "sh") < 150


def test_a_skeleton_alone_is_safe_and_green(copy: Path, follow: Callable[[str], None]) -> None:
    write_skeleton("parcel_search", copy)
    follow("python -m worker machines --check machines/shop/parcel_search.py")
    follow("python -m pytest -q -p no:cacheprovider tests/workflows/test_parcel_search.py")


@pytest.mark.parametrize("name", ["order_cancellation", "x", "Order", "order-return", "../x_y", "a_" * 30, ""])
def test_a_name_that_is_taken_or_none_writes_nothing(name: str, tmp_path: Path) -> None:
    for part in ("machines/shop/order_cancellation.py", "tools/shop/catalogue.py"):
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / part, tmp_path / part)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ActionRefused):
        write_skeleton(name, tmp_path)
    assert sorted(tmp_path.rglob("*")) == before
