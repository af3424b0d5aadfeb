"""Whose turn a step takes where workers have more than they can do: its tenant's, among those of equal priority."""

from temporalio import workflow
from temporalio.common import Priority

from leverframe.contracts import names
from machines.base import ActionMachine
from workflows.carried_capability import Carried


def turn(carried: Carried, machine: type[ActionMachine]) -> Priority:
    """For all that is done for this action.

    Raises ValueError where it was started in another tenant's turn, so that one's work would wait for it, or in another
    tenant's lists, so that one's people would find it there. Whether the
    capability holds at all is for those who rely on it to say. Raises CapabilityRefused where it cannot be read.
    """
    tenant, started = carried.tenant, workflow.info().priority.fairness_key
    if started != tenant:
        raise ValueError(f"its fairness key must be its capability's tenant, {tenant!r}, and is {started!r}")
    listed = workflow.info().typed_search_attributes.get(names.TENANT)
    if listed not in (None, tenant):
        raise ValueError(f"its {names.TENANT.name} must be its capability's tenant, {tenant!r}, and is {listed!r}")
    return Priority(priority_key=machine.priority, fairness_key=tenant)
