"""Run one call in a transaction and collect what it changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from leverframe.contracts.plan import PlannedCall, RowChange
from leverframe.placeholders import put_back
from tools.base import CallContext, Toolbox
from tools.changes import ChangeReader
from tools.scope import Scope, set_key


@dataclass(frozen=True)
class Ran:
    """A call's output and the rows it changed, in order."""

    output: dict[str, JsonValue]
    changes: tuple[RowChange, ...]


class Runner:
    """Runs calls one after the other in one transaction."""

    def __init__(self, session: AsyncSession, toolbox: Toolbox, scope: Scope, placeholders: Mapping[str, str]) -> None:
        self._session = session
        self._toolbox = toolbox
        self._scope = scope
        self._placeholders = placeholders
        self._changes = ChangeReader(session)

    async def run(self, planned: PlannedCall) -> Ran:
        """Run a write; raises :class:`~tools.errors.ToolRefused` or :class:`~tools.errors.ToolError`."""
        await set_key(self._session, planned.key)
        output = await self.read(planned)
        await self._session.flush()
        return Ran(output, await self._changes.take())

    async def read(self, planned: PlannedCall) -> dict[str, JsonValue]:
        """Run a call for its output alone; raises as :meth:`run` does."""
        context = CallContext(self._session, self._scope.subject, self._scope.action_id, planned.key)
        arguments = put_back(planned.arguments, self._placeholders)
        return await self._toolbox.get(planned.tool).run(context, arguments)
