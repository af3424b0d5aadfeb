"""What a user may say of an action that has ended: which one, for how long, and with which right."""

from datetime import UTC, datetime, timedelta

from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus

from leverframe.contracts import names
from leverframe.errors import CapabilityRefused, InvalidRequest, Refused
from leverframe.minted import Minted, bound, read_minted
from leverframe.pseudonym import subject_of
from leverframe.starting import Starter

WITHIN = timedelta(days=30)
"""How long after its end something can be said of an action."""


async def ended_action(client: Client, action_id: str) -> WorkflowExecutionDescription:
    """The action, which has ended; raises InvalidRequest for what is none, and Refused before its end or long after."""
    described = await client.get_workflow_handle(action_id).describe()
    if described.workflow_type in (names.CASE, names.FEEDBACK, names.PEOPLE):
        raise InvalidRequest("action_id: expected an action, and this is what came after the end of one")
    if described.status is WorkflowExecutionStatus.RUNNING or described.close_time is None:
        raise Refused(f"{action_id} has not ended; where it asks a question, answer that")
    if datetime.now(UTC) - described.close_time > WITHIN:
        raise Refused(f"{action_id} ended over {WITHIN.days} days ago; start a new action")
    return described


def rightly(starter: Starter, capability: str, action: str, action_id: str) -> tuple[Minted, str]:
    """What the user's issuer has signed, and the capability bound to the action; raises InvalidRequest."""
    try:
        minted = read_minted(capability, starter.issuer_keys, action)
        if starter.pseudonyms.of(minted.subject) != subject_of(action_id):
            raise CapabilityRefused("it is for another user than the action")
        return minted, bound(capability, starter.issuer_keys, minted, action_id)
    except CapabilityRefused as error:
        raise InvalidRequest(f"capability: {error}") from None
