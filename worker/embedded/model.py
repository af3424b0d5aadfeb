import asyncio
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import xllamacpp  # type: ignore[import-untyped]

from worker.embedded.process import ManagedProcess, ServiceError, start_process
from worker.embedded.weights import DEFAULT_MODEL

READY_WITHIN = 60.0
"""Seconds; 0.5B is up in about one on an idle machine, 1.5B on a slow disk needs more."""
POLL = 0.05
CONTEXT = 4096
"""Tokens of one request with its answer; prompts here take some 1,500."""
SLOTS = 2


@dataclass(frozen=True)
class ModelServer:
    """A running OpenAI-compatible model server."""

    base_url: str
    """Address of the API, with ``/v1``."""
    name: str
    """What the server calls the model."""
    process: ManagedProcess

    @property
    def metrics_url(self) -> str:
        """Where the server tells its figures, in the Prometheus text format."""
        return self.base_url.removesuffix("/v1") + "/metrics"


@asynccontextmanager
async def model_server(
    weights: Path, state_dir: Path, *, name: str = DEFAULT_MODEL, context: int = CONTEXT, slots: int = SLOTS
) -> AsyncIterator[ModelServer]:
    """llama.cpp's server for a GGUF file on a free port of 127.0.0.1, in a process of its own.

    ``slots`` requests run at a time, each with ``context`` tokens. The log goes to ``state_dir``. Raises
    :class:`~worker.embedded.process.ServiceError` when it does not come up.
    """
    address = state_dir / "model.address"
    address.unlink(missing_ok=True)
    command = [sys.executable, "-m", __name__, str(weights), name, str(address), str(context), str(slots)]
    process = await start_process("model", command, state_dir / "model.log")
    try:
        base_url = await until_ready(process, lambda: address.read_text() if address.exists() else None)
        yield ModelServer(f"{base_url}/v1", name, process)
    finally:
        await process.stop()
        address.unlink(missing_ok=True)


async def until_ready(process: ManagedProcess, address: Callable[[], str | None], within: float = READY_WITHIN) -> str:
    """Wait until the server's health check passes and return its address.

    ``address`` gives ``http://host:port``, or ``None`` as long as it is not known. Raises
    :class:`~worker.embedded.process.ServiceError` when it ends or is not ready ``within`` seconds.
    """
    deadline = time.monotonic() + within
    async with httpx2.AsyncClient(trust_env=False, timeout=5) as client:
        while time.monotonic() < deadline:
            process.check()
            if (base := address()) and await _healthy(client, base):
                return base
            await asyncio.sleep(POLL)
    raise ServiceError(f"{process.name} was not ready within {within:.0f} s; see {process.log}")


async def _healthy(client: httpx2.AsyncClient, base: str) -> bool:
    try:
        return (await client.get(f"{base}/health")).status_code == httpx2.codes.OK
    except httpx2.TransportError:
        return False


def serve(weights: str, name: str, address: Path, context: int, slots: int) -> None:
    """Serve until the process is told to end; the address is written to a file once it is known.

    The server picks its port itself: one picked beforehand could belong to another model by then, whose
    health check would pass for this one's.
    """
    params = xllamacpp.CommonParams()
    params.model.path = weights
    params.model_alias = {name}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = slots
    params.n_ctx = context * slots
    params.cpuparams.n_threads = os.cpu_count() or 1
    params.use_jinja = True
    params.endpoint_metrics = True
    server = xllamacpp.Server(params)
    written = address.with_suffix(".partial")
    written.write_text(server.listening_address)
    written.replace(address)
    threading.Event().wait()


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
