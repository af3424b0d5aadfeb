"""The benchmark of auditing, in a small form: it runs, prints what it found, and fails beyond its limits."""

import subprocess
import sys
from dataclasses import replace

import pytest

from benchmarks.auditing import MEGABYTES, SECONDS, Measured, beyond
from benchmarks.commands import Figures

FINE = Figures(command="a", seconds=10, cpu=9, megabytes=200, load=1, said="")
FOUND = Measured(entries=1, filled=1, seal=FINE, audit=FINE, report=FINE)


def test_it_prints_what_auditing_takes_and_fails_beyond_a_limit() -> None:
    """The memory is the real limit's: most of it is there before the first entry is read."""
    command = [sys.executable, "-m", "benchmarks.auditing", "--actions", "200", "--people", "160", "--seconds", "0.1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    told = " ".join(done.stdout.split())
    assert "200 actions of 160 people, 5,160 entries" in told, done.stderr
    assert "Made seal 1 of" in told
    assert "Verified: 200 actions, 5160 entries, nothing wrong." in told
    assert "Wrote " in told
    for column in ("audit --all --seals", "report --from", "audit and report", "CPU seconds", "peak MB", "load"):
        assert column in told
    assert done.returncode == 1
    assert "Too much: the audit and the report took " in done.stderr
    assert " s together, and may take 0.1 s." in done.stderr
    assert "MB" not in done.stderr


@pytest.mark.parametrize(
    ("audit", "report", "said"),
    [
        (FINE, FINE, []),
        (replace(FINE, seconds=20), FINE, []),
        (replace(FINE, seconds=20.1), FINE, ["the audit and the report took 30.1 s together, and may take 30 s"]),
        (FINE, replace(FINE, seconds=25), ["the audit and the report took 35.0 s together, and may take 30 s"]),
        (FINE, replace(FINE, megabytes=501), ["one of them had 501 MB, and may have 500 MB"]),
        (replace(FINE, megabytes=600), FINE, ["one of them had 600 MB, and may have 500 MB"]),
    ],
)
def test_both_commands_count_together_and_each_memory_alone(audit: Figures, report: Figures, said: list[str]) -> None:
    assert beyond(replace(FOUND, audit=audit, report=report), SECONDS, MEGABYTES) == said
