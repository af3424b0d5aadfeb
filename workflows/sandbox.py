"""The sandbox of the workflows: which code it passes through."""

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from leverframe import business
from machines.registry import registry

PASSED_THROUGH = (
    "statemachine",
    "pydantic",
    "pydantic_core",
    "annotated_types",
    "biscuit_auth",
    "rfc8785",
    "leverframe",
    "machines",
)
"""Deterministic code that the sandbox need not import anew for each workflow."""


def runner() -> SandboxedWorkflowRunner:
    """The sandbox that the workflows worker runs in, with the machines of the businesses that run here loaded."""
    registry()
    own = {entry.module.partition(".")[0] for _, entry in business.parts("machines")}
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH, *own)
    return SandboxedWorkflowRunner(restrictions=restrictions)
