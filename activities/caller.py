from dataclasses import replace

from temporalio import activity

from activities.clocks import judged_at
from leverframe.capability import Verifier
from leverframe.capability_uses import case_id, feedback_id, people_id
from leverframe.contracts.feedback import MOST_FEEDBACK
from leverframe.contracts.names import CASE, FEEDBACK, PEOPLE
from leverframe.errors import CapabilityRefused


def for_caller(verifier: Verifier, action_id: str, case_of: str | None = None) -> Verifier:
    """The verifier of capabilities for the calling workflow's own action, which is what the server says it is.

    ``case_of``: the caller is the case about an action of this kind. Raises CapabilityRefused when the workflow that
    calls is neither the action that it speaks of nor the case about it.
    """
    info = activity.info()
    if case_of is not None and (info.workflow_id, info.workflow_type) == (case_id(action_id), CASE):
        return replace(verifier, action=case_of, now=judged_at())
    if case_of is not None or info.workflow_id != action_id:
        raise CapabilityRefused("the workflow that calls is not the action it names; expected a call of its own")
    return replace(verifier, action=info.workflow_type, now=judged_at())


def for_recorder(verifier: Verifier, action_id: str, beside: str | None) -> Verifier:
    """As :func:`for_caller`, also for what the user says, and people did, of an ended action of the kind ``beside``."""
    info = activity.info()
    places = [feedback_id(action_id, number) for number in range(1, MOST_FEEDBACK + 1)]
    allowed = {FEEDBACK: places, PEOPLE: [people_id(action_id)]}.get(info.workflow_type or "", [])
    if beside is not None and info.workflow_id in allowed:
        return replace(verifier, action=beside, now=judged_at())
    return for_caller(verifier, action_id, beside)
