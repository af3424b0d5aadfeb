"""A tool of an MCP server that changes something: what is asked is the plan, and what became of it is never guessed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from mcp_types import CallToolResult

from leverframe.contracts.plan import Row
from leverframe.naming import named
from leverframe.reasons import reason_of
from tools.base import Arguments, CallContext, Tool
from tools.errors import NotKnown, NotSent, NotTheirs, ToolError, ToolRefused, Unreachable
from tools.http.answers import Told, row
from tools.http.changing import FOUND, Asked
from tools.http.safeguards import Compared, Repeatable, SentOnce
from tools.mcp.declaring import McpTool, see
from tools.outside import Answer, ExternalRequest, Sending

In = TypeVar("In", bound=Arguments)
Query = TypeVar("Query", bound=Arguments)
Seen = TypeVar("Seen", bound=Told)

UNSEEN = "what stands there is not read before it is sent"
"""The safeguard of what no tool of the server reads."""


@dataclass(frozen=True, kw_only=True)
class Standing(Generic[In, Query, Seen]):
    """Where that is read which a tool changes: people see it, and a try that got no answer is looked for."""

    by: McpTool[Query, Seen]
    """A tool of the server that reads."""
    asks: Callable[[In], Query]
    shows: Callable[[In, Seen], Row | None]
    """What stands there, in the columns of what is asked; ``None`` where nothing does. Pure."""


@dataclass(frozen=True, kw_only=True)
class Change(Generic[In]):
    """What a call of a tool changes, for people and for another try."""

    of: str
    """What it changes: such as ``crm.notes``."""
    key: tuple[str, ...]
    """The arguments that say which one it is; the others are what will stand there."""
    removes: bool = False
    """Whether nothing will stand there."""
    standing: Standing[In, Any, Any] | None = None
    same: Repeatable | SentOnce


def changes(name: str, tool: McpTool[In, Told], change: Change[In]) -> Tool[In, Asked]:
    """A tool that is carried out once it is approved: destructive, whatever the server says of it.

    Raises ``ValueError`` where the declaration does not fit together.
    """
    if lacking := {*change.key} - tool.names:
        raise ValueError(f"{name}: the key names {', '.join(sorted(lacking))}, which is no argument")

    async def run(call: CallContext, asked: In) -> Asked:
        one = _One(tool, change, call, asked)
        await call.ask(one.look, one.perform)
        return Asked(of=change.of)

    return Tool(name, "destructive", tool.arguments, Asked, run)


class _One(Generic[In]):
    """One change, in one call."""

    def __init__(self, tool: McpTool[In, Told], change: Change[In], call: CallContext, asked: In) -> None:
        self._tool, self._change, self._call, self._asked = tool, change, call, asked

    async def look(self) -> ExternalRequest:
        """What stands there now, as far as it can be read, and what will."""
        change, asked = self._change, self._asked.model_dump(mode="json", by_alias=True, exclude_none=True)
        before = await self._stands()
        if change.removes and change.standing and before is None:
            raise ToolRefused("There is no such thing.", self._tool.rule)
        after: Row | None = (
            None if change.removes else {name: value for name, value in asked.items() if name not in change.key}
        )
        if before is not None and _agrees(before, after):
            raise ToolRefused("It stands there like that already.", self._tool.rule)
        return ExternalRequest(
            change.of,
            {name: asked[name] for name in change.key if name in asked},
            after,
            before=before,
            credential=self._tool.credential.kind,
            safeguard=Compared.words if change.standing else UNSEEN,
        )

    async def perform(self, sending: Sending) -> Answer:
        """Send it; or find that an earlier try has brought it about, or that nobody can tell."""
        if not sending.again:
            return await self._send(sending)
        if found := await self._found(sending):
            return FOUND
        if isinstance(self._change.same, Repeatable):
            return await self._send(sending)
        if found is None:
            raise NotKnown("the server cannot be asked what has become of it, and it is not sent again")
        raise Unreachable("it is not to be seen there yet, and is not sent again")

    async def _send(self, sending: Sending) -> Answer:
        try:
            result = await self._tool.call(self._call, self._asked)
        except NotSent:
            raise
        except Unreachable as error:
            raise self._open(error) from None
        if result.is_error:
            return await self._erred(sending)
        return self._answered(sending, result)

    def _answered(self, sending: Sending, result: CallToolResult) -> Answer:
        """Its receipt. One that cannot be read comes after the change: it is no refusal."""
        stands = {**(sending.asked.after or {}), **sending.asked.key}
        try:
            told = row(self._tool.read(self._call, result))
        except NotTheirs as error:
            raise NotKnown(reason_of(error)) from error
        except Unreachable as error:
            raise self._open(error) from None
        if other := sorted(name for name in told.keys() & stands.keys() if told[name] != stands[name]):
            raise NotKnown(
                f"the system answered with something else than what was asked for ({', '.join(map(named, other))})"
            )
        return Answer(told)

    async def _erred(self, sending: Sending) -> Answer:
        """The server reports an error. It may have come after the change: only what stands there can tell."""
        found = await self._found(sending)
        if found is None:
            raise NotKnown("the server reports an error, and cannot be asked whether it has carried it out")
        if found:
            return FOUND
        raise ToolRefused("The system refuses it, and nothing has changed there.", self._tool.rule)

    def _open(self, error: Unreachable) -> Exception:
        """Whether another try could tell."""
        tells = self._change.standing is not None or isinstance(self._change.same, Repeatable)
        return error if tells else NotKnown(reason_of(error))

    async def _found(self, sending: Sending) -> bool | None:
        """Whether it stands there as approved; ``None`` where that cannot be read. Raises NotKnown where it stands as
        never before.
        """
        if self._change.standing is None:
            return None
        try:
            now = await self._stands()
        except (ToolRefused, Unreachable) as error:
            # Of the reading it may be that nothing was sent, or that it was refused; of what was asked it is not.
            raise Unreachable(f"what stands there cannot be read ({error})") from None
        except ToolError as error:
            raise NotKnown(reason_of(error)) from error
        if _agrees(now, sending.asked.after):
            return True
        if not _agrees(now, sending.asked.before):
            raise NotKnown("something else stands there now than before, and than was asked for")
        return False

    async def _stands(self) -> Row | None:
        standing = self._change.standing
        if standing is None:
            return None
        return standing.shows(self._asked, await see(self._call, standing.by, standing.asks(self._asked)))


def _agrees(now: Row | None, row: Row | None) -> bool:
    if now is None or row is None:
        return now is None and row is None
    return all(now.get(name) == value for name, value in row.items())
