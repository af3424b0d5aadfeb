"""Verify the machines in a file, before anybody runs them.

A machine is Python, so its file must be read as Python. That is done in a process of its own, without the
environment's secrets, which may neither write, nor connect, nor start anything.
"""

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType

from machines.base import ActionMachine
from machines.verify import UnsafeMachine, verify

ROOT = Path(__file__).parents[2]
PATIENCE = 60
"""Seconds for one file."""
FORBIDDEN = ("socket.", "subprocess.", "os.", "shutil.", "ctypes.", "urllib.", "http.", "sqlite3.", "webbrowser.")
HARMLESS = frozenset({"os.listdir", "os.scandir", "os.putenv", "os.unsetenv", "ctypes.dlopen", "ctypes.dlsym"})
"""Audit events (PEP 578) of these kinds end the reading, but for those that importing a library needs."""

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class UnreadableFile(Exception):
    """The file cannot be read as machines; the message says what was expected."""


@dataclass(frozen=True)
class Checked:
    """A machine of a file, and what is wrong with it."""

    name: str
    action: str
    problem: str
    """Empty for a machine that holds all proofs."""


def check_file(path: Path) -> list[Checked]:
    """The machines that a file defines, verified; raises :class:`UnreadableFile`."""
    if not path.is_file():
        raise UnreadableFile(f"there is no file {path}; expected a Python file with an ActionMachine")
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "TMPDIR")}
    command = [sys.executable, "-B", "-m", "worker.actions.machine_files", str(path.absolute())]
    try:
        done = subprocess.run(  # noqa: S603 - fixed command; the file is read in a process that may do nothing
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise UnreadableFile(f"{path} was not read within {PATIENCE} seconds; expected definitions alone") from None
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1:] or ["it ended the process"]
        raise UnreadableFile(f"{path} cannot be read: {reason[0]}")
    found = [Checked(**one) for one in json.loads(done.stdout.splitlines()[-1])]
    if not found:
        raise UnreadableFile(f"{path} defines no machine; expected a subclass of machines.base.ActionMachine")
    return found


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    flags = arguments[2] if event == "open" else 0
    writes = isinstance(flags, int) and bool(flags & WRITING)
    if writes or (event.startswith(FORBIDDEN) and event not in HARMLESS):
        raise PermissionError(f"a machine's file defines machines and does nothing else, but this one does {event!r}")


def _load(path: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location("checked", path)
    if specification is None or specification.loader is None:
        raise ImportError(f"{path.name} is no Python file")
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


def _checked(machine: type[ActionMachine]) -> Checked:
    problem = ""
    try:
        verify(machine)
    except (UnsafeMachine, TypeError) as error:
        problem = str(error)
    action = getattr(machine, "action", "")
    return Checked(machine.__name__, action, problem or ("" if action else "it names no action: action = '…'"))


def main(path: str) -> None:
    """In the process of its own: print what was found as one line of JSON."""
    sys.addaudithook(_refuse)
    try:
        module = _load(Path(path))
    except SystemExit as ended:
        raise ImportError(f"it ends the process, with {ended.code!r}") from None
    defined = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, ActionMachine) and value.__module__ == module.__name__
    ]
    print("\n" + json.dumps([asdict(_checked(machine)) for machine in defined]))


if __name__ == "__main__":
    main(sys.argv[1])
