from dataclasses import dataclass
from datetime import datetime

from temporalio.client import WorkflowExecution

from leverframe.contracts import names
from leverframe.errors import InvalidRequest


@dataclass(frozen=True)
class Pending:
    """An action that waits for somebody."""

    action_id: str
    action: str
    state: str
    awaiting: str
    """``user``, or the role of the operators that may decide."""
    since: datetime
    """When the action was started, UTC."""


def waiting_query(awaiting: str | None) -> str:
    """Temporal's list filter for open actions that wait for somebody, or for that role; raises InvalidRequest."""
    if awaiting is None:
        return f"ExecutionStatus = 'Running' AND {names.AWAITING.name} != 'nobody'"
    if not awaiting.replace("_", "").isalnum():
        raise InvalidRequest(f"awaiting: expected a role's name or 'user', got {awaiting!r}")
    return f"ExecutionStatus = 'Running' AND {names.AWAITING.name} = '{awaiting}'"


def pending_of(execution: WorkflowExecution) -> Pending:
    """What a list of workflows says of one."""
    attributes = execution.typed_search_attributes
    return Pending(
        action_id=execution.id,
        action=execution.workflow_type,
        state=attributes.get(names.STATE) or "",
        awaiting=attributes.get(names.AWAITING) or "",
        since=execution.start_time,
    )
