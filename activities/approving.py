"""The approvals role: who sent a decision, and may they decide?"""

from collections.abc import AsyncIterator, Iterable
from typing import Literal

from temporalio import activity
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from leverframe.contracts.decision import Approver, Judged, JudgeRequest
from leverframe.contracts.names import JUDGE

DECISIONS = ("approve", "reject")
UNNAMED = "unnamed"


class Approving:
    """Reads the decision's history event: what the workflow worker says about the sender is not believed."""

    def __init__(self, client: Client, approver_trust: Literal["principal", "claimed"]) -> None:
        """``approver_trust``: the least that is accepted; ``claimed`` also takes the identity a client claims."""
        self._client = client
        self._trust = approver_trust

    @activity.defn(name=JUDGE)
    async def judge(self, request: JudgeRequest) -> Judged:
        """Establish the person and check that they may decide on this plan."""
        event = await self._find(request)
        if event is None:
            raise ApplicationError("the decision's event is not in the history", type="DecisionNotFound")
        approver = self._person(event)
        reason = refusal(request, approver, self._trust)
        return Judged(accepted=reason is None, approver=approver, reason=reason or "")

    async def _find(self, request: JudgeRequest) -> HistoryEvent | None:
        signals = 0
        async for event in self._history(request):
            update = event.workflow_execution_update_accepted_event_attributes
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
                if request.update_id == update.accepted_request.meta.update_id:
                    return event if update.accepted_request.input.name == request.choice else None
            elif event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
                signal = event.workflow_execution_signaled_event_attributes
                if signal.signal_name in DECISIONS and await self._readable(signal.input.payloads):
                    if signals == request.signal_index:
                        return event if signal.signal_name == request.choice else None
                    signals += 1
        return None

    def _history(self, request: JudgeRequest) -> AsyncIterator[HistoryEvent]:
        handle = self._client.get_workflow_handle(request.action_id, run_id=request.run_id)
        return handle.fetch_history_events()

    async def _readable(self, payloads: Iterable[Payload]) -> bool:
        # The worker drops a signal that it cannot decode before the workflow can count it.
        try:
            await self._client.data_converter.decode(list(payloads))
        except Exception:
            return False
        return True

    def _person(self, event: HistoryEvent) -> Approver:
        if event.HasField("principal"):
            name = f"{event.principal.type}:{event.principal.name}"
            return Approver(identity=name, trust="principal", event_id=event.event_id)
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
            claimed = event.workflow_execution_signaled_event_attributes.identity
        else:
            claimed = event.workflow_execution_update_accepted_event_attributes.accepted_request.meta.identity
        # The Temporal UI without sign-in claims no name at all.
        return Approver(identity=claimed or UNNAMED, trust="claimed", event_id=event.event_id)


def refusal(request: JudgeRequest, approver: Approver, least: Literal["principal", "claimed"]) -> str | None:
    """Why this person may not decide, in plain words; ``None`` when they may."""
    if least == "principal" and approver.trust != "principal":
        return "Nobody vouches for who you are: only people whom the server has authenticated may decide here."
    if approver.identity in (request.requester, request.subject):
        return "Whoever asked for an action cannot decide on it: another person must."
    if approver.identity in request.deciders:
        return "You have decided on this plan already; another person must decide too."
    return None
