"""Tools of MCP servers that nobody here wrote: read, changed once approved, and called only as they were read."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from leverframe.contracts.plan import PlannedCall
from tests.support.authorization import ORDERS
from tests.support.mcp_servers import bridged
from tests.support.npm_programs import free_port, installed, serving
from tests.support.two_customers import Action
from tests.tools.mcp.notes import LOOPBACK
from tools.base import Arguments, Toolbox
from tools.credential import UserToken
from tools.errors import NotPinned, ToolRefused
from tools.http.answers import Told, row
from tools.http.safeguards import Repeatable, SentOnce
from tools.mcp.changing import Change, Standing, changes
from tools.mcp.declaring import McpTool, reads
from tools.mcp.pins import pin
from tools.mcp.system import McpSystem
from tools.outside import Outside
from tools.token_exchange import TokenExchange

PACKAGE = "node_modules/@modelcontextprotocol"
PATH = os.environ["PATH"]


class Server(McpSystem):
    MISSING = "no access to the server"


Reach = Callable[[str], Action]


@pytest.fixture
def reach(action: Action, exchange: TokenExchange) -> Reach:
    """An action whose tools reach the server at a URL; none of these looks at the token that it is sent."""
    return lambda url: replace(action, outside=Outside(Server(url, private=LOOPBACK), exchange))


async def declared(url: str, tool: str, arguments: type[Any], answer: type[Any]) -> McpTool[Any, Any]:
    """The tool as it is offered now, as somebody pins it who has read it."""
    (offered,) = [one for one in await Server(url, private=LOOPBACK).offered() if one.name == tool]
    right = UserToken(ORDERS, ("orders:read",))
    return McpTool(
        system=Server, tool=tool, pin=pin(offered), arguments=arguments, answer=answer, credential=right, rule="X"
    )  # fmt: skip


def call(tool: str, **arguments: JsonValue) -> PlannedCall:
    return PlannedCall(call="w", key="w#1", tool=tool, arguments=arguments)


class Place(Arguments):
    location: str


class Weather(Told):
    temperature: float
    conditions: str


@pytest.fixture
async def everything_server() -> AsyncIterator[str]:
    """It speaks streamable HTTP itself, with a session and events, and would listen on every interface."""
    port, folder = free_port(), installed("mcp")
    variables = {"PORT": str(port), "NODE_OPTIONS": "--require ./loopback.cjs"}
    program = f"{PACKAGE}/server-everything/dist/index.js"
    async with serving(folder, program, "streamableHttp", ready="listening on port", **variables):
        yield f"http://127.0.0.1:{port}/mcp"


async def test_everything(everything_server: str, reach: Reach) -> None:
    action = reach(everything_server)
    weather = await declared(everything_server, "get-structured-content", Place, Weather)
    tools = Toolbox().add(reads("weather", weather)).add(reads("stale", replace(weather, pin="0" * 64)))
    action = replace(action, tools=tools)
    found = await action.run(call("weather", location="Chicago"))
    assert found.output.keys() == {"temperature", "conditions"}
    with pytest.raises(NotPinned):
        await action.run(call("stale", location="Chicago"))
    with pytest.raises(ToolRefused):
        await planned_of_wrong(action, weather)


async def planned_of_wrong(action: Action, weather: McpTool[Any, Any]) -> None:
    """A place that the server does not know: its own error is a refusal of what reads."""
    tool = changes(
        "weather.change",
        weather,
        Change(
            of="weather",
            key=("location",),
            standing=Standing(by=weather, asks=lambda asked: asked, shows=lambda asked, seen: row(seen)),
            same=SentOnce(),
        ),
    )
    await replace(action, tools=Toolbox().add(tool)).preview(call("weather.change", location="Atlantis"))


class Entity(Arguments):
    name: str
    entityType: str
    observations: list[str]


class Entities(Arguments):
    entities: list[Entity]


class Graph(Told):
    entities: list[dict[str, JsonValue]]


class Nothing(Arguments):
    """No arguments."""


async def test_memory(reach: Reach, tmp_path: Path) -> None:
    program = installed("mcp") / PACKAGE / "server-memory/dist/index.js"
    memory = tmp_path / "memory.jsonl"
    async with bridged("node", str(program), PATH=PATH, MEMORY_FILE_PATH=str(memory)) as url:
        graph = await declared(url, "read_graph", Nothing, Graph)
        seen: Standing[Entities, Nothing, Graph] = Standing(by=graph, asks=lambda asked: Nothing(), shows=shows)
        change = Change(of="memory.entities", key=(), standing=seen, same=SentOnce())
        adds = changes("memory.add", await declared(url, "create_entities", Entities, Graph), change)
        action = replace(reach(url), tools=Toolbox().add(adds))
        one = call("memory.add", entities=[{"name": "o1", "entityType": "order", "observations": ["red"]}])
        plan = await action.preview(one)
        assert plan.calls[0].changes[0].before is None
        assert not memory.exists()
        results = [await action.run(one, plan) for _ in range(2)]
        assert [result.status for result in results] == ["succeeded"] * 2
        assert memory.read_text().count('"o1"') == 1


def shows(asked: Entities, graph: Graph) -> dict[str, JsonValue] | None:
    names = {one.name for one in asked.entities}
    found: list[JsonValue] = [one for one in graph.entities if one.get("name") in names]
    return {"entities": found} if found else None


class File(Arguments):
    path: str


class Written(File):
    content: str


class Content(Told):
    content: str


async def test_filesystem(reach: Reach, tmp_path: Path) -> None:
    program, own = installed("mcp") / PACKAGE / "server-filesystem/dist/index.js", tmp_path / "own"
    own.mkdir()
    (own / "note").write_text("ring twice")
    (tmp_path / "secret").write_text("nobody's business")
    async with bridged("node", str(program), str(own), PATH=PATH) as url:
        read = await declared(url, "read_text_file", File, Content)
        seen: Standing[Written, File, Content] = Standing(
            by=read, asks=lambda asked: File(path=asked.path), shows=lambda _, file: row(file)
        )
        change = Change(of="files", key=("path",), standing=seen, same=Repeatable())
        writes = changes("files.write", await declared(url, "write_file", Written, Told), change)
        action = replace(reach(url), tools=Toolbox().add(reads("files.read", read)).add(writes))
        one = call("files.write", path=str(own / "note"), content="leave it at the door")
        plan = await action.preview(one)
        assert plan.calls[0].changes[0].before == {"content": "ring twice"}
        assert (await action.run(one, plan)).status == "succeeded"
        assert (own / "note").read_text() == "leave it at the door"
        for path in (tmp_path / "secret", own / ".." / "secret"):
            outside = await action.run(call("files.read", path=str(path)))
            assert (outside.status, outside.output) == ("failed", {})


async def test_the_command_prints_what_is_pinned(everything_server: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "worker", "mcp", everything_server, "--private", "127.0.0.0/8"]

    def asked(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *options], capture_output=True, text=True, check=False)

    (offered,) = [one for one in await Server(everything_server, private=LOOPBACK).offered() if one.name == "echo"]
    told, missing = await asyncio.gather(*(asyncio.to_thread(asked, *options) for options in ((), ("--tool", "eco"))))
    assert f"echo\npin: {pin(offered)}\n" in told.stdout
    assert len(re.findall("^pin: [0-9a-f]{64}$", told.stdout, re.MULTILINE)) > 5
    assert (missing.returncode, "offers no tool 'eco'" in missing.stderr) == (2, True)
