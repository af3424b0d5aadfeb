"""Waiting for what becomes of an action without asking again and again: the Temporal server tells of each new event."""

import asyncio
from collections.abc import AsyncIterator
from typing import Literal, TypeAlias

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle

from leverframe.contracts.status import Outcome, Status
from leverframe.errors import ActionFailed, KeyServiceUnreachable, NoAnswer
from leverframe.key_service import AWAY
from leverframe.server_answers import answered
from leverframe.standstill import Untaken, stuck
from leverframe.telling import inert

Until: TypeAlias = Literal["waiting", "asked", "ended"]
"""``waiting``: for the user or for operators; ``asked``: for the user's answer. Each of them, or it has ended."""


def reached(status: Status, until: Until) -> bool:
    """Whether an action that has not ended stands where somebody waits for it to be."""
    return status.awaiting != "nobody" and (until == "waiting" or (until == "asked" and status.awaiting == "user"))


async def happenings(handle: WorkflowHandle[object, object]) -> AsyncIterator[bool]:
    """Yields at once, and after whatever has happened to an action; the last time with ``False``: it has ended."""
    events = handle.fetch_history_events(wait_new_event=True)
    yield True
    while True:
        await events.fetch_next_page()
        if events.next_page_token is None:
            if (await handle.describe()).close_time is not None:
                yield False
                return
            # It goes on as another run.
            events = handle.fetch_history_events(wait_new_event=True)
        yield True


async def ending(client: Client, action_id: str, within: float, look_every: float) -> Outcome:
    """An action's outcome, once it has ended; raises as :meth:`leverframe.Leverframe.result` does."""
    handle: WorkflowHandle[object, Outcome] = client.get_workflow_handle(action_id, result_type=Outcome)
    ended, untaken = asyncio.ensure_future(handle.result()), Untaken()
    try:
        async with answered(client, within, "so it is not known how {action_id} ends", action_id):
            while not ended.done():
                await asyncio.wait({ended}, timeout=look_every)
                if not ended.done() and (found := await stuck(client, action_id, untaken)) is not None:
                    if AWAY in found.why:
                        raise KeyServiceUnreachable(f"{action_id} cannot go on now: {found.why}; try again")
                    raise NoAnswer(f"{action_id} cannot go on: {found.why}", action_id, found.awaited)
            return await ended
    except WorkflowFailureError as error:
        raise ActionFailed(f"{action_id} ended without an outcome: {inert(error.cause)}") from error
    finally:
        ended.cancel()
