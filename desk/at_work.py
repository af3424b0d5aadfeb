"""What an action does that waits for nobody, as Temporal tells it: from its first second, and without the ledger."""

import asyncio
from datetime import datetime

from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import Client, RPCTimeoutOrCancelledError, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from leverframe import Leverframe
from leverframe.contracts import names
from leverframe.errors import LeverframeError
from leverframe.local_time import in_words
from leverframe.naming import stands
from leverframe.reasons import NO_ANSWER, OTHERWISE, reason
from leverframe.telling import inert

LOOK = 5.0
"""Seconds for all that is asked of one action."""
DOING = {
    names.SCREEN: "checking what was written",
    names.REPLY: "writing to the user",
    names.RETRIEVE: "finding the policy's clauses",
    names.PROPOSE: "asking the model",
    names.JUDGE: "finding out who has decided",
    names.JUDGE_CASE: "finding out who has sent something",
    names.ADMIT: "finding out whether its user may ask for so much",
    names.WITHDRAWAL: "finding out who withdraws",
    names.PREVIEW: "working out what would change",
    names.CALL: "carrying out a step",
    names.RECORD: "writing it into the records",
    names.NOTIFY: "telling people that it waits",
}
"""What a call of a role does, in words."""


async def at_work(client: Client, action_id: str, technical: bool = False) -> str | None:
    """What it does, in words; ``None`` where there is no such action at work, or nobody says.

    ``technical``: also in the words of the errors themselves, for whoever runs Leverframe.
    """
    try:
        async with asyncio.timeout(LOOK):
            described = await client.get_workflow_handle(action_id).describe()
    except (TimeoutError, RPCTimeoutOrCancelledError, RPCError):
        return None
    running = described.status is WorkflowExecutionStatus.RUNNING
    if not running or not described.typed_search_attributes.get(names.ACTION):
        return None
    begun = f"begun {in_words(described.start_time)}"
    return "; ".join((await _where(client, action_id) or begun, *await _tries(client, described, technical)))


async def _where(client: Client, action_id: str) -> str | None:
    """As the action itself says; ``None`` where it does not answer."""
    try:
        status = await Leverframe(client, within=LOOK).status(action_id)
    except LeverframeError:
        return None
    if status.model_since is None or status.deadline is None:
        return f"in {inert(stands(status.state))}"
    since, until = (in_words(datetime.fromisoformat(moment)) for moment in (status.model_since, status.deadline))
    return f"with the model since {since}, tried until {until}"


async def _tries(client: Client, described: WorkflowExecutionDescription, technical: bool) -> list[str]:
    """Of the calls of roles that came to nothing so far: how often, and why the last one did."""
    pending = described.raw_description.pending_activities
    return [await _tried(client, one, technical) for one in pending if one.attempt > 1 and one.HasField("last_failure")]


async def _tried(client: Client, call: PendingActivityInfo, technical: bool) -> str:
    what = DOING.get(call.activity_type.name, "a step")
    try:
        failure = await client.data_converter.decode_failure(call.last_failure)
        why, said = reason(failure.type) if isinstance(failure, ApplicationError) else NO_ANSWER, f" ({inert(failure)})"
    except LeverframeError:
        why, said = OTHERWISE, " (its error cannot be read here)"
    return f"{what} was tried {call.attempt - 1} times in vain: {why}{said if technical else ''}"
