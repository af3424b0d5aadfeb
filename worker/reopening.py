"""Waking an action that has ended: it runs once more under its own id, with what it was started with.

Nothing of that is read here. The request, with the capability for this one action, and the outcome are handed on as
they lie in the history, encrypted; so whoever wakes an action needs no key, mints nothing, and can have nothing else
done than what the machine does when it is reopened: read, note, and tell people.
"""

from collections.abc import Sequence

from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.enums.v1 import WorkflowIdReusePolicy
from temporalio.api.workflowservice.v1 import SignalWithStartWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle, WorkflowHistoryEventFilterType
from temporalio.converter import DataConverter

from leverframe.contracts import names

NO_OUTCOME = DataConverter.default.payload_converter.to_payload(None)
"""Of an action that somebody ended from outside."""


async def reopen(client: Client, action_id: str, message_id: str, *, good: bool) -> bool:
    """Have the action look once more; ``False`` where it ended well and the news is ``good``, or did nothing.

    One that is open by now is woken. Raises :class:`~temporalio.service.RPCError`: NOT_FOUND for an action that the
    server does not know, or not any more.
    """
    described = await client.get_workflow_handle(action_id).describe()
    ended = described.typed_search_attributes.get(names.OUTCOME)
    if ended == "shadowed" or (good and ended == "done"):
        return False
    run = client.get_workflow_handle(action_id, run_id=described.run_id)
    begun = await anext(run.fetch_history_events(page_size=1))
    started = begun.workflow_execution_started_event_attributes
    request = SignalWithStartWorkflowExecutionRequest(
        namespace=client.namespace,
        workflow_id=action_id,
        workflow_type=started.workflow_type,
        task_queue=started.task_queue,
        input=Payloads(payloads=[started.input.payloads[0], await _outcome(run)]),
        identity=client.identity,
        request_id=message_id,
        workflow_id_reuse_policy=WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
        signal_name=names.WAKE,
        memo=started.memo,
        search_attributes=started.search_attributes,
        header=started.header,
        user_metadata=begun.user_metadata,
        priority=started.priority,
    )
    await client.workflow_service.signal_with_start_workflow_execution(request)
    return True


async def _outcome(run: WorkflowHandle[object, object]) -> Payload:
    """How the run ended, as it lies in the history."""
    close = WorkflowHistoryEventFilterType.CLOSE_EVENT
    payloads: Sequence[Payload] = ()
    async for event in run.fetch_history_events(event_filter_type=close):
        payloads = event.workflow_execution_completed_event_attributes.result.payloads
    return payloads[0] if payloads else NO_OUTCOME
