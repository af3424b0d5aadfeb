"""The actions of a customer that have not ended, as the Temporal server knows them."""

import asyncio
import re
from typing import ClassVar

from temporalio.client import Client, WorkflowHistoryEventFilterType
from temporalio.service import RPCError, RPCStatusCode

from leverframe.contracts import names
from leverframe.contracts.withdrawal import Withdrawal
from leverframe.pseudonym import subject_of
from tools.errors import Unreachable

PATIENCE = 5.0
"""Seconds to wait for all of them to end; then it is tried again."""


class OpenActions:
    """Finds and withdraws them. Which ones: those of the customer whose action asks."""

    MISSING: ClassVar[str] = "this worker cannot reach the actions of a customer; expected a client of their server"

    def __init__(self, client: Client, prefix: str, patience: float = PATIENCE) -> None:
        """``prefix`` is that of the task queues: another Leverframe on the same server has actions of its own."""
        self._client = client
        self._queue = names.task_queue("workflows", prefix)
        self._patience = patience

    async def withdraw_others(self, action_id: str, right: Withdrawal) -> list[str]:
        """Withdraw every open action of the customer but this one and those that it is a part of; returns their ids.

        ``right`` is what says that this one may.

        Returns once they have ended. Raises :class:`~tools.errors.Unreachable` when one has not: it may be in the
        middle of a write, which it finishes first.
        """
        others = await self._others(action_id)
        try:
            async with asyncio.timeout(self._patience):
                for other in others:
                    await self._withdraw(other, right)
                for other in others:
                    await self._ended(other)
        except TimeoutError:
            raise Unreachable("an action of this customer was withdrawn and has not ended yet") from None
        return others

    async def _others(self, action_id: str) -> list[str]:
        subject = subject_of(action_id)
        if subject is None:
            raise ValueError("expected the id of an action")
        found = self._client.list_workflows(
            f"{names.SUBJECT.name} = '{subject}' AND TaskQueue = '{self._queue}' AND ExecutionStatus = 'Running'"
        )
        return sorted([one.id async for one in found if not _includes(one.id, action_id)])

    async def _withdraw(self, action_id: str, right: Withdrawal) -> None:
        try:
            await self._client.get_workflow_handle(action_id).signal(names.WITHDRAW, right)
        except RPCError as error:
            # It ended by itself, or the list was older than its end.
            if error.status != RPCStatusCode.NOT_FOUND:
                raise Unreachable("the Temporal server did not take a withdrawal") from error

    async def _ended(self, action_id: str) -> None:
        handle = self._client.get_workflow_handle(action_id)
        close = WorkflowHistoryEventFilterType.CLOSE_EVENT
        async for _ in handle.fetch_history_events(wait_new_event=True, event_filter_type=close):
            pass


def _includes(other: str, action_id: str) -> bool:
    """Whether the other is this action, or one that it is a part of."""
    return re.match(rf"{re.escape(other)}(/|$)", action_id) is not None
