"""A server's tools are called as a business's package has read them, and what becomes of a call is never guessed."""

import logging
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from mcp_types import Tool as Offered
from pydantic import JsonValue, SecretStr

from leverframe.contracts.calling import CallRequest, CallResult, PreviewRequest
from leverframe.contracts.plan import Plan, PlannedCall
from tests.support.authorization import ORDERS, Company
from tests.support.mcp_servers import POISON, READ, TOKEN, WRITE, Fault, Notes, serving_mcp
from tests.support.two_customers import ANN, BOB, Action, Everything, Sql
from tools.base import Arguments, Tool, Toolbox
from tools.credential import Credential, ServiceAccount, UserToken
from tools.errors import NotApproved, NotConnected, NotPinned, NotSent, NotTheirs, ToolRefused, Unreachable
from tools.execute import execute
from tools.http.answers import Told
from tools.http.safeguards import Repeatable, SentOnce
from tools.mcp.changing import Change, Standing, changes
from tools.mcp.declaring import McpTool, reads
from tools.mcp.pins import pin
from tools.mcp.system import McpSystem
from tools.outside import Outside
from tools.preview import preview
from tools.token_exchange import TokenExchange
from worker.testing.keys import VERIFIER

LOOPBACK = ("127.0.0.0/8",)
ACCOUNT = ServiceAccount("customer", "owner")


class NotesServer(McpSystem):
    MISSING = "no access to the notes"


class Named(Arguments):
    name: str


class Written(Named):
    text: str


class Note(Told):
    owner: str
    name: str | None = None
    text: str | None = None


class Receipt(Told):
    name: str


def reading(credential: Credential, offered: dict[str, Any] = READ) -> McpTool[Named, Note]:
    pinned = pin(Offered.model_validate(offered))
    return McpTool(
        system=NotesServer, tool="read_note", pin=pinned, arguments=Named, answer=Note, credential=credential,
        rule="N-1",
    )  # fmt: skip


def writing(credential: Credential) -> McpTool[Written, Told]:
    pinned = pin(Offered.model_validate(WRITE))
    return McpTool(
        system=NotesServer, tool="write_note", pin=pinned, arguments=Written, answer=Receipt, credential=credential,
        rule="N-1",
    )  # fmt: skip


def stands(asked: Written, note: Note) -> dict[str, JsonValue] | None:
    return None if note.text is None else {"text": note.text}


def standing(credential: Credential) -> Standing[Written, Named, Note]:
    return Standing(by=reading(credential), asks=lambda asked: Named(name=asked.name), shows=stands)


def toolbox(credential: Credential = ACCOUNT) -> Toolbox:
    """``notes.write`` can be repeated and looked for, ``notes.add`` looked for, ``notes.send`` neither."""
    seen, write = standing(credential), writing(credential)

    def writes(name: str, **told: Any) -> Tool[Written, Any]:
        return changes(name, write, Change(of="crm.notes", key=("name",), **told))

    return (
        Toolbox()
        .add(reads("notes.read", reading(credential)))
        .add(writes("notes.write", standing=seen, same=Repeatable()))
        .add(writes("notes.add", standing=seen, same=SentOnce()))
        .add(writes("notes.send", same=SentOnce()))
    )


TOOLS = toolbox()


@pytest.fixture
async def notes() -> AsyncIterator[Notes]:
    server = Notes()
    server.notes = {(ANN, "door"): "ring twice", (BOB, "door"): "at the back"}
    async with serving_mcp(server.server(), server) as server.url:
        yield server


@pytest.fixture
def anns(action: Action, notes: Notes, request: pytest.FixtureRequest) -> Action:
    """An action of Ann's; its server is waited for as long as it takes, unless it is to hang."""
    patience = timedelta(seconds=2 if "hangs" in request.node.name else 5)
    return replace(
        action, outside=Outside(NotesServer(notes.url, token=SecretStr(TOKEN), private=LOOPBACK, patience=patience))
    )


def read_door(name: str = "door") -> PlannedCall:
    return PlannedCall(call="reading", key="reading#1", tool="notes.read", arguments={"name": name})


def write(tool: str = "notes.write", text: str = "leave it at the door") -> PlannedCall:
    return PlannedCall(call="w", key="w#1", tool=tool, arguments={"name": "door", "text": text})


async def planned(action: Action, call: PlannedCall, tools: Toolbox = TOOLS) -> Plan:
    request = PreviewRequest(action_id=action.id, capability=action.token, calls=(call,))
    return await preview(action.sessions, tools, VERIFIER, request, action.outside)


async def run(action: Action, call: PlannedCall, plan: Plan | None = None, tools: Toolbox = TOOLS) -> CallResult:
    token = action.approved(plan.digest) if plan else action.token
    request = CallRequest(action_id=action.id, capability=token, planned=call, approved=plan)
    return await execute(action.sessions, tools, VERIFIER, request, "", action.outside)


async def tried(action: Action, call: PlannedCall, plan: Plan, tries: int = 3) -> CallResult | None:
    """What comes of it, tried again as Temporal does; ``None`` where it is still tried."""
    for _ in range(tries):
        try:
            return await run(action, call, plan)
        except Unreachable:
            continue
    return None


async def test_what_is_read_is_typed_and_the_users_own_and_no_text_comes_through(anns: Action, notes: Notes) -> None:
    assert (await run(anns, read_door())).output == {"owner": ANN, "name": "door", "text": "ring twice"}
    bobs = replace(anns, subject=BOB, id="order_cancellation-0123456789abcdef-000000000002")
    assert (await run(bobs, read_door())).output["text"] == "at the back"
    assert POISON not in repr(await run(anns, read_door()))
    assert notes.tokens == {TOKEN}


async def test_a_change_is_planned_with_what_stands_there_and_made_once(
    anns: Action, notes: Notes, everything: Everything, sql: Sql
) -> None:
    plan = await planned(anns, write())
    ((change,),) = [call.changes for call in plan.calls]
    assert (change.table, change.key) == ("crm.notes", {"name": "door"})
    assert (change.before, change.after) == ({"text": "ring twice"}, {"text": "leave it at the door"})
    assert change.asking is not None
    assert change.asking.credential == "service"
    assert notes.effects == []
    results = [await run(anns, write(), plan) for _ in range(2)]
    assert [result.status for result in results] == ["succeeded"] * 2
    assert notes.effects == [(ANN, "door", "leave it at the door")]
    assert await sql("SELECT state, tries FROM leverframe.outbox") == [("answered", 1)]
    assert not {
        text
        for rows in (await everything()).values()
        for row in rows
        if TOKEN in row or POISON in row
        for text in [row]
    }


@pytest.mark.parametrize("tool", ["notes.write", "notes.add", "notes.send"])
async def test_what_our_package_does_not_declare_as_read_is_destructive(tool: str, anns: Action, notes: Notes) -> None:
    """The server says that it only reads, and that it is idempotent."""
    assert TOOLS.get(tool).effect == "destructive"
    with pytest.raises(NotApproved):
        await run(anns, write(tool))
    assert notes.calls == []


async def test_what_stands_there_already_is_not_asked(anns: Action, notes: Notes) -> None:
    with pytest.raises(ToolRefused, match="like that already"):
        await planned(anns, write(text="ring twice"))


CHANGED: dict[str, list[dict[str, Any]]] = {
    "its description": [READ | {"description": f"Returns the customer's note. {POISON}"}, WRITE],
    "a space in it": [READ | {"description": "Returns the customer's note. "}, WRITE],
    "its title": [READ | {"title": "Reads a note"}, WRITE],
    "its arguments": [READ | {"inputSchema": {"type": "object", "properties": {"name": {"type": "integer"}}}}, WRITE],
    "what it says": [{name: value for name, value in READ.items() if name != "outputSchema"}, WRITE],
    "its hints": [READ | {"annotations": {"readOnlyHint": False}}, WRITE],
    "its name": [READ | {"name": "read_notes"}, WRITE],
    "that there are two": [READ, READ | {"description": "Another."}, WRITE],
    "that there is none": [],
}


@pytest.mark.parametrize("case", CHANGED)
async def test_a_tool_that_has_changed_since_it_was_read_is_not_called(case: str, anns: Action, notes: Notes) -> None:
    plan = await planned(anns, write())
    before = [*notes.calls]
    notes.offered = CHANGED[case]
    for wrong in (run(anns, read_door()), planned(anns, write()), run(anns, write(), plan)):
        with pytest.raises(NotPinned, match=r"pin it anew|tools named 'read_note'"):
            await wrong
    assert (notes.calls, notes.effects) == (before, [])


async def test_a_change_of_the_tool_that_writes_after_the_approval_sends_nothing(anns: Action, notes: Notes) -> None:
    plan = await planned(anns, write())
    notes.offered = [READ, WRITE | {"description": "Deletes everything."}]
    with pytest.raises(NotPinned):
        await run(anns, write(), plan)
    assert notes.effects == []
    assert "write_note" not in notes.calls


async def test_order_and_what_is_besides_do_not_change_a_pin() -> None:
    other = {name: READ[name] for name in reversed(READ)} | {"_meta": {"x": 1}, "icons": []}
    assert pin(Offered.model_validate(other)) == pin(Offered.model_validate(READ))


AFTER: list[Fault] = [
    "cut after", "hangs after", "500 after", "401 after", "redirect after", "huge", "garbage", "another protocol",
    "half an answer", "error after", "other form", "no form", "asks back",
]  # fmt: skip
BEFORE: list[Fault] = ["cut before", "hangs before", "500 before", "401 before", "429", "503", "redirect before"]
NEW = (ANN, "door", "leave it at the door")


@pytest.mark.parametrize("fault", [*AFTER, *BEFORE])
async def test_what_can_be_looked_for_happens_once_whatever_the_server_says(
    fault: Fault, anns: Action, notes: Notes, sql: Sql
) -> None:
    plan = await planned(anns, write())
    notes.faults = [fault]
    result = await tried(anns, write(), plan)
    assert result is not None
    assert (result.status, notes.effects) == ("succeeded", [NEW])
    assert await sql("SELECT state FROM leverframe.outbox") == [("answered",)]


async def test_an_error_after_which_nothing_can_be_read_any_more_is_not_known(anns: Action, notes: Notes) -> None:
    plan = await planned(anns, write())
    notes.faults = ["error and other tools"]
    result = await tried(anns, write(), plan)
    assert result is not None
    assert (result.status, notes.effects) == ("unfinished", [NEW])


@pytest.mark.parametrize("fault", ["cut after", "500 after", "huge", "error after", "other form", "cut before", "503"])
async def test_what_is_sent_once_is_sent_once(fault: Fault, anns: Action, notes: Notes) -> None:
    plan = await planned(anns, write("notes.add"))
    notes.faults = [fault]
    result = await tried(anns, write("notes.add"), plan)
    if fault in AFTER:
        assert result is not None
        assert (result.status, notes.effects) == ("succeeded", [NEW])
    else:
        # Still looked for: it may be on its way.
        assert (result, notes.effects) == (None, [])
    assert notes.calls.count("write_note") <= 1


@pytest.mark.parametrize("fault", [*AFTER, *BEFORE, "error before", "another owner", "another note"])
async def test_what_nobody_can_look_for_is_not_known(fault: Fault, anns: Action, notes: Notes, sql: Sql) -> None:
    """It may have happened: no screen says that it has failed, and nothing is sent a second time."""
    plan = await planned(anns, write("notes.send"))
    notes.faults = [fault]
    result = await tried(anns, write("notes.send"), plan)
    assert result is not None
    assert result.status == "unfinished"
    assert "It is not known whether what was asked of crm.notes has happened" in result.message
    assert notes.effects == ([] if fault in (*BEFORE, "error before") else [NEW])
    assert await sql("SELECT state, tries FROM leverframe.outbox") == [("unknown", 1)]
    written = notes.calls.count("write_note")
    again = await tried(anns, write("notes.send"), plan)
    assert again is not None
    assert (again.status, notes.calls.count("write_note")) == ("unfinished", written)
    assert again.message.endswith(": it is not tried any more.")


async def test_an_error_before_anything_has_happened_is_a_refusal(anns: Action, notes: Notes) -> None:
    plan = await planned(anns, write())
    notes.faults = ["error before"]
    result = await tried(anns, write(), plan)
    assert result == CallResult(status="failed", message="The system refuses it, and nothing has changed there. (N-1)")
    assert notes.effects == []


async def test_a_server_that_is_away_has_done_nothing_and_is_asked_again(anns: Action, notes: Notes, sql: Sql) -> None:
    plan = await planned(anns, write("notes.send"))
    away = NotesServer("http://127.0.0.1:9/mcp", token=SecretStr(TOKEN), private=LOOPBACK)
    with pytest.raises(NotSent):
        await run(replace(anns, outside=Outside(away)), write("notes.send"), plan)
    result = await run(anns, write("notes.send"), plan)
    assert (result.status, notes.effects) == ("succeeded", [NEW])


async def test_what_is_somebody_elses_is_not_used(anns: Action, notes: Notes) -> None:
    notes.who = lambda token: BOB
    with pytest.raises(NotTheirs):
        await run(anns, read_door())
    with pytest.raises(NotTheirs):
        await planned(anns, write())
    assert notes.effects == []


async def test_each_request_goes_with_the_users_own_token_which_stands_nowhere(
    anns: Action, notes: Notes, company: Company, exchange: TokenExchange, everything: Everything
) -> None:
    told: dict[str, str] = {}
    notes.who = lambda token: told.setdefault(token, ANN)
    tools = toolbox(UserToken(ORDERS, ("orders:read",)))
    users = replace(anns, outside=Outside(NotesServer(notes.url, private=LOOPBACK), exchange))
    plan = await planned(users, write(), tools)
    assert plan.calls[0].changes[0].asking
    assert plan.calls[0].changes[0].asking.credential == "user"
    result = await run(users, write(), plan, tools)
    assert (result.status, notes.effects) == ("succeeded", [NEW])
    assert {token.count(".") for token in notes.tokens} == {2}
    written = [repr(result), plan.model_dump_json(), repr(await everything()), repr(users)]
    assert [text for text in written if any(token in text for token in notes.tokens)] == []


async def test_a_server_is_asked_with_its_account_only_where_there_is_one(anns: Action, notes: Notes) -> None:
    nobody = replace(anns, outside=Outside(NotesServer(notes.url, private=LOOPBACK)))
    with pytest.raises(NotConnected, match="no access to the notes"):
        await run(nobody, read_door())
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
        await run(replace(anns, outside=Outside(elsewhere)), read_door())


def test_a_declaration_fits_together() -> None:
    with pytest.raises(ValueError, match="who asks is no argument"):
        reading(ServiceAccount("name", "owner"))
    with pytest.raises(ValueError, match="the key names nme, which is no argument"):
        changes("x", writing(ACCOUNT), Change(of="crm.notes", key=("nme",), same=SentOnce()))


@pytest.mark.parametrize("fault", ["garbage", "another protocol", "other form", "half an answer", "error after"])
async def test_nothing_that_is_sent_or_said_stands_in_a_log(
    fault: Fault, anns: Action, notes: Notes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    plan = await planned(anns, write())
    notes.faults = [fault]
    await tried(anns, write(), plan)
    # What this server's own side logs is not ours.
    logged = [line.getMessage() for line in caplog.records if not line.name.startswith(("uvicorn", "mcp.server"))]
    private = (ANN, "at the door", POISON, TOKEN)
    assert [line for line in logged if any(one in line for one in private)] == []
    assert notes.effects == [NEW]


def test_the_page_declares_what_can_be_declared() -> None:
    page = (Path(__file__).parents[2] / "docs" / "mcp.md").read_text(encoding="utf-8")
    (block,) = re.findall("```python\n(.*?)```", page, re.DOTALL)
    made: dict[str, Any] = {}
    exec(block, made)
    assert (made["read_note"].effect, made["write_note"].effect) == ("read", "destructive")
