"""Where an MCP server stands: one place, settled when the worker starts, and nothing beside it."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Self
from urllib.parse import urlsplit

import httpx2

from tools.bounded_http import BoundedTransport, trusted
from tools.http.addresses import Address, Network, networks, resolve

MOST_BYTES = 1_000_000
"""Of one answer."""


@dataclass(frozen=True)
class Place:
    """The endpoint of a server, and the private networks in which it may stand."""

    url: str
    host: str
    port: int
    private: tuple[Network, ...]

    @classmethod
    def parse(cls, url: str, private: Iterable[str]) -> Self:
        """Raises ``ValueError`` that says what was expected."""
        parts, named = urlsplit(url), networks(private)
        if parts.hostname is None or parts.username is not None or parts.fragment:
            raise ValueError("expected the URL of an MCP server such as https://notes.example.com/mcp, without a user")
        if parts.scheme != "https" and not (parts.scheme == "http" and named):
            raise ValueError("expected https://, or http:// with the private networks named in which the server stands")
        return cls(url, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80), named)

    async def client(self, auth: httpx2.Auth | None) -> httpx2.AsyncClient:
        """A client for one connection with the server; raises as :func:`tools.http.addresses.resolve`."""
        addresses = await resolve(self.host, self.port, self.private)
        bounded = BoundedTransport(httpx2.AsyncHTTPTransport(verify=trusted()), MOST_BYTES)
        return httpx2.AsyncClient(
            transport=_Fixed(bounded, self, addresses),
            auth=auth,
            headers={"accept-encoding": "identity", "user-agent": "leverframe"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            trust_env=False,
            timeout=None,
        )


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
