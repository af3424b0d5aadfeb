"""Whose right a server is asked with, and where it stands: the user's own, at one place."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from tests.support.authorization import ORDERS, Company
from tests.support.mcp_servers import TOKEN, Notes
from tests.support.two_customers import ANN, BOB, Action, Everything
from tests.tools.mcp.notes import ACCOUNT, LOOPBACK, NotesServer, read_door, reading, toolbox, write, writing
from tools.credential import ServiceAccount, UserToken
from tools.errors import NotConnected, NotTheirs
from tools.http.safeguards import SentOnce
from tools.mcp.changing import Change, changes
from tools.outside import Outside
from tools.token_exchange import TokenExchange


async def test_what_is_somebody_elses_is_not_used(anns: Action, notes: Notes) -> None:
    notes.who = lambda token: BOB
    with pytest.raises(NotTheirs):
        await anns.run(read_door())
    with pytest.raises(NotTheirs):
        await anns.preview(write())
    assert notes.effects == []


async def test_each_request_goes_with_the_users_own_token_which_stands_nowhere(
    anns: Action, notes: Notes, company: Company, exchange: TokenExchange, everything: Everything
) -> None:
    told: dict[str, str] = {}
    notes.who = lambda token: told.setdefault(token, ANN)
    server = NotesServer(notes.url, private=LOOPBACK)
    users = replace(anns, outside=Outside(server, exchange), tools=toolbox(UserToken(ORDERS, ("orders:read",))))
    plan = await users.preview(write())
    assert plan.calls[0].changes[0].asking
    assert plan.calls[0].changes[0].asking.credential == "user"
    result = await users.run(write(), plan)
    assert (result.status, notes.effects) == ("succeeded", [(ANN, "door", "leave it at the door")])
    assert {token.count(".") for token in notes.tokens} == {2}
    written = [repr(result), plan.model_dump_json(), repr(await everything()), repr(users)]
    assert [text for text in written if any(token in text for token in notes.tokens)] == []


async def test_a_server_is_asked_with_its_account_only_where_there_is_one(anns: Action, notes: Notes) -> None:
    nobody = replace(anns, outside=Outside(NotesServer(notes.url, private=LOOPBACK)))
    with pytest.raises(NotConnected, match="no access to the notes"):
        await nobody.run(read_door())
    assert notes.calls == []


@pytest.mark.parametrize(
    ("url", "private", "words"),
    [
        ("http://notes.example/mcp", (), "expected https://"),
        ("https://ann:pw@notes.example/mcp", (), "without a user"),
        ("notes", (), "expected the URL of an MCP server"),
        ("file:///etc/passwd", (), "expected the URL of an MCP server"),
    ],
)
def test_a_server_stands_at_one_place_that_is_safe(url: str, private: tuple[str, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        NotesServer(url, private=private)
    assert "pw" not in str(refused.value)


async def test_a_private_place_is_refused_unless_it_is_named(anns: Action, notes: Notes) -> None:
    elsewhere = NotesServer(notes.url.replace("http:", "https:"), token=SecretStr(TOKEN))
    with pytest.raises(NotConnected, match="is no public address"):
        await replace(anns, outside=Outside(elsewhere)).run(read_door())


def test_a_declaration_fits_together() -> None:
    with pytest.raises(ValueError, match="who asks is no argument"):
        reading(ServiceAccount("name", "owner"))
    with pytest.raises(ValueError, match="the key names nme, which is no argument"):
        changes("x", writing(ACCOUNT), Change(of="crm.notes", key=("nme",), same=SentOnce()))
