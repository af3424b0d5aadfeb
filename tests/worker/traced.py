"""A small workflow for the tracing test, in a module of its own: the sandbox imports it anew."""

from datetime import timedelta

from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError

PRIVATE = "please cancel #W1234567, Mia Berg, Elm Avenue 12"


@activity.defn(name="call")
async def call(step: str) -> str:
    if step == "stumble" and activity.info().attempt == 1:
        raise ApplicationError(f"could not: {PRIVATE}")
    return step


@workflow.defn(name="traced")
class Traced:
    def __init__(self) -> None:
        self._approved = False

    @workflow.run
    async def run(self, text: str) -> None:
        await self._call("before")
        await workflow.wait_condition(lambda: self._approved)
        await self._call("stumble")

    @workflow.update
    async def approve(self) -> None:
        self._approved = True

    @workflow.query
    def status(self) -> str:
        return "waiting"

    async def _call(self, step: str) -> None:
        queue = workflow.info().task_queue.replace("workflows", "tools")
        await workflow.execute_activity("call", step, task_queue=queue, start_to_close_timeout=timedelta(seconds=10))
