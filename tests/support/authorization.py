"""A company's authorization server, and a system of the company's that takes its tokens and no others."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import jwt
import pytest
from aiohttp import web

from tests.support.npm_programs import free_port, installed, serving
from tests.support.two_customers import ANN, BOB
from tools.assertion_keys import AssertionKeys, AuthorizationServer
from tools.token_exchange import TokenExchange
from worker.codec.server import serving as serving_http
from worker.testing.keys import TOOLS_RING

TOOLS_KEYS = AssertionKeys.parse(TOOLS_RING)
CLIENT_SECRET = "what-the-service-account-of-leverframe-knows"
ORDERS, OTHERS = "http://127.0.0.1:3100/orders", "http://127.0.0.1:3100/payments"
"""Two systems, as the authorization server names them."""


@dataclass(frozen=True)
class Company:
    """The authorization server, seen by whoever looks at it from outside Leverframe."""

    port: int
    log: Path

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def server(self) -> AuthorizationServer:
        """As the tools role knows it."""
        return AuthorizationServer(f"{self.issuer}/token", self.issuer, "leverframe", CLIENT_SECRET)

    def exchanged(self) -> list[str]:
        """For whom, where and in which call it has given tokens, in order."""
        lines = self.log.read_text().splitlines()
        return [line.removeprefix("EXCHANGED ") for line in lines if line.startswith("EXCHANGED ")]


@pytest.fixture(scope="session")
async def company() -> AsyncIterator[Company]:
    port = free_port()
    settings = {
        "port": port,
        "jwks": json.loads(TOOLS_KEYS.jwks),
        "secret": CLIENT_SECRET,
        "users": [ANN, BOB, "mia_berg_1001"],
        "systems": {ORDERS: "orders:read orders:change", OTHERS: "payments:refund"},
    }
    async with serving(installed("oidc"), "server.mjs", json.dumps(settings)) as log:
        yield Company(port, log)


@pytest.fixture
async def exchange(company: Company) -> AsyncIterator[TokenExchange]:
    opened = TokenExchange(company.server, TOOLS_KEYS)
    yield opened
    await opened.close()


@dataclass
class OrdersSystem:
    """A REST system that shows and changes what is the token's own user's."""

    issuer: str
    url: str = ""
    seen: list[str] = field(default_factory=list)
    """Every bearer token that was sent to it."""
    claims: list[dict[str, object]] = field(default_factory=list)
    """What the good ones say."""
    changed: list[tuple[str, str]] = field(default_factory=list)
    """Whose note was changed to what."""

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/note", self._read)
        app.router.add_put("/note", self._change)
        app.router.add_get("/customers/{customer}/note", self._read)
        app.router.add_put("/customers/{customer}/note", self._change)
        return app

    async def _read(self, request: web.Request) -> web.Response:
        user = await self._user(request, "orders:read")
        notes = [note for whose, note in self.changed if whose == user]
        return web.json_response({"customer": {"id": user}, "note": notes[-1] if notes else ""})

    async def _change(self, request: web.Request) -> web.Response:
        user = await self._user(request, "orders:change")
        self.changed.append((user, (await request.json())["note"]))
        return web.json_response({"customer": {"id": user}})

    async def _user(self, request: web.Request, scope: str) -> str:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.seen.append(token)
        keys = jwt.PyJWKClient(f"{self.issuer}/jwks")
        try:
            key = await asyncio.to_thread(keys.get_signing_key_from_jwt, token)
            claims = jwt.decode(token, key.key, algorithms=["ES256"], audience=ORDERS, issuer=self.issuer)
        except jwt.PyJWTError as error:
            raise web.HTTPUnauthorized(text=type(error).__name__) from None
        if scope not in claims["scope"].split():
            raise web.HTTPForbidden
        self.claims.append(claims)
        if request.match_info.get("customer", claims["sub"]) != claims["sub"]:
            raise web.HTTPForbidden
        return str(claims["sub"])


@pytest.fixture
async def orders(company: Company) -> AsyncIterator[OrdersSystem]:
    system = OrdersSystem(company.issuer)
    async with serving_http(system.app(), "127.0.0.1", 0) as url:
        system.url = url
        yield system


async def post(url: str, auth: tuple[str, str], **form: str) -> httpx2.Response:
    """A request of a form, as any program could send it."""
    async with httpx2.AsyncClient() as http:
        return await http.post(url, data=form, auth=httpx2.BasicAuth(*auth))
