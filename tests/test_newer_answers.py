"""Whoever is asked may be newer than who asks: what is said besides voids nothing."""

import pytest
import stripe
from aiohttp import web

from leverframe import Outcome, Receipt, Status
from leverframe.contracts.base import Contract
from leverframe.contracts.why import Why
from leverframe.key_service import KeyService
from tools.shop.stripe_client import _refund
from worker.codec.server import serving

PSEUDONYM = "0123456789abcdef"
KEY = {"state": "active", "key": "ab" * 32, "made_at": None, "owner": {"a": [1]}}


async def test_a_key_service_may_say_more_than_is_asked() -> None:
    app = web.Application()

    async def one(request: web.Request) -> web.Response:
        return web.json_response(KEY)

    async def many(request: web.Request) -> web.Response:
        return web.json_response({"keys": {PSEUDONYM: KEY}, "left_out": None})

    app.router.add_route("*", "/keys/{name}", one)
    app.router.add_post("/keys", many)
    async with serving(app, "127.0.0.1", 0) as address:
        keys = KeyService(address, "token")
        assert (await keys.find(PSEUDONYM)).key == bytes.fromhex("ab" * 32)
        assert (await keys.ensure(PSEUDONYM)).state == "active"
        assert (await keys.find_many([PSEUDONYM]))[PSEUDONYM].state == "active"


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Status, {"action_id": "a-1", "action": "order_return", "state": "asking", "awaiting": "user"}),
        (Outcome, {"action_id": "a-1", "kind": "done", "state": "returned", "reply": "Done."}),
        (Why, {"requester": "storefront", "pseudonym": PSEUDONYM, "ways": [{"event": "passed", "target": "deciding"}]}),
        (Receipt, {"accepted": True, "message": "Approved."}),
    ],
)
def test_a_newer_workflow_may_say_more_to_an_older_service(kind: type[Contract], told: dict[str, object]) -> None:
    assert kind.model_validate({**told, "mood": None, "more": [1]}) == kind.model_validate(told)


@pytest.mark.parametrize("more", [{"metadata": None}, {"failure_reason": None, "charge": None}, {"created": None}])
def test_a_provider_may_leave_open_what_nobody_needs(more: dict[str, object]) -> None:
    told = {"id": "re_1", "object": "refund", "amount": 5410, "currency": "usd", "status": "succeeded", **more}
    assert _refund(stripe.Refund.construct_from(told, None)).amount == 5410
