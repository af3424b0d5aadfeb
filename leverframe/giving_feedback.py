"""Thumbs up or down, and a word, on an action that has ended."""

from dataclasses import dataclass
from datetime import timedelta

from pydantic import ValidationError
from temporalio.client import Client
from temporalio.common import Priority, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from leverframe.after_end import ended_action, rightly
from leverframe.capability_uses import feedback_id
from leverframe.contracts import names
from leverframe.contracts.feedback import MOST_FEEDBACK, FeedbackRequest, Thumb
from leverframe.errors import InvalidRequest, Refused
from leverframe.pseudonym import subject_of
from leverframe.starting import FINGERPRINT, Starter, expected

GIVEN = "so it is not known whether it was taken: give it again, which counts once"
TRIED = timedelta(days=1)
"""How long it is tried to record it."""


@dataclass(frozen=True)
class GivenFeedback:
    """What one user says of one action."""

    client: Client
    starter: Starter
    queue: str
    action_id: str
    thumb: Thumb
    text: str

    async def send(self, capability: str) -> None:
        """Have it recorded; the same given twice counts once.

        Raises InvalidRequest, and Refused where the action has not ended, or long ago, or this was too often.
        """
        action = (await ended_action(self.client, self.action_id)).workflow_type
        minted, token = rightly(self.starter, capability, action, self.action_id)
        try:
            request = FeedbackRequest(
                action_id=self.action_id,
                action=action,
                capability=token,
                issuer_key=str(minted.issuer_key),
                requester=minted.requester,
                thumb=self.thumb,
                text=self.text.strip(),
            )
        except ValidationError as error:
            raise InvalidRequest(expected(error)) from None
        fingerprint = self.starter.pseudonyms.fingerprint(f"{request.thumb} {request.text}")
        before: str | None = None
        for number in range(1, MOST_FEEDBACK + 1):
            known = await self._known(feedback_id(self.action_id, number))
            if known is None:
                if before == fingerprint:
                    return
                # Where another call takes this place meanwhile, the next one is tried.
                if await self._start(request, number, fingerprint, minted.tenant):
                    return
                known = await self._known(feedback_id(self.action_id, number))
            before = known
        if before != fingerprint:
            raise Refused(f"feedback on {self.action_id} was given {MOST_FEEDBACK} times already; the last one counts")

    async def _start(self, request: FeedbackRequest, number: int, fingerprint: str, tenant: str) -> bool:
        try:
            await self.client.start_workflow(
                names.FEEDBACK,
                request,
                id=feedback_id(self.action_id, number),
                task_queue=self.queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                execution_timeout=TRIED,
                memo={FINGERPRINT: fingerprint},
                priority=Priority(fairness_key=tenant),
                search_attributes=names.of_tenant(tenant),
                static_summary=f"Feedback: {names.summary(request.action, subject_of(self.action_id) or '')}",
                static_details=f"About {self.action_id}.",
            )
        except WorkflowAlreadyStartedError:
            return False
        return True

    async def _known(self, workflow_id: str) -> str | None:
        """The fingerprint of what was given there; ``None`` where nothing was."""
        try:
            described = await self.client.get_workflow_handle(workflow_id).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise
        return str(await described.memo_value(FINGERPRINT, ""))
