"""A tool of an MCP server as a business's package declares it: named, pinned, and typed by the package's own models.

What is not declared with :func:`reads` is destructive, whatever the server says of itself.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from mcp_types import CallToolResult
from pydantic import JsonValue

from tools.base import Arguments, CallContext, Tool
from tools.credential import Credential, ServiceAccount
from tools.errors import ToolRefused
from tools.http.answers import AnyTold, understood
from tools.mcp.system import McpSystem

In = TypeVar("In", bound=Arguments)


@dataclass(frozen=True, kw_only=True)
class McpTool(Generic[In, AnyTold]):
    """One tool of a server, and what it takes and says."""

    system: type[McpSystem]
    tool: str
    """Its name there."""
    pin: str
    """What ``python -m worker mcp URL`` prints of it: with another schema, description or hints it is not called."""
    arguments: type[In]
    """What it takes, under the server's own names; a service account's field for the user is not among it."""
    answer: type[AnyTold]
    """What its structured content says; what else it says, and all text, is left out."""
    credential: Credential
    rule: str
    """Id of the clause that its refusals rest on."""

    def __post_init__(self) -> None:
        if isinstance(self.credential, ServiceAccount) and self.credential.states in self.names:
            raise ValueError(f"{self.arguments.__name__}: who asks is no argument; rename {self.credential.states}")

    @property
    def names(self) -> set[str]:
        """Of its arguments, as the server has them."""
        return {info.alias or name for name, info in self.arguments.model_fields.items()}

    async def call(self, call: CallContext, asked: In) -> CallToolResult:
        """Raises as :meth:`tools.mcp.system.McpSystem.call`."""
        told: dict[str, JsonValue] = asked.model_dump(mode="json", by_alias=True, exclude_none=True)
        if isinstance(self.credential, ServiceAccount):
            told[self.credential.states] = call.subject
        server = call.outside.reach(self.system)
        return await server.call(call, self.credential, self.tool, self.pin, told)

    def read(self, call: CallContext, result: CallToolResult) -> AnyTold:
        """What a result says; raises :class:`~tools.errors.NotTheirs` and :class:`~tools.errors.Unreachable`."""
        if isinstance(self.credential, ServiceAccount):
            self.credential.require_owner(call.subject, result.structured_content)
        return understood(result.structured_content or {}, self.answer)


def reads(name: str, of: McpTool[In, AnyTold]) -> Tool[In, AnyTold]:
    """A tool that reads: our package says so. What it returns become facts, which are screened as any."""

    async def read(call: CallContext, asked: In) -> AnyTold:
        return await see(call, of, asked)

    return Tool(name, "read", of.arguments, of.answer, read)


async def see(call: CallContext, of: McpTool[In, AnyTold], asked: In) -> AnyTold:
    """What a tool that reads says now; raises :class:`~tools.errors.ToolRefused` when it says that it cannot."""
    result = await of.call(call, asked)
    if result.is_error:
        raise ToolRefused("The system refuses it.", of.rule)
    return of.read(call, result)
