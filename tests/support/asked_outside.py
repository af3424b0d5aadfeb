"""One call that asks something of a system outside, at each kind of system there is."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

import pytest
from pydantic import SecretStr

from leverframe.contracts.plan import PlannedCall
from tests.support.faulty_proxy import faulty_proxy
from tests.support.mcp_servers import TOKEN, Notes
from tests.support.rest_system import SERVICE, RestSystem
from tests.support.stripe_double import KEY, StripeDouble
from tests.support.two_customers import ANN, CARD_ORDER, Action, Sql
from tests.tools.http import contracts
from tests.tools.mcp import notes as mcp
from tools.base import Toolbox
from tools.outside import Outside
from tools.shop.stripe_client import StripeRefunds
from tools.toolbox import toolbox

Kind = Literal["rest, by a key", "rest, by a marker", "mcp", "stripe"]
CALLS: dict[Kind, PlannedCall] = {
    "rest, by a key": contracts.delivering(),
    "rest, by a marker": contracts.planned("write", id="C-1", text="It is yours."),
    "mcp": mcp.write(),
    "stripe": PlannedCall(
        call="refunding", key="refunding#1", tool="payments.refund_partly",
        arguments={"payment_id": f"{CARD_ORDER}/1", "amount": "12.50"},
    ),
}  # fmt: skip


def tools_for(kind: Kind) -> Toolbox:
    match kind:
        case "mcp":
            return mcp.toolbox()
        case "stripe":
            return toolbox()
    return contracts.tools(letters=replace(contracts.MARKED, settles=timedelta(0)))


@asynccontextmanager
async def reached(kind: Kind, url: str) -> AsyncIterator[Outside]:
    """The system of that kind, at a URL."""
    if kind == "mcp":
        yield Outside(mcp.NotesServer(url, token=SecretStr(TOKEN), private=mcp.LOOPBACK))
        return
    own = contracts.Contracts(url, token=SecretStr(SERVICE), private=mcp.LOOPBACK)
    client = StripeRefunds(KEY, url) if kind == "stripe" else own
    try:
        yield Outside(client)
    finally:
        await client.close()


@dataclass
class Asked:
    """The call, an action of Ann's that may make it, and the system as whoever looks at it from outside."""

    kind: Kind
    action: Action
    call: PlannedCall
    url: str
    loses: Callable[[], object]
    """The next request is carried out, and no answer comes."""
    happened: Callable[[], int]
    """How often it has; counted at the system."""


@pytest.fixture
async def asked(
    action: Action,
    rest: RestSystem,
    notes: Notes,
    stripe_server: StripeDouble,
    sql: Sql,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Asked]:
    """At the kind of system that a test names."""
    kind: Kind = request.param
    intent = stripe_server.pay(5410)
    await sql(f"UPDATE shop.order_payments SET provider_payment = '{intent}' WHERE order_id = '{CARD_ORDER}'")
    rest.has(contracts.PATH, ANN, delivery="daily")
    async with faulty_proxy(stripe_server.port) as proxy:

        def loses() -> None:
            rest.goes_wrong("timeout after")
            proxy.goes_wrong("timeout after")
            notes.faults = ["hangs after"]

        url = {"mcp": notes.url, "stripe": proxy.url}.get(kind, rest.url)
        happened: dict[Kind, Callable[[], int]] = {
            "mcp": lambda: len(notes.effects),
            "stripe": lambda: len(stripe_server.refunds(intent)),
        }
        async with reached(kind, url) as outside:
            able = replace(action, outside=outside, tools=tools_for(kind))
            yield Asked(kind, able, CALLS[kind], url, loses, happened.get(kind, lambda: len(rest.effects)))
