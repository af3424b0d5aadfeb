"""The canary, once now or by a schedule of the Temporal server's."""

import uuid
from collections.abc import Sequence

import typer
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    WorkflowFailureError,
)
from temporalio.exceptions import ApplicationError

from evals.cases import Case
from evals.expected import alternatives
from leverframe.contracts import names
from leverframe.contracts.canary import CanaryCase, CanaryRequest, CanaryResult
from worker.cli.operate import connected
from worker.cli.terminal import console, errors, run, use_running_stack
from worker.settings.base import load
from worker.settings.shared import WorkerSettings


def run_canary(cases: Sequence[Case], least: float, cron: str | None) -> None:
    """Run it once and exit with 1 where it failed; or have it run by a schedule, whose cases stay as they are now."""
    use_running_stack()
    prefix = load(WorkerSettings).task_queue_prefix
    request = CanaryRequest(cases=tuple(map(as_canary, cases)), least=least)
    if cron is not None:
        run(_scheduled(prefix, request, cron))
        console.print(
            f"{len(cases)} cases run at '{cron}' UTC; a night that fails is a failed workflow {prefix}-canary."
        )
        return
    try:
        result = run(_once(prefix, request))
    except WorkflowFailureError as error:
        cause = error.cause
        errors.print(cause.message if isinstance(cause, ApplicationError) else str(cause), style="red", markup=False)
        raise typer.Exit(1) from None
    for wrong in result.wrong:
        console.print(wrong, markup=False, highlight=False)
    console.print(f"{result.right} of {result.of} cases were right.")


async def _once(prefix: str, request: CanaryRequest) -> CanaryResult:
    async with connected() as client:
        found = await client.execute_workflow(
            names.CANARY,
            request,
            id=f"{prefix}-canary-{uuid.uuid4()}",
            task_queue=names.task_queue("workflows", prefix),
            result_type=CanaryResult,
        )
    return CanaryResult.model_validate(found)


async def _scheduled(prefix: str, request: CanaryRequest, cron: str) -> None:
    async with connected() as client:
        await schedule(client, prefix, request, cron)


async def schedule(client: Client, prefix: str, request: CanaryRequest, cron: str) -> str:
    """Have the server start it, in place of an earlier schedule of this prefix; returns the schedule's id."""
    wanted = Schedule(
        action=ScheduleActionStartWorkflow(
            names.CANARY, request, id=f"{prefix}-canary", task_queue=names.task_queue("workflows", prefix)
        ),
        spec=ScheduleSpec(cron_expressions=[cron]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
    )
    try:
        await client.create_schedule(f"{prefix}-canary", wanted)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(f"{prefix}-canary").update(lambda _: ScheduleUpdate(schedule=wanted))
    return f"{prefix}-canary"


def as_canary(case: Case) -> CanaryCase:
    """A case of an evaluation as the canary takes it."""
    return CanaryCase(
        id=case.id,
        action=case.action,
        text=case.text,
        written_on=case.written_on,
        facts=case.facts,
        events=case.events,
        arguments={name: tuple(alternatives(value)) for name, value in case.arguments.items()},
        must_not=case.must_not,
    )
