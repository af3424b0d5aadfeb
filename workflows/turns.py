"""Whose turn a step takes where workers have more than they can do: its tenant's, among those of equal priority."""

from temporalio import workflow
from temporalio.common import Priority

from machines.base import ActionMachine
from workflows.carried_capability import Carried


def turn(carried: Carried, machine: type[ActionMachine]) -> Priority:
    """For all that is done for this action.

    Raises ValueError where it was started in another tenant's turn: that one's work would wait for it. Whether the
    capability holds at all is for those who rely on it to say. Raises CapabilityRefused where it cannot be read.
    """
    tenant, started = carried.tenant, workflow.info().priority.fairness_key
    if started != tenant:
        raise ValueError(f"its fairness key must be its capability's tenant, {tenant!r}, and is {started!r}")
    return Priority(priority_key=machine.priority, fairness_key=tenant)
