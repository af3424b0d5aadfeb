"""A way to a server that can be shut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Gate:
    """Passes on all bytes while it is open."""

    def __init__(self, host: str, port: int) -> None:
        self.open, self.port, self._to = True, 0, (host, port)
        self._writers: set[asyncio.StreamWriter] = set()

    def shut(self) -> None:
        self.open = False
        for writer in self._writers:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        if not self.open:
            writer.transport.abort()
            return
        behind, ahead = await asyncio.open_connection(*self._to)
        self._writers.add(ahead)
        await asyncio.gather(_pass_on(reader, ahead), _pass_on(behind, writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def gate(host: str, port: int) -> AsyncIterator[Gate]:
    way = Gate(host, port)
    server = await asyncio.start_server(way.serve, "127.0.0.1", 0)
    way.port = server.sockets[0].getsockname()[1]
    try:
        yield way
    finally:
        way.shut()
        server.close()
