"""Each call to the Temporal server has a limit, and each of its errors is told in words. All of them are told here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio.api.errordetails.v1 import NamespaceNotFoundFailure
from temporalio.client import Client, RPCTimeoutOrCancelledError, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from leverframe.errors import (
    KeyServiceUnreachable,
    LeverframeError,
    NoAnswer,
    Refused,
    ServerRefused,
    ServerUnreachable,
    UnknownAction,
)
from leverframe.key_service import AWAY
from leverframe.standstill import standstill
from leverframe.telling import inert

WITHIN = 15.0
"""Seconds for an answer, where nothing else is said."""
COUNTS = "so it is not known whether it counts: look at the action {action_id} again before you send it once more"
"""Of what was sent to an action and not answered."""
STARTED = (
    "so it is not known whether it was started: start it again with the same request id, which makes no second action"
)
SAYS = "so it is not known where {action_id} stands"
LISTED = "so it is not known what waits"

REFUSED = {
    RPCStatusCode.PERMISSION_DENIED: "does not allow this to whom it takes this client for",
    RPCStatusCode.UNAUTHENTICATED: "does not accept this client's credentials (TEMPORAL_API_KEY, TLS)",
    RPCStatusCode.RESOURCE_EXHAUSTED: "takes no more of these for now",
    RPCStatusCode.INVALID_ARGUMENT: "does not take the request",
    RPCStatusCode.UNIMPLEMENTED: "does not know the request: it is too old, or no Temporal server",
}


@asynccontextmanager
async def answered(
    client: Client, within: float, unknown: str = SAYS, action_id: str | None = None
) -> AsyncIterator[None]:
    """Whatever is asked of the server inside has so many seconds.

    ``unknown`` says what is not known without an answer.

    Raises:
        NoAnswer: nobody answered in time, with what is known of the reason.
        ServerUnreachable: the server itself did not answer.
        ServerRefused: it does not take the request.
        UnknownAction: there is no such action.
        Refused: the action has ended.
        KeyServiceUnreachable: those who run the action have no keys now, and nothing was sent that could count.
    """
    try:
        async with asyncio.timeout(within):
            yield
    except (TimeoutError, RPCTimeoutOrCancelledError, RPCError) as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # It is the caller who was cancelled; the client makes an error of its own of that.
            raise asyncio.CancelledError from None
        status = error.status if isinstance(error, RPCError) else RPCStatusCode.DEADLINE_EXCEEDED
        told = await _told(client, error, status, action_id) if isinstance(error, RPCError) else None
        if told is None:
            found = await standstill(client, action_id) if action_id else None
            why = found.why if found else "the Temporal server does not answer"
            kind = NoAnswer if found else ServerUnreachable
            reason = f"no answer within {within:g} s" if status is RPCStatusCode.DEADLINE_EXCEEDED else "no answer"
            what = unknown.format(action_id=action_id)
            if AWAY in why and unknown == SAYS:
                # Nothing was sent that could count, so that trying again is all there is to do.
                raise KeyServiceUnreachable(f"{why}, {what}; try again") from None
            told = kind(f"{reason} ({why}), {what}", action_id, found.awaited if found else None)
        raise told from None


def namespace_missing(error: RPCError) -> bool:
    """Whether nothing was found because there is no such namespace, which says nothing of what was looked for."""
    return any(detail.Is(NamespaceNotFoundFailure.DESCRIPTOR) for detail in error.grpc_status.details)


async def _told(
    client: Client, error: RPCError, status: RPCStatusCode, action_id: str | None
) -> LeverframeError | None:
    """What the server's error means; ``None`` where it leaves open what came of the request."""
    said = inert(error.message)
    if status is RPCStatusCode.NOT_FOUND:
        if namespace_missing(error):
            return ServerRefused(
                f"the Temporal server knows no namespace {client.namespace!r}; name an existing one "
                "(TEMPORAL_NAMESPACE)"
            )
        return await _gone(client, action_id) if action_id else ServerRefused(f"the Temporal server: {said}")
    if status in REFUSED:
        return ServerRefused(f"the Temporal server {REFUSED[status]}: {said}")
    return None


async def _gone(client: Client, action_id: str) -> LeverframeError:
    """What it means that there is nothing under an action's id: no such action, or one that has ended."""
    async with answered(client, WITHIN):
        try:
            described = await client.get_workflow_handle(action_id).describe()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return UnknownAction(f"there is no action {action_id!r}; ids look like name_of_action-<16 hex>-<12 hex>")
    if described.status == WorkflowExecutionStatus.RUNNING:
        return UnknownAction(f"{action_id} has only just been started; try again")
    return Refused(f"{action_id} has ended already")
