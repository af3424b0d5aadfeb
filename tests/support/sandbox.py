"""Temporal's sandbox: code in it that would not replay, such as a look at the clock, raises."""

from temporalio.client import Client
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from leverframe import business
from machines.registry import registry
from workflows.action import ActionWorkflow

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
    """The sandbox with the machines of the businesses that run here loaded."""
    registry()
    own = {entry.module.partition(".")[0] for _, entry in business.parts("machines")}
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH, *own)
    return SandboxedWorkflowRunner(restrictions=restrictions)


async def replay(client: Client, action_id: str) -> None:
    """What an action has done so far, again and in the sandbox; raises when it would do something else."""
    replayer = Replayer(workflows=[ActionWorkflow], workflow_runner=runner(), data_converter=client.data_converter)
    await replayer.replay_workflow(await client.get_workflow_handle(action_id).fetch_history())
