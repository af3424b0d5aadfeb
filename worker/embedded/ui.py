"""Temporal with its UI, and the codec server beside it: each must know the other's address before it starts."""

import os
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from worker.embedded.codec import codec_server
from worker.embedded.process import ServiceError, free_port
from worker.embedded.served import Served
from worker.embedded.temporal import TemporalServer, temporal_server


@dataclass(frozen=True)
class Screens:
    """What people look at, running."""

    temporal: TemporalServer
    codec: Served


@asynccontextmanager
async def screens(state_dir: Path, keys: Mapping[str, str], ui_port: int = 0) -> AsyncIterator[Screens]:
    """Temporal with its UI on ``ui_port`` and the codec server on the port after it, of 127.0.0.1.

    Where one of the two is taken, by now or in the middle of the start, both get free ones; 0 asks for free ones at
    once. ``keys`` are the codec server's variables. Raises :class:`~worker.embedded.process.ServiceError` when
    something does not come up.
    """
    async with AsyncExitStack() as services:
        found = None
        if services.enter_context(_kept(ui_port)):
            async with AsyncExitStack() as attempt:
                with suppress(ServiceError):
                    found = await _bring_up(attempt, state_dir, keys, ui_port, ui_port + 1)
                    services.push_async_exit(attempt.pop_all())
        yield found or await _bring_up(services, state_dir, keys, free_port())


async def _bring_up(
    services: AsyncExitStack, state_dir: Path, keys: Mapping[str, str], ui_port: int, codec_port: int | None = None
) -> Screens:
    codec = await services.enter_async_context(codec_server(state_dir, keys, ui_port, codec_port))
    server = temporal_server(state_dir, codec_endpoint=codec.endpoint, ui_port=ui_port)
    return Screens(await services.enter_async_context(server), codec)


@contextmanager
def _kept(ui_port: int) -> Iterator[bool]:
    """Whether the port and the one after it are free, and no other stack of this user is about to take them.

    The lock is for two that start at the same moment: the later one would take the other's codec server for its own.
    """
    if not ui_port:
        yield False
        return
    lock = FileLock(Path(tempfile.gettempdir()) / f"leverframe-{os.getuid()}-ui-{ui_port}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield is_free(ui_port) and is_free(ui_port + 1)
    finally:
        lock.release()


def is_free(port: int) -> bool:
    """Whether nobody listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        # As servers do: connections of the last run that still time out are no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def desk_port(ui_port: int) -> int | None:
    """The port of the desk beside the UI: the second one after the UI's; ``None`` for whichever is free."""
    return ui_port + 2 if ui_port and is_free(ui_port + 2) else None


def desk_site(port: int | None) -> str:
    """Where browsers find the desk: they know passkeys at localhost, and not at 127.0.0.1; empty without a port."""
    return f"http://localhost:{port}" if port else ""
