"""What the payment provider tells of its own accord: that a refund has changed.

Speaks Stripe's webhook protocol. A message is believed only as far as this: the action that it names is woken, or
reopened where it has ended, and then asks the provider itself. So this server holds nothing but the secret that
messages are signed with and a login to Temporal, and whoever gets hold of the secret can make actions look once more,
and nothing else. Each message wakes an action once, however often it is sent: the Temporal server knows the signals
that it has taken by their messages' ids.
"""

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Literal

import stripe
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from leverframe.capability import SKEW
from worker.reopening import reopen

MAX_BODY = 256 * 1024
"""Bytes of a message; those about refunds are a hundredth of it."""
PATIENCE = 10
"""Seconds that a sender may take for a message."""
WAKE = "wake"
SUCCEEDED = "succeeded"
NEWS = ("refund.updated", "refund.failed", "charge.refund.updated")
"""The messages that wake an action."""

log = logging.getLogger(__name__)


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Tags(_Told):
    action_id: str = Field(alias="leverframe_action", pattern=r"^[A-Za-z0-9_./-]{1,200}$")


class _Refund(_Told):
    object: Literal["refund"]
    status: str | None = None
    metadata: _Tags


class _Data(_Told):
    object: _Refund


class _News(_Told):
    """A message about a refund that Leverframe has made."""

    id: str = Field(min_length=1, max_length=200)
    data: _Data


@dataclass(frozen=True)
class Webhooks:
    """What the server needs; :meth:`app` is the server."""

    client: Client
    secret: str
    """What the provider signs its messages with."""
    tolerance: int = 300
    """Seconds that a signature is good for."""

    def app(self) -> web.Application:
        """The server as an aiohttp application."""
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_get("/health", _health)
        app.router.add_post("/stripe", self._hear)
        return app

    async def _hear(self, request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(PATIENCE):
                body = await request.read()
        except TimeoutError:
            raise web.HTTPRequestTimeout(text="The message took too long.") from None
        event = self._verified(body, request.headers.get("Stripe-Signature", ""))
        if event.get("type") not in NEWS:
            return _noted("Messages of that type change nothing here.")
        try:
            news = _News.model_validate(event)
        except ValidationError:
            return _noted("The refund is none that Leverframe has made.")
        return await self._wake(news)

    def _verified(self, body: bytes, signature: str) -> dict[str, JsonValue]:
        """The message, which the provider has signed and not too long ago."""
        try:
            # The comparison of signatures takes ASCII alone.
            header = signature if signature.isascii() else None
            event = stripe.Webhook.construct_event(body, header, self.secret, self.tolerance)
            _refuse_future(signature)
            told: dict[str, JsonValue] = event.to_dict()
        except stripe.SignatureVerificationError as error:
            log.warning("A message is refused: %s", error.user_message)
            raise web.HTTPBadRequest(
                text="The message is not signed with this endpoint's secret, or was signed too long ago."
            ) from None
        # RecursionError: it is nested too deep.
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise web.HTTPBadRequest(text="The message is no event.") from None
        return told

    async def _wake(self, news: _News) -> web.Response:
        action_id = news.data.object.metadata.action_id
        try:
            await self.client.workflow_service.signal_workflow_execution(
                SignalWorkflowExecutionRequest(
                    namespace=self.client.namespace,
                    workflow_execution=WorkflowExecution(workflow_id=action_id),
                    signal_name=WAKE,
                    identity=self.client.identity,
                    request_id=news.id,
                )
            )
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                log.warning("Temporal could not be told of %s: %s", action_id, error)
                raise web.HTTPServiceUnavailable(text="Temporal cannot be reached; send the message again.") from None
            return await self._reopen(news, action_id)
        log.info("%s is woken.", action_id)
        return _noted("The action is woken.")

    async def _reopen(self, news: _News, action_id: str) -> web.Response:
        try:
            done = await reopen(self.client, action_id, news.id, good=news.data.object.status == SUCCEEDED)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                log.warning("Temporal could not be told of %s: %s", action_id, error)
                raise web.HTTPServiceUnavailable(text="Temporal cannot be reached; send the message again.") from None
            # Sending it again would not help: a person has to look at the refund.
            log.error("A refund of %s has changed, and that action is not known any more: look at it.", action_id)
            return _noted("The refund's action is not known any more.")
        log.info("%s has ended and is %s.", action_id, "reopened" if done else "left so")
        return _noted("The action is reopened." if done else "The action has ended well, and this is no bad news.")


def _refuse_future(signature: str) -> None:
    """The library looks at the past alone: signed for later, a message would be good for as long as somebody likes."""
    parts = (part.strip().partition("=") for part in signature.split(","))
    if any(int(value) > time.time() + SKEW.total_seconds() for name, _, value in parts if name == "t"):
        log.warning("A message is refused: it was signed in the future, by this machine's clock")
        raise web.HTTPBadRequest(
            text="The message was signed in the future: it is false, or a clock is wrong, the sender's or this one's."
        )


def _noted(words: str) -> web.Response:
    return web.Response(status=200, text=words)


async def _health(request: web.Request) -> web.Response:
    return web.Response(text="ok")
