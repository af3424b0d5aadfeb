"""A system that speaks GraphQL: each request is a POST, and an answer of 200 may be a refusal."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiohttp import web
from pydantic import BaseModel, SecretStr

from leverframe.contracts.plan import PlannedCall
from tests.support.rest_system import SERVICE
from tests.support.two_customers import ANN, BOB, Action
from tests.tools.http.acting import patiently
from tools.base import Arguments, Toolbox
from tools.credential import ServiceAccount
from tools.errors import NotTheirs, ToolRefused, Unreachable
from tools.http.answers import Told, changed
from tools.http.api import Api
from tools.http.changing import Change, changes
from tools.http.reading import Reading
from tools.http.safeguards import Compared, Marker
from tools.http.system import HttpSystem
from tools.outside import Outside
from worker.codec.server import serving

READ = "query ($id: ID!) { it: me { account(id: $id) { owner balance bookings { owner note } } } }"
BOOK = "mutation ($id: ID!, $note: String!) { it: book(id: $id, note: $note) { id note } }"


@dataclass
class Accounts:
    """Counts what is booked; ``says`` is its next answer to a booking instead of the true one."""

    owners: dict[str, str] = field(default_factory=lambda: {"A1": ANN, "A2": BOB})
    booked: list[tuple[str, str]] = field(default_factory=list)
    says: dict[str, Any] | None = None
    loses: bool = False

    async def ask(self, request: web.Request) -> web.Response:
        asked = await request.json()
        given = asked["variables"]
        if asked["query"] == READ:
            owner = self.owners.get(given["id"])
            notes = [{"owner": owner, "note": note} for account, note in self.booked if account == given["id"]]
            found = {"owner": owner, "balance": -10 * len(notes), "bookings": notes}
            return web.json_response({"data": {"it": {"account": found if owner else None}}})
        if self.says is not None:
            return web.json_response(self.says)
        self.booked.append((given["id"], given["note"]))
        if self.loses and request.transport:
            self.loses = False
            request.transport.abort()
        return web.json_response({"data": {"it": {"id": given["id"], "note": given["note"]}}})


class System(HttpSystem):
    MISSING = "no accounts here"


class Account(Told):
    owner: str
    balance: int


class Booked(Told):
    id: str
    note: str


class Book(Arguments):
    id: str


class Nothing(BaseModel):
    """Only our marker is sent, beside the id."""


ASKED = {"id": "{id}"}
TOOLS = Toolbox().add(
    changes(
        "accounts.book",
        Api(
            system=System,
            credential=ServiceAccount(states="customer", owner="owner"),
            rule="ACCOUNTS",
            code="errors.0.extensions.code data.it.errorCode",
            within="data.it",
        ),
        Change(
            method="POST",
            path="/graphql",
            document=BOOK,
            query=ASKED,
            of="accounts.balance",
            arguments=Book,
            key=("id",),
            reading=Reading(path="/graphql", document=READ, query=ASKED, within="account", answer=Account),
            becomes=lambda _, now: changed(now, {"balance": now.balance - 10}),
            body=lambda _, __: Nothing(),
            same=Marker(path="/graphql", document=READ, query=ASKED, within="account", each="bookings", field="note"),
            conflicts=Compared(),
            receipt=Booked,
        ),
    )
)


def booking(account: str = "A1") -> PlannedCall:
    return PlannedCall(call="booking", key="booking#1", tool="accounts.book", arguments={"id": account})


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


@pytest.fixture
async def acting(action: Action, accounts: Accounts) -> AsyncIterator[Action]:
    app = web.Application()
    app.router.add_post("/graphql", accounts.ask)
    async with serving(app, "127.0.0.1", 0) as url:
        client = System(url, token=SecretStr(SERVICE), private=["127.0.0.0/8"])
        yield replace(action, outside=Outside(client), tools=TOOLS)
        await client.close()


async def test_it_is_read_and_changed_once_approved(acting: Action, accounts: Accounts) -> None:
    plan = await acting.preview(booking())
    (change,) = plan.calls[0].changes
    assert (change.before, change.after, accounts.booked) == ({"balance": 0}, {"balance": -10}, [])
    assert (await acting.run(booking(), plan)).status == "succeeded"
    assert len(accounts.booked) == 1


async def test_a_lost_answer_is_found_by_our_marker(acting: Action, accounts: Accounts) -> None:
    plan = await acting.preview(booking())
    accounts.loses = True
    assert (await patiently(acting, booking(), plan)).status == "succeeded"
    assert len(accounts.booked) == 1


@pytest.mark.parametrize(
    "says",
    [{"errors": [{"extensions": {"code": "FORBIDDEN"}}], "data": None}, {"data": {"it": {"errorCode": "FORBIDDEN"}}}],
)
async def test_an_answer_of_200_that_refuses_is_a_refusal(
    acting: Action, accounts: Accounts, says: dict[str, Any]
) -> None:
    plan = await acting.preview(booking())
    accounts.says = says
    done = await acting.run(booking(), plan)
    assert (done.status, done.message) == ("failed", "The system refuses it (HTTP 200, FORBIDDEN). (ACCOUNTS)")


@pytest.mark.parametrize(
    "says",
    [
        {"errors": [{"extensions": {"code": "INTERNAL_SERVER_ERROR"}}], "data": None},
        {"errors": [{"message": "?"}], "data": None},
        {"data": {"it": None}},
    ],
)
async def test_an_answer_that_tells_nothing_leaves_it_open(
    acting: Action, accounts: Accounts, says: dict[str, Any]
) -> None:
    plan = await acting.preview(booking())
    accounts.says = says
    with pytest.raises(Unreachable):
        await acting.run(booking(), plan)


@pytest.mark.parametrize("other", [{"id": "A2"}, {"note": "another one's"}])
async def test_an_answer_about_something_else_is_a_persons(
    acting: Action, accounts: Accounts, other: dict[str, str]
) -> None:
    plan = await acting.preview(booking())
    accounts.says = {"data": {"it": {"id": "A1", "note": "", **other}}}
    assert (await acting.run(booking(), plan)).status == "unfinished"


async def test_what_is_anothers_or_nobodys_is_not_planned(acting: Action, accounts: Accounts) -> None:
    with pytest.raises(NotTheirs):
        await acting.preview(booking("A2"))
    with pytest.raises(ToolRefused, match="no such thing"):
        await acting.preview(booking("A3"))
    assert accounts.booked == []
