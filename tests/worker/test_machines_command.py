"""Machines are listed with their proofs, and a file is verified without anything of it running."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from machines.registry import machines
from machines.verify import PROOFS
from worker.actions.machine_files import UnreadableFile, check_file
from worker.cli.app import app
from worker.cli.terminal import console

ROOT = Path(__file__).parent.parent.parent
SAFE = ROOT / "machines" / "shop" / "order_cancellation.py"


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "_width", 200)


def ran(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["machines", *arguments])
    return done.exit_code, done.output


def test_every_machine_is_listed_with_its_proofs() -> None:
    code, said = ran()
    assert code == 0
    for action in machines():
        assert action in said
    assert f"{len(machines())} machines verified in" in said
    assert said.count(f"{len(PROOFS)} hold") == len(machines())


def test_one_machine_is_shown_with_diagram_and_table() -> None:
    code, said = ran("order_cancellation")
    assert code == 0
    assert "stateDiagram-v2" in said
    assert "Confirming" in said
    code, said = ran("order_confusion")
    assert code == 2
    assert "known are" in said
    assert "order_cancellation" in said


def test_a_safe_file_holds_and_an_unsafe_one_names_the_path(tmp_path: Path) -> None:
    assert ran("--check", str(SAFE))[0] == 0
    unsafe = tmp_path / "unsafe.py"
    text = SAFE.read_text(encoding="utf-8")
    unsafe.write_text(text.replace("cancel = deciding.to(confirming,", "cancel = deciding.to(cancelling,"))
    code, said = ran("--check", str(unsafe))
    assert code == 1
    assert "deciding --cancel--> cancelling" in said


@pytest.mark.parametrize(
    "does",
    [
        "open({path!r}, 'w').write('x')",
        "import pathlib; pathlib.Path({path!r}).touch()",
        "import os; os.system('touch ' + {path!r})",
        "import subprocess; subprocess.run(['touch', {path!r}])",
        "import os; os.mkdir({path!r})",
        "import shutil; shutil.copy(__file__, {path!r})",
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9')",
    ],
)
def test_a_file_that_does_something_is_stopped(does: str, tmp_path: Path) -> None:
    left = tmp_path / "left-behind"
    hostile = tmp_path / "hostile.py"
    hostile.write_text(SAFE.read_text(encoding="utf-8") + "\n" + does.format(path=str(left)) + "\n")
    with pytest.raises(UnreadableFile, match="defines machines and does nothing else"):
        check_file(hostile)
    assert not left.exists()


def test_a_file_sees_no_secret_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVERFRAME_SCOPE_KEY", "a secret")
    curious = tmp_path / "curious.py"
    curious.write_text("import os\nraise SystemExit('seen' if 'LEVERFRAME_SCOPE_KEY' in os.environ else 'nothing')\n")
    with pytest.raises(UnreadableFile, match="nothing"):
        check_file(curious)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "defines no machine"),
        ("class Machine: ...", "defines no machine"),
        ("def (", "SyntaxError"),
        ("import nothing_of_this_name", "nothing_of_this_name"),
        ("raise SystemExit(0)", "cannot be read"),
    ],
)
def test_a_file_that_is_none_is_told_so(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "none.py"
    path.write_text(text)
    with pytest.raises(UnreadableFile, match=words):
        check_file(path)


def test_a_file_that_is_not_there_is_told_so() -> None:
    code, said = ran("--check", "machines/nowhere.py")
    assert code == 2
    assert "there is no file" in said


def test_all_machines_are_verified_in_less_than_two_seconds() -> None:
    """In a process of its own, imports and all: what the workflows role waits for when it starts."""
    timed = (
        "import time\nfrom machines.registry import machines\nfrom machines.verify import verify\n"
        "started = time.perf_counter()\n"
        "for machine in machines().values(): verify(machine)\n"
        "print(time.perf_counter() - started)"
    )
    done = subprocess.run([sys.executable, "-c", timed], cwd=ROOT, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 2
