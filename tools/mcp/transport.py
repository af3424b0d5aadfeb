"""How an MCP server is spoken to: at its one place, and nothing beside it."""

from collections.abc import Sequence
from contextlib import suppress

import httpx2

from tools.http.addresses import Address
from tools.http.place import Place, bounded, forgetful_client


async def client_at(place: Place, auth: httpx2.Auth | None) -> httpx2.AsyncClient:
    """A client for one connection with the server; raises as :func:`tools.http.addresses.resolve`."""
    return forgetful_client(_Fixed(bounded(), place, await place.addresses()), auth)


class _Fixed(httpx2.AsyncBaseTransport):
    """Connects to the place alone, at the addresses that were checked, and takes no redirect."""

    def __init__(self, transport: httpx2.AsyncBaseTransport, place: Place, addresses: Sequence[Address]) -> None:
        self._transport = transport
        self._place = place
        self._addresses = addresses

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.host != self._place.host:
            raise httpx2.UnsupportedProtocol("only the MCP server itself is spoken to")
        *others, last = self._addresses
        for address in others:
            with suppress(httpx2.ConnectError):
                return await self._at(address, request)
        return await self._at(last, request)

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def _at(self, address: Address, request: httpx2.Request) -> httpx2.Response:
        fixed = httpx2.Request(
            request.method,
            request.url.copy_with(host=str(address)),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": self._place.host},
        )
        response = await self._transport.handle_async_request(fixed)
        if response.is_redirect:
            # The SDK follows some: what was asked for may have happened already.
            await response.aclose()
            raise httpx2.RemoteProtocolError("a redirect is not followed")
        return response
