"""What an MCP server offers, to be read and pinned by whoever declares tools of it."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from worker.cli.terminal import console, run
from worker.embedded.process import ServiceError
from worker.settings.base import SettingsError


def mcp(
    url: Annotated[str, typer.Argument(help="The server's endpoint, such as https://notes.example.com/mcp.")],
    tool: Annotated[str | None, typer.Option(help="One tool alone, with its schemas.")] = None,
    token: Annotated[Path | None, typer.Option(help="File with a bearer token.", exists=True, dir_okay=False)] = None,
    private: Annotated[list[str] | None, typer.Option(help="A private network in which it may stand.")] = None,
) -> None:
    """Print the tools that an MCP server offers, each with the pin by which a package declares it.

    Read them before you pin them: a tool is called for as long as the server says of it what you have read. What its
    hints say counts for nothing; a tool reads only if your package declares it with tools.mcp.declaring.reads.
    """
    # Only here: it takes long to load.
    from tools.errors import NotConnected, NotSent
    from tools.mcp.pins import pin
    from tools.mcp.system import McpSystem

    try:
        server = McpSystem(url, token=SecretStr(token.read_text().strip()) if token else None, private=private or ())
    except ValueError as error:
        raise SettingsError(f"{url} cannot be used: {error}") from None
    try:
        offered = run(server.offered())
    except (NotConnected, NotSent) as error:
        raise ServiceError(f"{error}. Expected an MCP server over streamable HTTP at {url}") from None
    found = [one for one in offered if tool in (None, one.name)]
    if not found:
        raise SettingsError(f"the server offers no tool {tool!r}" if tool else "the server offers no tool")
    for one in found:
        told = one.model_dump_json(by_alias=True, exclude_none=True, indent=2) if tool else one.description or ""
        console.print(f"{one.name}\npin: {pin(one)}\n{told}\n", markup=False, highlight=False, soft_wrap=True)
