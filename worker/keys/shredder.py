"""Destroys the keys of people who were erased, once the action that erased them, and any other about them, has ended.

Until then the key must work: Temporal replays the action's own history, and withdrawn actions are still recording.
What is to be destroyed stands in the database, so that a restart forgets nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine

from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from leverframe.contracts import names
from leverframe.errors import ServerUnreachable, Undecryptable
from leverframe.server_answers import namespace_missing
from worker.keys.store import Doomed, KeyStore

log = logging.getLogger(__name__)

Connect = Callable[[], Awaitable[Client]]


class Shredder:
    """Looks from time to time for what is to be destroyed."""

    def __init__(self, store: KeyStore, connect: Connect, task_queue_prefix: str) -> None:
        """``connect`` gives a client of Temporal; it is asked once there is something to look up."""
        self._store = store
        self._queue = names.task_queue("workflows", task_queue_prefix)
        self._connect = connect
        self._client: Client | None = None

    async def run(self, every: float) -> None:
        """Look every so many seconds, for ever; what fails is logged and tried again."""
        while True:
            await _trying(self.once(), "Keys cannot be destroyed")
            await _trying(self._seal_anew(), "Keys cannot be sealed under the newest payload key")
            await asyncio.sleep(every)

    async def _seal_anew(self) -> None:
        if count := await self._store.rewrap():
            log.info("%d keys are sealed under the newest payload key now; none needs an older one.", count)

    async def once(self) -> list[str]:
        """Destroy what can be; returns the pseudonyms of those whose key is gone now."""
        gone = []
        for doomed in await self._store.doomed():
            client = self._client = self._client or await self._connect()
            if await _is_open(client, doomed.doomed_by) or await self._has_open(client, doomed):
                continue
            await self._store.destroy(doomed.pseudonym)
            log.info("The key of %s is destroyed; it was doomed by %s.", doomed.pseudonym, doomed.doomed_by)
            gone.append(doomed.pseudonym)
        return gone

    async def _has_open(self, client: Client, doomed: Doomed) -> bool:
        """Whether an action about this person is open: nothing it does could be recorded without the key."""
        person = f"{names.SUBJECT.name} = '{doomed.pseudonym}' AND TaskQueue = '{self._queue}'"
        async for execution in client.list_workflows(f"ExecutionStatus = 'Running' AND {person}", limit=1):
            log.info("The key of %s is kept until %s has ended.", doomed.pseudonym, execution.id)
            return True
        return False


async def _trying(work: Coroutine[object, object, object], failed: str) -> None:
    try:
        await work
    except (RPCError, SQLAlchemyError, ServerUnreachable, Undecryptable, OSError) as error:
        log.warning("%s now, and it will be tried again: %s", failed, type(error).__name__)


async def _is_open(client: Client, action_id: str) -> bool:
    try:
        description = await client.get_workflow_handle(action_id).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND and not namespace_missing(error):
            return False  # Past its retention: ended long ago.
        raise
    return description.status is WorkflowExecutionStatus.RUNNING
