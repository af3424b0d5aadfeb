"""Which suite reads which files of a folder."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from evals.suites.figures import Figures

SUITES = ("injection", "pii", "retail", "retrieval")
NEEDED = {"injection": "**/*.jsonl", "pii": "*.jsonl", "retail": "tasks.jsonl", "retrieval": "passages.jsonl"}
"""What must be there for a suite to have something to read."""


class Absent(Exception):
    """There is nothing for the suite to read; says where it looked."""


def measure_suite(suite: str, data: Path, database: Callable[[], AbstractContextManager[str]] | None = None) -> Figures:
    """A suite over a folder of its form, or over one that has such a folder of the suite's name.

    ``database`` gives an empty one to the suite that needs one, by its owner's URL.

    Raises:
        Absent: where there is none.
        MalformedData: when a file is not of the form; names the file and the line.
    """
    folder = data / suite if suite != "injection" and (data / suite).is_dir() else data
    if not folder.is_dir():
        raise Absent(f"there is no folder {folder}")
    if not any(folder.glob(NEEDED[suite])):
        raise Absent(f"{folder} holds no {NEEDED[suite]}")
    if suite == "retrieval" and database is None:
        raise Absent("there is no database to find passages in")
    # Only the one that is asked for: each needs its own guard, and those take their time to load.
    if suite == "injection":
        from evals.suites import injection

        return injection.measure(folder)
    if suite == "pii":
        from evals.suites import pii

        return pii.measure(folder)
    if suite == "retrieval" and database:
        from evals.suites import retrieval

        with database() as owner_url:
            return retrieval.measure(folder, owner_url)
    from evals.suites import retail

    return retail.measure(folder)
