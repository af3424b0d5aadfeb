"""Telling what people did about the request of an action that has ended."""

from dataclasses import dataclass

from temporalio.client import Client, WorkflowFailureError
from temporalio.common import Priority, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError

from leverframe.after_end import ended_action, rightly
from leverframe.capability_uses import people_id
from leverframe.contracts import names
from leverframe.contracts.people import Did, DidRequest
from leverframe.errors import Refused
from leverframe.pseudonym import subject_of
from leverframe.starting import Starter
from leverframe.telling import inert

TOLD = "so it is not known whether it was taken: tell it again, the last one counts"


@dataclass(frozen=True)
class WhatPeopleDid:
    """About one action."""

    client: Client
    starter: Starter
    queue: str
    action_id: str
    did: Did

    async def send(self, capability: str) -> None:
        """Have it recorded.

        Raises InvalidRequest, and Refused where the action has not ended, or long ago, or its machine lacks this.
        """
        action = (await ended_action(self.client, self.action_id)).workflow_type
        minted, token = rightly(self.starter, capability, action, self.action_id)
        request = DidRequest(
            action_id=self.action_id,
            action=action,
            capability=token,
            issuer_key=str(minted.issuer_key),
            requester=minted.requester,
            did=self.did,
        )
        try:
            await self.client.execute_workflow(
                names.PEOPLE,
                request,
                id=people_id(self.action_id),
                task_queue=self.queue,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                priority=Priority(fairness_key=minted.tenant),
                static_summary=f"What people did: {names.summary(action, subject_of(self.action_id) or '')}",
                static_details=f"About {self.action_id}.",
            )
        except WorkflowFailureError as error:
            if isinstance(error.cause, ApplicationError) and error.cause.type == "InvalidRequest":
                raise Refused(inert(error.cause.message)) from None
            raise
