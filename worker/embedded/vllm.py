"""The real vLLM server on the small model's weights: what production runs, on this machine's CPU or GPU."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from filelock import FileLock

from worker.embedded.model import CONTEXT, ModelServer, until_ready
from worker.embedded.process import free_port, start_process
from worker.embedded.weights import model_cache

READY_WITHIN = 300.0
"""Seconds; some 35 on an idle machine of two cores."""
CONVERT_WITHIN = 900.0
SLOTS = 4
CONVERTER = Path(__file__).with_name("gguf_to_hf.py")

# Nothing is fetched and nothing is reported.
QUIET = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
ON_CPU = {"VLLM_CPU_KVCACHE_SPACE": "1"}
"""GiB of key-value cache."""


class ConversionError(RuntimeError):
    """The GGUF file could not be unpacked for vLLM."""


def unpack_weights(gguf: Path, python: Path, cache: Path | None = None) -> Path:
    """The folder with the weights as vLLM wants them, written once from the GGUF file; blocks until it is there.

    ``python`` is that of the environment in which vLLM is installed. Raises :class:`ConversionError`.
    """
    folder = (cache or model_cache()) / f"{gguf.stem}-bf16"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        if not folder.exists():
            partial = folder.with_name(f"{folder.name}.partial")
            shutil.rmtree(partial, ignore_errors=True)
            done = subprocess.run(  # noqa: S603 - our own script, run by vLLM's Python
                [python, CONVERTER, gguf, partial],
                env={**os.environ, **QUIET},
                capture_output=True,
                text=True,
                timeout=CONVERT_WITHIN,
                check=False,
            )
            if done.returncode != 0:
                raise ConversionError(f"{gguf} could not be unpacked for vLLM:\n{done.stderr[-2000:]}")
            partial.rename(folder)
    return folder


@asynccontextmanager
async def vllm_server(folder: Path, python: Path, state_dir: Path, *, name: str) -> AsyncIterator[ModelServer]:
    """A vLLM server on a free port of 127.0.0.1, on the GPU if ``python``'s vLLM is built for one.

    The log goes to ``state_dir``. Raises :class:`~worker.embedded.process.ServiceError` when it does not come up.
    """
    address = f"http://127.0.0.1:{(port := free_port())}"
    process = await start_process(
        "vllm", _command(python, folder, name, port), state_dir / "vllm.log", env=_environment(python)
    )
    try:
        await until_ready(process, lambda: address, READY_WITHIN)
        yield ModelServer(f"{address}/v1", name, process)
    finally:
        await process.stop(within=30)


def on_gpu() -> bool:
    """Whether this machine has an NVIDIA GPU, by its driver's own tool."""
    return shutil.which("nvidia-smi") is not None


def _command(python: Path, folder: Path, name: str, port: int) -> list[str]:
    return [
        str(python), "-m", "vllm.entrypoints.openai.api_server", "--model", str(folder),
        "--served-model-name", name, "--host", "127.0.0.1", "--port", str(port),
        "--max-model-len", str(CONTEXT), "--max-num-seqs", str(SLOTS),
        "--enable-prefix-caching", "--enforce-eager",
        *(["--gpu-memory-utilization", "0.5"] if on_gpu() else []),
    ]  # fmt: skip


def _environment(python: Path) -> Mapping[str, str]:
    # vLLM starts helpers that it looks for on the search path.
    path = f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, **QUIET, **({} if on_gpu() else ON_CPU), "PATH": path}
