"""What a user writes after an action has ended: it goes to the people, as a case."""

from dataclasses import dataclass

from pydantic import ValidationError
from temporalio.client import (
    Client,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
)
from temporalio.common import Priority, WorkflowIDReusePolicy
from temporalio.service import RPCError

from leverframe.after_end import ended_action, rightly
from leverframe.capability_uses import case_id
from leverframe.contracts import names
from leverframe.contracts.case import MOST_MESSAGES, Case, CaseMessage, CaseRequest
from leverframe.contracts.status import Outcome
from leverframe.contracts.why import Why
from leverframe.errors import InvalidRequest, LeverframeError, Refused
from leverframe.minted import Minted
from leverframe.pseudonym import subject_of
from leverframe.starting import Starter, expected

FOLLOWED = "so it is not known whether people read it: send it again with the same request id, and it is read once"
MOST_CASES = 3
"""How many cases there can be of one action."""


@dataclass(frozen=True)
class FollowUp:
    """One message of a user about an action that has ended."""

    client: Client
    starter: Starter
    queue: str
    action_id: str
    message: CaseMessage

    @classmethod
    def of(cls, client: Client, starter: Starter, queue: str, action_id: str, request_id: str, text: str) -> "FollowUp":
        """Raises InvalidRequest for what is no message."""
        try:
            return cls(client, starter, queue, action_id, CaseMessage(request_id=request_id, text=text))
        except ValidationError as error:
            raise InvalidRequest(expected(error)) from None

    async def send(self, capability: str) -> str:
        """Have it read by a person: in the case that is open, or in a new one. Returns the case's id.

        Raises InvalidRequest, and Refused where the action has not ended, or too long ago, or this was too often.
        """
        described = await ended_action(self.client, self.action_id)
        action = described.workflow_type
        minted, token = rightly(self.starter, capability, action, self.action_id)
        place = case_id(self.action_id)
        await self._refuse_too_many(place)
        await self.client.start_workflow(
            names.CASE,
            self._request(action, minted, token, await self._outcome(described), await self._why()),
            id=place,
            task_queue=self.queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            priority=Priority(fairness_key=minted.tenant),
            start_signal=names.WRITE,
            start_signal_args=[self.message],
            search_attributes=names.search_attributes(
                action, self.starter.pseudonyms.of(minted.subject), minted.tenant
            ),
            static_summary=f"Case: {names.summary(action, subject_of(self.action_id) or '')}",
            static_details=f"About {self.action_id}.",
        )
        return place

    async def _refuse_too_many(self, place: str) -> None:
        runs = [one async for one in self.client.list_workflows(f"WorkflowId = '{place}'")]
        if any(one.status is WorkflowExecutionStatus.RUNNING for one in runs):
            open_case = await self.client.get_workflow_handle(place).query(names.CASE, result_type=Case)
            if len(open_case.messages) >= MOST_MESSAGES:
                raise Refused(f"so much was written about {self.action_id} that a person must answer first")
        elif len(runs) >= MOST_CASES:
            raise Refused(f"{self.action_id} had {len(runs)} cases already; start a new action")

    async def _outcome(self, described: WorkflowExecutionDescription) -> Outcome:
        handle: WorkflowHandle[object, Outcome] = self.client.get_workflow_handle(
            self.action_id, run_id=described.run_id, result_type=Outcome
        )
        try:
            return await handle.result()
        except (WorkflowFailureError, LeverframeError):
            # Somebody ended it from outside: nobody was told anything.
            return Outcome(action_id=self.action_id, kind="handed_over", state="", reply="")

    async def _why(self) -> Why | None:
        try:
            found = await self.client.get_workflow_handle(self.action_id).query("why", result_type=Why)
        except (WorkflowQueryFailedError, RPCError, ValueError):
            return None  # Whoever takes it over reads what the user writes now.
        return found if isinstance(found, Why) else None

    def _request(self, action: str, minted: Minted, token: str, outcome: Outcome, why: Why | None) -> CaseRequest:
        pseudonym = self.starter.pseudonyms.of(minted.subject)
        return CaseRequest(
            action_id=self.action_id,
            action=action,
            capability=token,
            issuer_key=str(minted.issuer_key),
            requester=minted.requester,
            pseudonym=pseudonym,
            outcome=outcome.kind,
            state=outcome.state,
            reply=outcome.reply,
            reason="The user has written once more after the action had ended.",
            undone=tuple(f"{part.action}: {part.kind}" for part in outcome.parts if part.kind != "done"),
            why=why or Why(requester=minted.requester, pseudonym=pseudonym),
        )
