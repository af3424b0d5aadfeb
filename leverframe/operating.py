"""What operators' screens ask of actions and send to them, over and above what a business service does."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from leverframe.capability_uses import feedback_id
from leverframe.cases import Cases
from leverframe.client import Leverframe
from leverframe.contracts import names
from leverframe.contracts.correction import Correctables
from leverframe.contracts.decision import Handling, Receipt
from leverframe.contracts.feedback import MOST_FEEDBACK, Feedback
from leverframe.contracts.story import Story
from leverframe.errors import LeverframeError
from leverframe.pending import NOT_CASES, Pending, nearest_first, open_query, roles_query, some
from leverframe.server_answers import LISTED, answered

EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Ended:
    """An action that has ended."""

    action_id: str
    action: str
    outcome: str
    """How (:data:`~leverframe.contracts.status.OutcomeKind`)."""
    at: datetime | None


class Operating(Leverframe):
    """The SDK for those who decide."""

    async def waiting(
        self, roles: Collection[str], claimed: str | None, start: int, most: int
    ) -> tuple[list[Pending], int]:
        """What waits for one of the roles, the nearest deadline first: ``most`` from ``start`` on, and how many in all.

        ``claimed`` is whom it is claimed by: empty for nobody, ``None`` for whomever. No action is asked for anything.
        Raises InvalidRequest, ServerUnreachable or ServerRefused.
        """
        return await some(self._client, roles_query(roles, claimed), self._within, start, most)

    async def of_subject(self, pseudonym: str, most: int) -> list[Pending]:
        """Open actions of one user."""
        query = f"{open_query()} AND {names.SUBJECT.name} = '{pseudonym}'"
        found: list[Pending] = []
        if pseudonym.isalnum():
            async for one in nearest_first(self._client, query, self._within):
                found.append(one)
                if len(found) == most:
                    break
        return found

    async def ended(self, most: int) -> list[Ended]:
        """The actions that ended last."""
        query = f"ExecutionStatus != 'Running' AND {NOT_CASES} AND {names.OUTCOME.name} IS NOT NULL"
        listed = self._client.list_workflows(query, page_size=most)
        async with answered(self._client, self._within, LISTED):
            await listed.fetch_next_page()
        found = [
            Ended(one.id, one.workflow_type, one.typed_search_attributes.get(names.OUTCOME, ""), one.close_time)
            for one in listed.current_page or ()
        ]
        return sorted(found, key=lambda one: one.at or EARLIEST, reverse=True)

    @property
    def cases(self) -> Cases:
        """What people take over where an action cannot go on."""
        return Cases(self._calls)

    async def handle(self, action_id: str, handling: Handling) -> Receipt:
        """Claim the plan that waits, release it, hand it over, or have another one made. Raises as :meth:`approve`."""
        return await self._calls.update(action_id, names.HANDLE, handling)

    async def story(self, action_id: str) -> Story:
        """What has happened in an action so far, also in one that has ended; raises as :meth:`why` does."""
        return await self._calls.ask(action_id, "story", Story)

    async def feedback_on(self, action_id: str) -> Feedback | None:
        """What the user has said last of an action that has ended; raises ServerUnreachable or ServerRefused."""
        given = await asyncio.gather(*(self._said(feedback_id(action_id, one)) for one in range(1, MOST_FEEDBACK + 1)))
        return next((one for one in reversed(given) if one is not None), None)

    async def _said(self, feedback: str) -> Feedback | None:
        handle: WorkflowHandle[object, Feedback] = self._client.get_workflow_handle(feedback, result_type=Feedback)
        async with answered(self._client, self._within, LISTED):
            try:
                ended = (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED
                return await handle.result() if ended else None
            except (RPCError, WorkflowFailureError, LeverframeError, ValueError) as error:
                if isinstance(error, RPCError) and error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                return None  # Nothing was said, or nobody can read it any more.

    async def correctable(self, action_id: str) -> Correctables:
        """What a correction of its plan may change now; raises as :meth:`why` does."""
        return await self._calls.ask(action_id, "correctable", Correctables)
