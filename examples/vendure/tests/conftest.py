"""The company: its shop, its authorization server, and Leverframe's tools beside them."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from shop import Line, Shop
from sqlalchemy import make_url
from temporalio.testing import WorkflowEnvironment
from vendure_orders.systems import Vendure, VendureSystem
from vendure_orders.tools import TOOLS

from tests.support.authorization import CLIENT_SECRET, TOOLS_KEYS
from tests.support.npm_programs import free_port, installed, serving
from tests.support.two_customers import Action
from tools.assertion_keys import AuthorizationServer
from tools.base import Toolbox
from tools.outside import Outside
from tools.scope import ScopedSessions
from tools.token_exchange import TokenExchange
from worker.embedded.postgres import EmbeddedPostgres
from worker.testing.keys import TOOLS_RING
from worker.testing.postgres import Database, empty_database, libpq
from worker.testing.rig import Rig, open_rig
from worker.testing.serving import tools_settings

LOCAL = "127.0.0.0/8"


@pytest.fixture(scope="session")
async def issuer() -> AsyncIterator[str]:
    """The company's authorization server."""
    port = free_port()
    settings = {
        "port": port,
        "jwks": json.loads(TOOLS_KEYS.jwks),
        "secret": CLIENT_SECRET,
        "users": ["ann", "bob"],
        "systems": {"vendure": "orders:read orders:cancel addresses:read addresses:change"},
    }
    async with serving(installed("oidc"), "server.mjs", json.dumps(settings)):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
async def shop(issuer: str, postgres: EmbeddedPostgres) -> AsyncIterator[Shop]:
    program, port = installed("vendure"), free_port()
    with empty_database(postgres) as database:
        url = make_url(database.owner_url)
        reached = {"host": url.query["host"], "username": url.username, "database": url.database}
        settings = {"port": port, "issuer": issuer, "audience": "vendure", "database": reached}
        async with serving(program, "server.js", json.dumps(settings), VENDURE_DISABLE_TELEMETRY="true"):
            opened = Shop(port, libpq(database.owner_url))
            await opened.opened()
            yield opened


@pytest.fixture
async def line(shop: Shop) -> AsyncIterator[Line]:
    """The way to the shop."""
    line = Line(shop.port)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    yield line
    server.close()


@pytest.fixture
async def exchange(issuer: str) -> AsyncIterator[TokenExchange]:
    opened = TokenExchange(AuthorizationServer(f"{issuer}/token", issuer, "leverframe", CLIENT_SECRET), TOOLS_KEYS)
    yield opened
    await opened.close()


@pytest.fixture
async def ann(line: Line, exchange: TokenExchange, sessions: ScopedSessions) -> AsyncIterator[Action]:
    """An action of Ann's, as its workflow would drive it."""
    system = VendureSystem(f"http://127.0.0.1:{line.port}", private=[LOCAL], patience=timedelta(seconds=10))
    tools = Toolbox()
    for one in TOOLS:
        tools.add(one)
    yield Action(sessions, subject="ann", outside=Outside(system, exchange), tools=tools)
    await system.close()


@pytest.fixture
def bob(ann: Action) -> Action:
    return replace(ann, id="order_cancellation-0123456789abcdef-00000000b0b1", subject="bob")


@pytest.fixture
async def rig(temporal: WorkflowEnvironment, database: Database, line: Line, issuer: str) -> AsyncIterator[Rig]:
    """A whole Leverframe beside the shop."""
    tools = tools_settings(
        database,
        token_url=f"{issuer}/token",
        token_issuer=issuer,
        token_client_secret=CLIENT_SECRET,
        tools_keys=TOOLS_RING,
    )
    reached = [Vendure(url=f"http://127.0.0.1:{line.port}", private=LOCAL)]
    async with open_rig(Rig, temporal, database, systems=reached, tools=tools) as opened:
        yield opened
