"""The webhook endpoint, as the payment provider sees it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import stripe
from temporalio.testing import WorkflowEnvironment

from worker.codec.server import serving
from worker.shop.webhooks import Webhooks

SECRET = "whsec_of_the_tests_endpoint"


class Endpoint:
    """The server, as the provider sees it."""

    def __init__(self, address: str) -> None:
        self.address = f"{address}/stripe"

    async def send(self, body: str | bytes, signature: str | None = None) -> tuple[int, str]:
        headers = {} if signature is None else {"Stripe-Signature": signature}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.address, data=body, headers=headers) as answer,
        ):
            return answer.status, await answer.text()

    async def tell(self, event: object, *, at: int | None = None, secret: str = SECRET) -> tuple[int, str]:
        body = json.dumps(event)
        return await self.send(body, signed(body, at, secret))


@pytest.fixture
async def endpoint(temporal: WorkflowEnvironment) -> AsyncIterator[Endpoint]:
    async with serving(Webhooks(temporal.client, SECRET).app(), "127.0.0.1", 0) as address:
        yield Endpoint(address)


def signed(body: str, at: int | None = None, secret: str = SECRET) -> str:
    return str(stripe.WebhookSignature.generate_signature_header(body, secret, at))


def news(
    action_id: str, kind: str = "refund.failed", message: str = "evt_1", status: str = "failed", **metadata: str
) -> dict[str, Any]:
    tags = {"leverframe_action": action_id, "leverframe_refund": "r", **metadata}
    refund = {"id": "re_1", "object": "refund", "amount": 1250, "status": status, "metadata": tags}
    return {"id": message, "object": "event", "type": kind, "data": {"object": refund}}
