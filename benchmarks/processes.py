"""What processes have taken of the processor and of memory so far."""

from collections.abc import Mapping

import psutil  # type: ignore[import-untyped]

POSTGRES = "PostgreSQL"


def cpu(processes: Mapping[str, int]) -> dict[str, float]:
    """CPU seconds of each part since its start.

    Of PostgreSQL those of its children too, also of the ones that have ended: it has one for each connection.
    """
    return {name: _taken(psutil.Process(pid), name == POSTGRES) for name, pid in processes.items()}


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    return int(psutil.Process(pid).memory_info().rss)


def _taken(process: psutil.Process, with_children: bool) -> float:
    try:
        children, times = process.children() if with_children else (), process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0  # A child that has ended meanwhile; its time is among its parent's ended children's.
    ended = times.children_user + times.children_system if with_children else 0.0
    return float(times.user + times.system + ended) + sum(_taken(child, True) for child in children)
