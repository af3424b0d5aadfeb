"""What an action leaves in Temporal's history, and what Temporal Cloud would bill for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

BILLED = (
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
)
"""Each of these is one billable action, and so is the start; https://docs.temporal.io/cloud/actions. Queries are billed
too, and not counted here: how many there are depends on who looks how often."""


@dataclass(frozen=True)
class History:
    """One action's."""

    events: int
    kilobytes: float
    activities: int
    billable: int


async def history(client: Client, workflow_id: str) -> History:
    """Of a workflow that has ended."""
    events = [event async for event in client.get_workflow_handle(workflow_id).fetch_history_events()]
    return counted(events)


def counted(events: Sequence[HistoryEvent]) -> History:
    """What these events come to."""
    kinds = [event.event_type for event in events]
    return History(
        events=len(kinds),
        kilobytes=sum(event.ByteSize() for event in events) / 1000,
        activities=kinds.count(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED),
        billable=1 + sum(kinds.count(kind) for kind in BILLED) + _local(events),
    )


def _local(events: Sequence[HistoryEvent]) -> int:
    """Local activities: all of one workflow task are one billable action."""
    markers = (event.marker_recorded_event_attributes for event in events)
    return len({one.workflow_task_completed_event_id for one in markers if one.marker_name == "core_local_activity"})
