"""A role in the hands of somebody else: its task queue is served by a test's code, with that role's secrets alone."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, JsonValue
from temporalio import workflow
from temporalio.client import WorkflowHandle
from temporalio.common import RetryPolicy, WorkflowIDConflictPolicy
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from leverframe import Status, sign_decision
from leverframe.contracts.names import ROLES, Role, task_queue
from leverframe.contracts.request import ActionRequest
from tests.support.rig import Rig, open_rig
from tests.support.typed import typed
from worker.testing.keys import OLGA
from worker.testing.postgres import Database
from worker.testing.serving import approvals_settings

OPERATORS = f'[olga]\nroles = ["support"]\nnames = ["olga@support"]\nkeys = ["{OLGA.public[31]}"]\n'


@asynccontextmanager
async def taken_over(
    temporal: WorkflowEnvironment, database: Database, folder: Path, role: Role, *activities: Callable[..., Any]
) -> AsyncIterator[Rig]:
    """All parts but one, whose task queue ``activities`` serve instead. Decisions must be signed: nobody can claim."""
    directory = folder / "operators.toml"
    directory.write_text(OPERATORS)
    settings = approvals_settings(database, approver_trust="signed", operators_file=directory)
    others = tuple(other for other in ROLES if other != role)
    async with open_rig(temporal, database, others, settings) as rig:
        queue = task_queue(role, rig.prefix)
        async with Worker(rig.client, task_queue=queue, activities=activities, workflows=[ByHand]):
            yield rig


async def olga_approves(rig: Rig, status: Status) -> None:
    """Olga reads the plan and signs what she has read."""
    assert status.plan is not None
    key = str(OLGA.newest[1])
    decision = sign_decision(
        key, action_id=status.action_id, digest=status.plan.digest, choice="approve", amount=typed(status.plan)
    )
    await rig.service.decide(status.action_id, "approve", decision)


class Step(BaseModel):
    """One activity of a role, called by hand."""

    role: Role
    activity: str
    request: JsonValue


@workflow.defn(name="order_cancellation", sandboxed=False)
class ByHand:
    """What anybody with a login to Temporal can run in an action's name: any activity of any role, with any input."""

    @workflow.run
    async def run(self, prefix: str, steps: list[Step]) -> list[JsonValue]:
        return [await self._tried(prefix, step) for step in steps]

    async def _tried(self, prefix: str, step: Step) -> JsonValue:
        try:
            result: JsonValue = await workflow.execute_activity(
                step.activity,
                step.request,
                task_queue=task_queue(step.role, prefix),
                start_to_close_timeout=timedelta(seconds=10),
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
        except ActivityError as error:
            cause = error.cause
            return f"refused: {cause.type if isinstance(cause, ApplicationError) else type(cause).__name__}"
        return result


async def by_hand(rig: Rig, role: Role, steps: Sequence[Step], workflow_id: str) -> list[JsonValue]:
    """Run steps in a workflow of one's own on the taken-over role's queue; an action of that id is ended for it."""
    handle: WorkflowHandle[Any, list[JsonValue]] = await rig.client.start_workflow(
        ByHand.run,
        args=[rig.prefix, list(steps)],
        id=workflow_id,
        task_queue=task_queue(role, rig.prefix),
        id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING,
    )
    return await handle.result()


async def found_in_history(rig: Rig, action_id: str) -> ActionRequest:
    """What a login to Temporal and the payload keys show of an action: its request, with its capability."""
    history = await rig.client.get_workflow_handle(action_id).fetch_history()
    started = history.events[0].workflow_execution_started_event_attributes
    (request,) = await rig.client.data_converter.decode(started.input.payloads, [ActionRequest])
    assert isinstance(request, ActionRequest)
    return request
