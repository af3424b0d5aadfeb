from dataclasses import replace

from temporalio import activity

from activities.clocks import judged_at
from leverframe.capability import Verifier
from leverframe.errors import CapabilityRefused


def for_caller(verifier: Verifier, action_id: str) -> Verifier:
    """The verifier of capabilities for the calling workflow's own action, which is what the server says it is.

    Raises CapabilityRefused when the workflow that calls is not the action that it speaks of.
    """
    info = activity.info()
    if info.workflow_id != action_id:
        raise CapabilityRefused("the workflow that calls is not the action it names; expected a call of its own")
    return replace(verifier, action=info.workflow_type, now=judged_at())
