"""Where a system outside stands: one place, settled when the worker starts, and nothing beside it."""

from collections.abc import Iterable
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
    """The URL of a system, and the private networks in which it may stand."""

    url: str
    host: str
    port: int
    private: tuple[Network, ...]

    @classmethod
    def parse(cls, url: str, private: Iterable[str], example: str) -> Self:
        """``example`` is told of a URL that is none; raises ``ValueError`` that says what was expected."""
        parts, named = urlsplit(url), networks(private)
        if parts.hostname is None or parts.username is not None or parts.fragment:
            raise ValueError(f"expected the URL of {example}, without a user and a fragment")
        if parts.scheme != "https" and not (parts.scheme == "http" and named):
            raise ValueError("expected https://, or http:// with the private networks named in which it stands")
        return cls(url, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80), named)

    async def addresses(self) -> list[Address]:
        """As :func:`tools.http.addresses.resolve`."""
        return await resolve(self.host, self.port, self.private)


def bounded(most_bytes: int = MOST_BYTES) -> BoundedTransport:
    """What connects, and reads no answer further than that."""
    return BoundedTransport(httpx2.AsyncHTTPTransport(verify=trusted()), most_bytes)


def forgetful_client(transport: httpx2.AsyncBaseTransport, auth: httpx2.Auth | None = None) -> httpx2.AsyncClient:
    """A client that keeps no cookie, so that no user's session is there for another's request, and uses no proxy of the
    environment. It has no timeout: whoever asks ends a request, whole.
    """
    return httpx2.AsyncClient(
        transport=transport,
        auth=auth,
        headers={"accept-encoding": "identity", "user-agent": "leverframe"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        trust_env=False,
        timeout=None,
    )
