import ssl
from collections.abc import AsyncIterator
from functools import cache

import httpx2


class ResponseTooLong(Exception):
    """A server sent more than it was allowed to."""


class BoundedTransport(httpx2.AsyncBaseTransport):
    """Reads at most so many bytes of any response, and none of a compressed one.

    The openai client reads a response whole before it looks at it; a server that sends without end must be
    stopped below it. A compressed body could be small on the wire and grow without bound when unpacked.
    """

    def __init__(self, transport: httpx2.AsyncBaseTransport, max_bytes: int) -> None:
        self._transport = transport
        self._max_bytes = max_bytes

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._transport.handle_async_request(request)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await response.aclose()
            raise ResponseTooLong("the response is compressed, which was not asked for")
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Bounded(response.stream, self._max_bytes)
        return response

    async def aclose(self) -> None:
        await self._transport.aclose()


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, max_bytes: int) -> None:
        self._stream = stream
        self._max_bytes = max_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = 0
        async for chunk in self._stream:
            received += len(chunk)
            if received > self._max_bytes:
                raise ResponseTooLong(f"the response is longer than {self._max_bytes} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def bounded_client(max_bytes: int, timeout: float) -> httpx2.AsyncClient:
    """An HTTP client for a server that is not trusted: bounded responses, no redirects, no compression."""
    return httpx2.AsyncClient(
        transport=BoundedTransport(httpx2.AsyncHTTPTransport(verify=trusted()), max_bytes),
        headers={"accept-encoding": "identity"},
        timeout=timeout,
        follow_redirects=False,
    )


@cache
def trusted() -> ssl.SSLContext:
    """Whom TLS trusts: read once, since that takes some 25 ms."""
    return httpx2.create_ssl_context()
