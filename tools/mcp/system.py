"""An MCP server that tools of a business call, over streamable HTTP (the protocol's official SDK)."""

import asyncio
import logging
from collections.abc import AsyncIterator, Generator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import ClassVar

import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, Implementation
from mcp_types import Tool as Offered
from pydantic import JsonValue, SecretStr

from tools.base import CallContext
from tools.credential import Credential, UserToken
from tools.errors import NotConnected, NotPinned, NotSent, Unreachable
from tools.http.place import Place
from tools.mcp.pins import require_pinned
from tools.mcp.transport import client_at
from tools.retry_after import retry_after
from tools.token_exchange import user_auth

MOST_PAGES = 20
"""Of a server's list of tools."""
PATIENCE = timedelta(seconds=5)
"""For one call, from the first request to the last: less than :data:`leverframe.call_timeouts.ATTEMPT`."""
CLIENT = Implementation(name="leverframe", version="1")

# The SDK logs what it cannot read, with a customer's values in it; what matters of it is raised.
logging.getLogger("mcp").setLevel(logging.CRITICAL + 1)


@dataclass
class _Said:
    """What a server has said in one connection, whatever becomes of the connection then."""

    calling: bool = False
    """Whether the call was about to be sent."""
    result: CallToolResult | None = None
    refusal: NotPinned | None = None
    after: timedelta | None = None
    """For how long it asks to be left alone."""

    async def hear(self, response: httpx2.Response) -> None:
        """What the SDK does not hand on."""
        if response.status_code in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
            self.after = retry_after(response.headers.get("retry-after"))


class McpSystem:
    """An MCP server. A business makes a class of its own of it, with what is told where it lacks::

        class Notes(McpSystem):
            MISSING = "this worker has no access to the notes; set LEVERFRAME_NOTES_URL"

    Each call has a connection of its own, with the credential that the tool declares on each request of it; no session
    of one user is there for another's. What the server asks for itself (a model's words, a person's, folders) it does
    not get, and what it says of itself nobody reads.
    """

    MISSING: ClassVar[str] = "this worker has no access to the MCP server"

    def __init__(
        self,
        url: str,
        *,
        token: SecretStr | None = None,
        private: Iterable[str] = (),
        patience: timedelta = PATIENCE,
    ) -> None:
        """``url``: its endpoint, such as ``https://notes.example/mcp``. ``token``: of a service account, for tools that
        declare one. ``private``: as of :class:`tools.http.system.HttpSystem`.

        Raises ``ValueError`` that says what was expected.
        """
        self._place = Place.parse(url, private, "an MCP server such as https://notes.example.com/mcp")
        self._token, self._patience = token, patience

    async def call(
        self, call: CallContext, credential: Credential, name: str, pinned: str, arguments: dict[str, JsonValue]
    ) -> CallToolResult:
        """Call a tool once, if it is still the one that was pinned; its own error is a result, too.

        Raises:
            NotSent: when it did not come to the call.
            NotPinned: when the server offers another tool; it was not called.
            NotConnected: when there is no such credential.
            Unreachable: when no result can be read: what was asked for may have happened all the same.
        """
        auth, said = await self._auth(call, credential), _Said()
        try:
            async with asyncio.timeout(self._patience.total_seconds()), self._connected(auth, said) as client:
                try:
                    require_pinned(await _offered(client), name, pinned)
                except NotPinned as refusal:
                    said.refusal = refusal
                else:
                    said.calling = True
                    # Not the client's own method, which may send it again.
                    said.result = await client.session.call_tool(name, arguments)
        except (NotConnected, NotSent):
            raise
        except Exception as error:
            # Whatever the SDK makes of what a server does; it may come as a group, and only with the connection's end.
            if said.result is None and said.refusal is None:
                kind = Unreachable if said.calling else NotSent
                raise kind(f"the MCP server gave no usable answer ({_kind(error)})", said.after) from None
        if said.result is None:
            raise said.refusal or NotSent("the MCP server gave no usable answer")
        return said.result

    async def offered(self) -> list[Offered]:
        """The tools that the server offers, for whoever declares some.

        Raises :class:`~tools.errors.NotSent`, and :class:`~tools.errors.NotConnected` where it may not stand.
        """
        auth = _Bearer(self._token) if self._token else None
        try:
            async with asyncio.timeout(self._patience.total_seconds()), self._connected(auth, _Said()) as client:
                return await _offered(client)
        except NotConnected:
            raise
        except Exception as error:
            raise NotSent(f"the MCP server gave no usable answer ({_kind(error)})") from None

    async def _auth(self, call: CallContext, credential: Credential) -> httpx2.Auth:
        if isinstance(credential, UserToken):
            return await user_auth(call, credential)
        if self._token is None:
            raise NotConnected(self.MISSING)
        return _Bearer(self._token)

    @asynccontextmanager
    async def _connected(self, auth: httpx2.Auth | None, said: _Said) -> AsyncIterator[Client]:
        async with await client_at(self._place, auth) as http:
            http.event_hooks = {"response": [said.hear]}
            transport = streamable_http_client(self._place.url, http_client=http)
            async with Client(transport, cache=None, client_info=CLIENT) as client:
                yield client


class _Bearer(httpx2.Auth):
    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        yield request


async def _offered(client: Client) -> list[Offered]:
    """Raises ``ValueError`` for a list without an end."""
    found, cursor = [], None
    for _ in range(MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        found += page.tools
        if (cursor := page.next_cursor) is None:
            return found
    raise ValueError("the list of tools has no end")


def _kind(error: Exception) -> str:
    """What went wrong first, by its type alone: its words may be the server's."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return type(error).__name__
