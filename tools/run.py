"""Run one call in a transaction and collect what it changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from leverframe.contracts.plan import PlannedCall, RowChange
from leverframe.contracts.withdrawal import Withdrawal
from leverframe.placeholders import put_back
from tools.base import CallContext, Toolbox
from tools.changes import ChangeReader
from tools.errors import ToolRefused, WrongTool
from tools.outside import Answer, Outside, Perform
from tools.scope import Scope, set_key


@dataclass(frozen=True)
class Ran:
    """A call's output, and the rows it changed and then the external requests it makes, each in order."""

    output: dict[str, JsonValue]
    changes: tuple[RowChange, ...]
    performs: tuple[Perform, ...] = ()
    """Send the requests; nothing has been sent yet."""

    async def perform(self) -> list[Answer]:
        """Send the external requests and return what was answered, in order.

        Raises :class:`~tools.errors.ToolRefused` when the first is refused, and :class:`~tools.errors.Unreachable`.
        What an earlier one has brought about outside stands, so that the refusal of a later one is an answer too, and
        what was written is committed with it.
        """
        answers: list[Answer] = []
        for perform in self.performs:
            try:
                answers.append(await perform())
            except ToolRefused as refused:
                if not answers:
                    raise
                answers.append(Answer({"refused": refused.reason}, carried_out=False))
        return answers


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
    ) -> None:
        self._session = session
        self._toolbox = toolbox
        self._scope = scope
        self._placeholders = placeholders
        self._outside = outside
        self._right = right
        self._changes = ChangeReader(session)

    async def run(self, planned: PlannedCall) -> Ran:
        """Run a write, and send none of its external requests.

        Raises :class:`~tools.errors.ToolRefused`, :class:`~tools.errors.ToolError` or
        :class:`~tools.errors.Unreachable`.
        """
        await set_key(self._session, planned.key)
        context = self._context(planned)
        output = await self._run(planned, context)
        await self._session.flush()
        changes = await self._changes.take()
        asked = tuple(request.change() for request, _ in context.requests)
        return Ran(output, (*changes, *asked), tuple(perform for _, perform in context.requests))

    async def read(self, planned: PlannedCall) -> dict[str, JsonValue]:
        """Run a call for its output alone; raises as :meth:`run` does."""
        context = self._context(planned)
        output = await self._run(planned, context)
        if context.requests:
            raise WrongTool(f"{planned.tool} only reads, and yet asks something of a system outside; nothing was sent")
        return output

    def _context(self, planned: PlannedCall) -> CallContext:
        scope = self._scope
        return CallContext(self._session, scope.subject, scope.action_id, planned.key, self._outside, self._right)

    async def _run(self, planned: PlannedCall, context: CallContext) -> dict[str, JsonValue]:
        arguments = put_back(planned.arguments, self._placeholders)
        return await self._toolbox.get(planned.tool).run(context, arguments)
