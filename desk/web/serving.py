"""Serving the desk."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

MOST = 200
"""Connections at a time; whoever opens more is told to come again."""


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None: whoever serves says when to stop."""
        yield


@asynccontextmanager
async def serving(app: ASGIApp, host: str, port: int, proxies: str = "") -> AsyncIterator[int]:
    """Serve until the block is left; yields the port. Port 0 takes a free one. Raises OSError where it cannot.

    ``proxies`` are the addresses, with commas between, whose word counts for where a request comes from.
    """
    with socket.create_server((host, port)) as listening:
        # No access log: it would write down every path that anybody asks for.
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, limit_concurrency=MOST, lifespan="off",
            interface="asgi3", timeout_graceful_shutdown=3,
            proxy_headers=bool(proxies), forwarded_allow_ips=proxies or None,
        )  # fmt: skip
        server = _Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            await task
