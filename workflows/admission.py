"""How an action is refused before anything is done for it: its user asks for too much, or its right counts nowhere."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from leverframe.capability_uses import is_part
from leverframe.contracts import names
from leverframe.contracts.admission import AdmitRequest
from leverframe.contracts.status import Outcome
from leverframe.errors import CapabilityRefused
from workflows import front
from workflows.context import Context
from workflows.roles import kind_of


async def refusal(context: Context) -> Outcome | None:
    """How it ends at once; ``None`` where it may begin. Asked only where its tenant has limits, or is not known."""
    if context.reopened or is_part(context.action_id) or not workflow.patched(names.ADMIT):
        return None
    asked = AdmitRequest(action_id=context.action_id, capability=context.carried.to_record())
    try:
        admitted = await context.roles.admit(asked)
    except ActivityError as error:
        if not inadmissible(context, error):
            raise
        return front.refuse(context)
    if not admitted.refusal:
        return None
    context.problem(admitted.refusal, "tools")
    return front.refuse(context, "declined", admitted.refusal)


def inadmissible(context: Context, error: ActivityError) -> bool:
    """Whether nothing of it may be recorded, from the first entry on: it was never allowed to begin."""
    return not context.journal.begun and kind_of(error) == CapabilityRefused.__name__
