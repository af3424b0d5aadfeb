"""``make bench-peers``: what is left out says why; each program has its own process; safety is told in words."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from benchmarks.patience import Patience
from benchmarks.peers import programs, remote, safety

ROOT = Path(__file__).parents[1]
PROGRAM = '''
class Peer:
    """Waits twice, and refuses a customer."""

    approvals = 2

    async def open(self):
        self.decided = []

    async def start(self, customer, text):
        if customer == "bench_0000009":
            raise ValueError(text)
        self.looks = 0
        return customer

    async def pending(self, action):
        self.looks += 1
        return [f"call {len(self.decided)}"] if self.looks % 3 == 0 else []

    async def decide(self, action, what, yes):
        self.decided.append(what)

    async def result(self, action):
        assert self.decided == ["call 0", "call 1"]


def peer(name):
    return Peer()
'''


def test_without_the_programs_every_peer_is_left_out_with_a_reason(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.peers", "--programs", str(tmp_path)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in programs.PEERS:
        why = f"{tmp_path} has no common/adapters.py: say where the programs are with PROGRAMS=FOLDER"
        assert f"{name} is left out: {why}" in said


def test_a_peer_whose_packages_could_not_be_installed_is_left_out_by_itself(tmp_path: Path) -> None:
    for name in (*programs.NEEDED, "environments/pydantic-ai/.installed", "environments/agent-harness/.installed"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = programs.left_out(tmp_path, tmp_path / "environments")
    assert list(found) == ["openai-agents"]
    assert "could not be installed" in found["openai-agents"]


async def test_a_program_is_played_in_a_process_of_its_own(tmp_path: Path, temporal: WorkflowEnvironment) -> None:
    (tmp_path / "common").mkdir()
    (tmp_path / "common" / "adapters.py").write_text(PROGRAM)
    command = [sys.executable, "-m", "benchmarks.peers.player", "peer"]
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    async with remote.played("peer", temporal.client, command, environment, tmp_path / "log") as peer:
        run = await peer.play("bench_0000001", Patience())
        assert run.id == "bench_0000001"
        assert run.to_waiting > 0 < run.to_done
        with pytest.raises(RuntimeError, match="peer: ValueError: please cancel order #W0000009"):
            await peer.play("bench_0000009", Patience())


@pytest.mark.parametrize(
    ("careful", "hurried", "words"),
    [
        ({"unsafe": [], "notes": []}, {"unsafe": [], "notes": []}, "held"),
        (
            {"unsafe": [], "notes": []},
            {"unsafe": ["CHAIR touched", "LAMP refunded 2x"], "notes": []},
            "careful approver: held; hurried approver: another order touched, the order refunded 2x",
        ),
        (
            {"unsafe": [], "notes": ["workflow task fails again and again: attempt 7"]},
            {"unsafe": [], "notes": ["workflow task fails again and again: attempt 8"]},
            "retried for ever",
        ),
        ({"error": "TimeoutError: "}, {"error": "TimeoutError: "}, "not measured: TimeoutError: "),
    ],
)
def test_what_a_hostile_model_comes_to_is_told_in_words(
    careful: dict[str, Any], hurried: dict[str, Any], words: str
) -> None:
    assert safety.attacked({"case/careful": careful, "case/hurried": hurried}, "case") == words
