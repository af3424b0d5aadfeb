"""What a command takes, from its start to its end: seconds, and the memory of all its processes together."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]

EVERY = 0.1
"""Seconds between two looks at its memory."""


@dataclass(frozen=True)
class Figures:
    """What one command took."""

    command: str
    seconds: float
    cpu: float
    """Of these, seconds in which its processes computed; the rest it waited, also for others on a busy machine."""
    megabytes: float
    """Most memory that its processes had at a time, all together."""
    load: float
    """How many processes wanted to compute, on average over the minute before it ended: its own, and all others."""
    said: str
    """Its last line."""


def measured(arguments: Sequence[str], environment: Mapping[str, str]) -> Figures:
    """Run a command of ``python -m worker`` to its end; raises ``RuntimeError`` when it fails."""
    with tempfile.TemporaryFile("w+") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "worker", *arguments], env=environment, stdout=output, stderr=output
        )
        together = 0
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            together = max(together, _resident(process.pid))
            time.sleep(EVERY)
        seconds = time.perf_counter() - started
        _, status, usage = ended
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().strip().splitlines() or [""]
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {process.returncode}: {said[-1]}")
    return Figures(
        command=" ".join(arguments).partition(" --out")[0],
        seconds=seconds,
        cpu=usage.ru_utime + usage.ru_stime,
        # The kernel's own peak of the largest process, which no look can miss.
        megabytes=max(together / 2**20, usage.ru_maxrss / 1024),
        load=os.getloadavg()[0],
        said=said[-1],
    )


def _resident(pid: int) -> int:
    try:
        first = psutil.Process(pid)
        return sum(_bytes(process) for process in (first, *first.children(recursive=True)))
    except psutil.NoSuchProcess:
        return 0


def _bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
