"""The stack that runs in this checkout, as it left itself on disk for other commands."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field

from worker.embedded.process import ServiceError
from worker.keys.rings import write_private
from worker.private_files import PRIVATE, private_folder


class RunningStack(BaseModel):
    """Where a running stack is, and what a command needs to talk to it."""

    model_config = ConfigDict(frozen=True)

    pid: int
    ui: str
    """Address of Temporal's web UI."""
    environment: dict[str, str] = Field(repr=False)
    """Variables for a command or a service, secrets among them."""


def running_stack(state_dir: Path) -> RunningStack | None:
    """The stack that runs with this state, if there is one."""
    record = state_dir / "stack.json"
    try:
        with _lock(state_dir).acquire(timeout=0):
            # Nobody holds the lock: a record left behind is that of a stack which was killed.
            record.unlink(missing_ok=True)
            return None
    except Timeout:
        return RunningStack.model_validate_json(record.read_bytes()) if record.exists() else None


@contextmanager
def only_stack(state_dir: Path) -> Iterator[None]:
    """Be the only stack with this state, or raise :class:`~worker.embedded.process.ServiceError`."""
    private_folder(state_dir)
    lock = _lock(state_dir)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        other = running_stack(state_dir)
        where = f" (process {other.pid}, UI at {other.ui})" if other else ""
        raise ServiceError(
            f"The embedded services run already with the state in {state_dir}{where}. Use them with the other "
            "commands, end them with Ctrl-C in their terminal, or set LEVERFRAME_STATE_DIR for a second stack."
        ) from None
    try:
        yield
    finally:
        (state_dir / "stack.json").unlink(missing_ok=True)
        lock.release()


def announce(state_dir: Path, stack: RunningStack) -> None:
    """Leave word of the running stack for other commands; readable by this user alone."""
    write_private(state_dir / "stack.json", stack.model_dump_json(indent=2))


def kept_secret(path: Path) -> str:
    """A random secret that lives as long as the state: made on first use, then the same."""
    if not path.exists():
        write_private(path, secrets.token_hex(32))
    return path.read_text()


def _lock(state_dir: Path) -> FileLock:
    return FileLock(state_dir / "stack.lock", mode=PRIVATE)
