"""State folders as a first start leaves them."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker.embedded.postgres import start_postgres
from worker.testing.postgres import in_memory


@pytest.fixture(scope="session")
def made_state() -> Iterator[Path]:
    """A state folder as a first start leaves it, with a database that is made and does not run; see :func:`copied`."""
    with tempfile.TemporaryDirectory(prefix="leverframe-made-", dir=in_memory()) as state:
        start_postgres(Path(state), durable=False).stop()
        yield Path(state)


def copied(made: Path, state: Path) -> Path:
    """The state folder, as if there had been a first start: making a database takes seconds, a copy of one does not."""
    # With its owner: for root the server runs as another user.
    subprocess.run(["cp", "-a", f"{made}/.", str(state)], check=True)
    return state


@pytest.fixture
def state_dir(made_state: Path, tmp_path: Path) -> Path:
    return copied(made_state, tmp_path)
