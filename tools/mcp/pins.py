"""What a business's package has read of a tool of an MCP server, so that no other is called in its place. Pure."""

import hashlib
from collections.abc import Iterable

import rfc8785
from mcp_types import Tool as Offered

from tools.errors import NotPinned

SAID = ("name", "title", "description", "inputSchema", "outputSchema", "annotations")
"""What a server says about a tool that somebody reads who declares it: a change of any of it is another tool."""


def pin(offered: Offered) -> str:
    """SHA-256 in hex of what the server says about a tool, in canonical JSON (RFC 8785)."""
    told = offered.model_dump(mode="json", by_alias=True, exclude_none=True)
    return hashlib.sha256(rfc8785.dumps({name: told[name] for name in SAID if name in told})).hexdigest()


def require_pinned(offered: Iterable[Offered], name: str, pinned: str) -> None:
    """Raise :class:`~tools.errors.NotPinned` unless the server offers exactly one tool of that name, as it was read."""
    found = [one for one in offered if one.name == name]
    if len(found) != 1:
        raise NotPinned(f"the MCP server offers {len(found)} tools named {name!r}; expected the one that was declared")
    if pin(found[0]) != pinned:
        raise NotPinned(
            f"the MCP server's tool {name!r} is not the one that was declared: its schema, description or hints have "
            "changed. It is not called. Read it again ('python -m worker mcp URL'), and pin it anew if it is good"
        )
