"""Run one call in a transaction and collect what it changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from leverframe.capability import Claims
from leverframe.contracts.plan import PlannedCall, RowChange
from leverframe.contracts.withdrawal import Withdrawal
from leverframe.placeholders import put_back
from tools.base import CallContext, Toolbox
from tools.changes import ChangeReader
from tools.errors import WrongTool
from tools.outside import Outside, Perform
from tools.scope import Scope, set_key

NONE_SENT: Mapping[int, RowChange] = {}


@dataclass(frozen=True)
class Ran:
    """A call's output, and the rows it changed and then the external requests it makes, each in order."""

    output: dict[str, JsonValue]
    changes: tuple[RowChange, ...]
    requests: tuple[tuple[RowChange, Perform], ...] = ()
    """What it asks of systems outside, and what sends it; nothing has been sent yet."""


class Runner:
    """Runs calls one after the other in one transaction."""

    def __init__(
        self,
        session: AsyncSession,
        toolbox: Toolbox,
        scope: Scope,
        placeholders: Mapping[str, str],
        outside: Outside,
        right: Withdrawal | None = None,
        *,
        claims: Claims,
    ) -> None:
        self._session = session
        self._toolbox = toolbox
        self._scope = scope
        self._placeholders = placeholders
        self._outside = outside
        self._right = right
        self._claims = claims
        self._changes = ChangeReader(session)

    async def run(self, planned: PlannedCall, sent: Mapping[int, RowChange] = NONE_SENT) -> Ran:
        """Run a write, and send none of its external requests; ``sent`` are those that earlier tries may have sent.

        Raises :class:`~tools.errors.ToolRefused`, :class:`~tools.errors.ToolError` or
        :class:`~tools.errors.Unreachable`.
        """
        await set_key(self._session, planned.key)
        context = self._context(planned, sent)
        output = await self._run(planned, context)
        await self._session.flush()
        changes = await self._changes.take()
        return Ran(output, (*changes, *(asked for asked, _ in context.requests)), tuple(context.requests))

    async def read(self, planned: PlannedCall) -> dict[str, JsonValue]:
        """Run a call for its output alone; raises as :meth:`run` does."""
        context = self._context(planned)
        output = await self._run(planned, context)
        if context.requests:
            raise WrongTool(f"{planned.tool} only reads, and yet asks something of a system outside; nothing was sent")
        return output

    def _context(self, planned: PlannedCall, sent: Mapping[int, RowChange] = NONE_SENT) -> CallContext:
        scope = self._scope
        return CallContext(
            self._session, scope.subject, scope.action_id, planned.key, self._outside, self._right, self._claims, sent
        )

    async def _run(self, planned: PlannedCall, context: CallContext) -> dict[str, JsonValue]:
        arguments = put_back(planned.arguments, self._placeholders)
        return await self._toolbox.get(planned.tool).run(context, arguments)
