"""A system outside that is spoken to over HTTP: one address, settled when the worker starts, and nothing beside it."""

import asyncio
from collections.abc import Generator, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar
from urllib.parse import urlsplit

import httpx2
from pydantic import SecretStr

from tools.base import CallContext
from tools.bounded_http import ResponseTooLong
from tools.credential import Auditing, Right, UserToken
from tools.errors import NotConnected, NotLooked, NotSent, Unreachable
from tools.http.addresses import Address
from tools.http.paths import holes
from tools.http.place import MOST_BYTES, Place, bounded, forgetful_client
from tools.token_exchange import user_auth

PATIENCE = timedelta(seconds=3)
"""For one answer, whole: a try makes two requests or three within :data:`leverframe.call_timeouts.ATTEMPT`."""
CONNECTING = {"connect": 2.0, "pool": 2.0}
"""Seconds."""


@dataclass(frozen=True)
class Request:
    """What is asked; the path comes from :func:`tools.http.paths.filled` alone."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    """JSON, if any."""


@dataclass(frozen=True)
class Reply:
    """What was answered, and not looked at yet."""

    status: int
    headers: httpx2.Headers
    content: bytes


class HttpSystem:
    """A system outside with an HTTP API. A business makes a class of its own of it, with what is told where it lacks::

        class Crm(HttpSystem):
            MISSING = "this worker has no access to the CRM; set LEVERFRAME_CRM_URL"

    No redirect is followed, no proxy of the environment is used, no cookie is kept, and no answer is read further than
    ``most_bytes``. It is connected to at the address that was checked, under the name that its certificate must be for.
    """

    MISSING: ClassVar[str] = "this worker has no access to the system"

    def __init__(
        self,
        base_url: str,
        *,
        token: SecretStr | None = None,
        audit_token: SecretStr | None = None,
        token_form: str = "Authorization: Bearer {token}",  # noqa: S107 - a form, and no token
        private: Iterable[str] = (),
        most_bytes: int = MOST_BYTES,
        patience: timedelta = PATIENCE,
    ) -> None:
        """``base_url``: such as ``https://crm.example.com/api``; nothing beside it can be asked.

        ``token``: of a service account, for tools that declare one; ``token_form`` is the header in which it goes.
        ``audit_token``: of an account that reads everybody's, for whoever compares afterwards.
        ``private``: networks, such as ``10.1.0.0/16``, in which the system may stand though they are not public; plain
        HTTP is for these alone.

        Raises ``ValueError`` that says what was expected.
        """
        self._place = Place.parse(base_url, private, "a system such as https://crm.example.com/api")
        self._url = httpx2.URL(base_url)
        if self._url.query:
            raise ValueError("expected a URL without a query; queries are for each tool to say")
        self._base = urlsplit(base_url).path.rstrip("/")
        if self._base and holes(self._base):
            raise ValueError("expected a URL without holes; paths are for each tool to say")
        self._token, self._audit_token, self._token_form, self._patience = token, audit_token, token_form, patience
        self._client = forgetful_client(bounded(most_bytes))

    async def send(self, call: CallContext, credential: Right, asked: Request) -> Reply:
        """Send a request once, with the right that the tool declares, and read the answer whole.

        Raises:
            NotSent: when there was no connection.
            Unreachable: when there was no answer that can be read: what was asked may have happened all the same.
            NotConnected: when the system stands where it may not, or there is no such right.
        """
        auth = await self._auth(call, credential)
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                return await self._exchange(asked, auth)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise NotSent(f"{self._place.host} cannot be reached ({type(error).__name__}); nothing was sent") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, ResponseTooLong, TimeoutError, OSError) as error:
            raise Unreachable(f"{self._place.host} gave no usable answer ({type(error).__name__})") from None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _auth(self, call: CallContext, credential: Right) -> httpx2.Auth:
        if isinstance(credential, UserToken):
            return await user_auth(call, credential)
        audits = isinstance(credential, Auditing)
        token = self._audit_token if audits else self._token
        if token is None:
            raise NotLooked("its user alone may ask there, and no auditor") if audits else NotConnected(self.MISSING)
        name, _, value = self._token_form.format(token=token.get_secret_value()).partition(": ")
        return _Header(name, value)

    async def _exchange(self, asked: Request, auth: httpx2.Auth) -> Reply:
        *others, last = await self._place.addresses()
        for address in others:
            with suppress(httpx2.ConnectError):
                return await self._exchange_at(address, asked, auth)
        return await self._exchange_at(last, asked, auth)

    async def _exchange_at(self, address: Address, asked: Request, auth: httpx2.Auth) -> Reply:
        response = await self._client.send(self._request(address, asked), auth=auth, stream=True)
        try:
            content = b"".join([chunk async for chunk in response.aiter_raw()])
        finally:
            await response.aclose()
        return Reply(response.status_code, response.headers, content)

    def _request(self, address: Address, asked: Request) -> httpx2.Request:
        target = f"{self._base}{asked.path}{'?' if asked.query else ''}{asked.query}"
        headers = {
            "host": self._url.netloc.decode("ascii"),
            "accept": "application/json",
            "accept-encoding": "identity",
            "user-agent": "leverframe",
            **({"content-type": "application/json"} if asked.content is not None else {}),
            **asked.headers,
        }
        url = self._url.copy_with(host=str(address), raw_path=target.encode("ascii"))
        extensions = {"sni_hostname": self._place.host, "timeout": CONNECTING}
        return httpx2.Request(asked.method, url, headers=headers, content=asked.content, extensions=extensions)


class _Header(httpx2.Auth):
    def __init__(self, name: str, value: str) -> None:
        self._name = name
        self._value = value

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers[self._name] = self._value
        yield request
