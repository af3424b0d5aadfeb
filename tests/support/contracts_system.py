"""Contracts kept at :mod:`tests.support.rest_system`, and the tool that ends one with the order it was made for."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import aiohttp
import pytest
from sqlalchemy import text

from leverframe.contracts.plan import PlannedCall
from tests.support.rest_system import SERVICE, RestSystem
from tests.support.two_customers import ANN, CARD_ORDER, Action, Sql
from tools.base import Arguments, CallContext, Result, Toolbox, tool
from tools.errors import NotKnown, ToolRefused, Unreachable
from tools.outside import Answer, ExternalRequest, Outside, Sending
from tools.toolbox import toolbox

RULE = "END-CONTRACT"
PATH = "/contracts/C-1"


@dataclass
class Contracts:
    """The client. A system that knows no keys is asked for the marker that this one leaves."""

    url: str
    knows_keys: bool = True
    limit: float = 2.5
    MISSING: ClassVar[str] = "no contracts here"
    SERVICES: ClassVar[frozenset[str]] = frozenset({"contracts.end"})

    async def read(self, path: str) -> dict[str, Any]:
        return await self._ask("GET", path, {})

    async def end(self, path: str, sending: Sending) -> Answer:
        if sending.again and (found := await self.find(sending)):
            return found
        version = (sending.asked.before or {})["version"]
        headers = {"If-Match": f'"{version}"'}
        if self.knows_keys:
            headers["Idempotency-Key"] = sending.key
        told = await self._ask("PATCH", path, {"status": "ended", "marker": sending.key}, **headers)
        return Answer({"id": told["id"], "status": told["status"], "version": told["version"]})

    async def find(self, sent: Sending) -> Answer | None:
        if self.knows_keys:
            return None
        told = await self.read(str(sent.asked.key["path"]))
        if told.get("marker") != sent.key:
            return None
        return Answer({"id": told["id"], "status": told["status"], "version": told["version"]})

    async def _ask(self, method: str, path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self.limit), aiohttp.ClientSession() as session:
                headers["Authorization"] = f"Bearer {SERVICE}"
                async with session.request(
                    method, self.url + path, json=body, headers=headers, allow_redirects=False
                ) as answer:
                    told = await answer.json() if answer.status < 500 else {}
                    status = answer.status
        except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
            raise Unreachable(f"no answer ({type(error).__name__})") from None
        if status in (409, 412, 422):
            raise ToolRefused(f"the contracts refuse with {status}", RULE)
        if status >= 300:
            raise Unreachable(f"HTTP {status}")
        if not isinstance(told, dict) or told.get("id") != path.rpartition("/")[2]:
            raise NotKnown("the contracts answered with another one")
        return told


class Contract(Arguments):
    path: str
    order_id: str = ""
    """Cancelled with it, if any."""


class Ended(Result):
    before: str
    status: str


@tool("contracts.end", effect="destructive")
async def end(call: CallContext, arguments: Contract) -> Ended:
    system = call.outside.reach(Contracts)

    async def look() -> ExternalRequest:
        now = await system.read(arguments.path)
        if now["status"] != "running":
            raise ToolRefused("the contract has ended", RULE)
        return ExternalRequest(
            "contracts.end",
            {"path": arguments.path},
            {"status": "ended"},
            before={"status": now["status"], "version": now["version"]},
            credential="service",
            safeguard="only while its version is the one shown",
        )

    if arguments.order_id:
        await call.session.execute(
            text(
                "UPDATE shop.orders SET status = 'cancelled', cancel_reason = 'no longer needed',"
                " cancelled_by_action = :action WHERE order_id = :order AND status = 'pending'"
            ),
            {"action": call.action_id, "order": arguments.order_id},
        )
    asked = await call.ask(look, lambda sending: system.end(arguments.path, sending))
    return Ended(before=str((asked.before or {})["status"]), status="ended")


def tools() -> Toolbox:
    """This one, and one of the shop's."""
    return Toolbox().add(toolbox().get("orders.cancel")).add(end)


def ending(path: str = PATH, order_id: str = CARD_ORDER, key: str = "ending#1") -> PlannedCall:
    return PlannedCall(call="ending", key=key, tool="contracts.end", arguments={"path": path, "order_id": order_id})


@pytest.fixture(params=[True, False], ids=["keys", "markers"])
def ender(action: Action, rest: RestSystem, request: pytest.FixtureRequest) -> Action:
    """An action that may end a contract, at a system that knows idempotency keys, and at one that does not."""
    rest.has(PATH, ANN, status="running")
    rest.knows_keys = request.param
    return replace(action, outside=Outside(Contracts(rest.url, request.param)), tools=tools())


async def states(sql: Sql) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await sql("SELECT state, tries FROM leverframe.outbox ORDER BY first_sent_at")]
