"""What an action or a case says of itself: the answer to a query."""

import asyncio
from typing import TypeVar

from temporalio.client import Client, WorkflowQueryFailedError

from leverframe.errors import ActionFailed, KeyServiceUnreachable
from leverframe.key_service import AWAY
from leverframe.telling import inert

Answer = TypeVar("Answer")
AGAIN = (0.5, 2.0)
"""Seconds after which a query that failed is asked again: it changes nothing, and a worker short of time fails it."""


async def said(client: Client, action_id: str, query: str, kind: type[Answer]) -> Answer:
    """The answer, as one of its kind; raises KeyServiceUnreachable, or ActionFailed when it cannot say."""
    for pause in (*AGAIN, None):
        try:
            answer = await client.get_workflow_handle(action_id).query(query, result_type=kind)
        except WorkflowQueryFailedError as error:
            if AWAY in str(error):
                raise KeyServiceUnreachable(f"{action_id} does not answer: {inert(error)}") from None
            if pause is None:
                raise ActionFailed(f"{action_id} does not answer: {inert(error)}") from None
            await asyncio.sleep(pause)
        except (ValueError, KeyError, RuntimeError):
            break
        else:
            if isinstance(answer, kind):
                return answer
            break
    raise ActionFailed(f"{action_id} does not answer: what it says is no {kind.__name__.lower()}")
