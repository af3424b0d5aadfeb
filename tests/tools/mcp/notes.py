"""Notes at an MCP server, and the tools that a package has declared of it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from mcp_types import Tool as Offered
from pydantic import JsonValue, SecretStr

from leverframe.contracts.calling import CallResult
from leverframe.contracts.plan import Plan, PlannedCall
from tests.support.mcp_servers import READ, TOKEN, WRITE, Notes, serving_mcp
from tests.support.two_customers import ANN, BOB, Action
from tools.base import Arguments, Tool, Toolbox
from tools.credential import Credential, ServiceAccount
from tools.errors import Unreachable
from tools.http.answers import Told
from tools.http.safeguards import Repeatable, SentOnce
from tools.mcp.changing import Change, Standing, changes
from tools.mcp.declaring import McpTool, reads
from tools.mcp.pins import pin
from tools.mcp.system import McpSystem
from tools.outside import Outside

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
    server = NotesServer(notes.url, token=SecretStr(TOKEN), private=LOOPBACK, patience=patience)
    return replace(action, outside=Outside(server), tools=toolbox())


def read_door(name: str = "door") -> PlannedCall:
    return PlannedCall(call="reading", key="reading#1", tool="notes.read", arguments={"name": name})


def write(tool: str = "notes.write", text: str = "leave it at the door") -> PlannedCall:
    return PlannedCall(call="w", key="w#1", tool=tool, arguments={"name": "door", "text": text})


async def tried(action: Action, call: PlannedCall, plan: Plan, tries: int = 3) -> CallResult | None:
    """What comes of it, tried again as Temporal does; ``None`` where it is still tried."""
    for _ in range(tries):
        try:
            return await action.run(call, plan)
        except Unreachable:
            continue
    return None
