"""What is asked of one workflow and sent to it: in time, or refused in words."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import get_args

from pydantic import BaseModel
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError

from leverframe.contracts import names
from leverframe.contracts.decision import Choice, Receipt
from leverframe.errors import NoAnswer, Refused
from leverframe.saying import Answer, said
from leverframe.server_answers import COUNTS, SAYS, answered


@dataclass(frozen=True)
class Calls:
    """Calls to workflows of one Temporal client."""

    client: Client
    within: float
    """Seconds that each has for its answer."""

    def handle(self, workflow_id: str) -> WorkflowHandle[object, object]:
        """The action or case of this id."""
        return self.client.get_workflow_handle(workflow_id)

    def answered(self, workflow_id: str, unknown: str = SAYS) -> AbstractAsyncContextManager[None]:
        """As :func:`leverframe.server_answers.answered`, about this one."""
        return answered(self.client, self.within, unknown, workflow_id)

    async def ask(self, workflow_id: str, query: str, kind: type[Answer]) -> Answer:
        """What it says of itself.

        Raises UnknownAction, NoAnswer, KeyServiceUnreachable (try again), or ActionFailed when it cannot say.
        """
        async with self.answered(workflow_id):
            return await said(self.client, workflow_id, query, kind)

    async def update(self, workflow_id: str, update: str, value: str | BaseModel) -> Receipt:
        """Hand something on to it. Raises Refused in plain words, UnknownAction or NoAnswer.

        A decision that no worker takes up is sent as a signal too: the server keeps it, and it counts once one runs.
        Of two that are the same one counts, as both are of one plan.
        """
        try:
            return await self._updated(workflow_id, update, value)
        except NoAnswer as error:
            if error.awaited is None or update not in get_args(Choice) or not isinstance(value, BaseModel):
                raise
            await self.signal(workflow_id, update, value)
            why = str(error).removesuffix(f", {COUNTS.format(action_id=workflow_id)}")
            kept = f"is kept and counts once {error.awaited} runs again; do not send it anew"
            raise NoAnswer(f"{why}. Your decision on {workflow_id} {kept}", workflow_id, error.awaited) from None

    async def _updated(self, workflow_id: str, update: str, value: str | BaseModel) -> Receipt:
        async with self.answered(workflow_id, COUNTS):
            try:
                receipt: Receipt = await self.handle(workflow_id).execute_update(update, value, result_type=Receipt)
            except WorkflowUpdateFailedError as error:
                if getattr(error.cause, "type", None) != names.AS_SIGNAL:
                    raise Refused(str(error.cause)) from None
                await self.handle(workflow_id).signal(update, value)
                told = COUNTS.format(action_id=workflow_id)
                raise NoAnswer(
                    f"so much was refused of it that this was sent as a signal, {told}", workflow_id
                ) from None
        return receipt

    async def signal(self, workflow_id: str, signal: str, value: BaseModel) -> None:
        """The same without an answer. Raises UnknownAction, Refused where it has ended, or NoAnswer."""
        async with self.answered(workflow_id, COUNTS):
            await self.handle(workflow_id).signal(signal, value)
