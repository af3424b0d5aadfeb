"""Which action, in which role: of the code that runs now."""

from opentelemetry.trace import SpanContext, get_current_span
from opentelemetry.util.types import AttributeValue
from temporalio import activity, workflow

from worker.telemetry.trace_ids import place

ACTION_ID = "leverframe.action_id"
ROLE = "leverframe.role"
ATTEMPT = "leverframe.attempt"


def running() -> dict[str, AttributeValue]:
    """The attributes of what it leaves; none outside of activities and workflows."""
    if activity.in_activity():
        info = activity.info()
        return {ACTION_ID: info.workflow_id or "", ROLE: info.task_queue.rpartition("-")[2], ATTEMPT: info.attempt}
    if workflow.in_workflow():
        return {ACTION_ID: workflow.info().workflow_id, ROLE: "workflows"}
    return {}


def span_at_hand() -> SpanContext | None:
    """The current span; outside of one, the root of the action's trace."""
    current = get_current_span().get_span_context()
    if current.is_valid:
        return current
    run_id = None
    if activity.in_activity():
        run_id = activity.info().workflow_run_id
    elif workflow.in_workflow():
        run_id = workflow.info().first_execution_run_id
    return place(run_id) if run_id else None
