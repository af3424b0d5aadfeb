"""Messages of the payment provider: what is signed wakes its action, once, and nothing else does anything."""

import json
import time

import aiohttp
import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.testing import WorkflowEnvironment

from tests.support.refunding import Refunding
from tests.worker.endpoint import SECRET, Endpoint, news, signed
from worker.codec.server import serving
from worker.roles.own_secrets import secrets_of
from worker.shop.webhook_settings import WebhookSettings
from worker.shop.webhooks import MAX_BODY, Webhooks
from worker.testing.waiting import until


async def wakes(refunding: Refunding, action_id: str) -> int:
    """How often the action was woken, as the Temporal server says."""
    history = await refunding.rig.client.get_workflow_handle(action_id).fetch_history()
    signalled = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
    return sum(event.event_type == signalled for event in history.events)


async def test_a_refund_that_failed_a_day_later_is_told_and_ends_in_a_clear_state(
    refunding: Refunding, endpoint: Endpoint
) -> None:
    action_id = await refunding.approved()
    await refunding.settling(action_id)
    refunding.stripe.turn(refunding.stripe.refunds(refunding.payment)[0]["id"], "failed")
    assert await endpoint.tell(news(action_id)) == (200, "The action is woken.")
    outcome = await refunding.rig.result(action_id)
    assert (outcome.kind, outcome.state) == ("handed_over", "bounced")
    assert await refunding.booked() == [("12.50", "failed")]
    # What is told again of it is looked at again, and nothing more comes of it.
    assert await endpoint.tell(news(action_id, message="evt_2")) == (200, "The action is reopened.")
    assert await refunding.rig.result(action_id) == outcome


async def test_a_message_that_lies_changes_nothing(refunding: Refunding, endpoint: Endpoint) -> None:
    """It says failed, and the provider says succeeded: the provider is asked."""
    action_id = await refunding.approved()
    await refunding.settling(action_id)
    read = len(refunding.proxy.seen)
    await endpoint.tell(news(action_id))
    await refunding.rig.until(action_id, lambda s: s.state == "settling" and len(refunding.proxy.seen) > read)
    assert await refunding.booked() == [("12.50", None)]


async def test_the_same_message_wakes_once_whoever_sends_it_again(
    refunding: Refunding, endpoint: Endpoint, temporal: WorkflowEnvironment
) -> None:
    action_id = await refunding.approved()
    await refunding.settling(action_id)
    for _ in range(3):
        assert (await endpoint.tell(news(action_id)))[0] == 200
    async with serving(Webhooks(temporal.client, SECRET).app(), "127.0.0.1", 0) as restarted:
        assert (await Endpoint(restarted).tell(news(action_id)))[0] == 200

    async def woken() -> int:
        return await wakes(refunding, action_id)

    assert await until(woken, lambda count: count > 0) == 1
    await endpoint.tell(news(action_id, message="evt_2"))
    assert await until(woken, lambda count: count > 1) == 2


@pytest.mark.parametrize("kind", ["refund.updated", "charge.refund.updated", "refund.failed"])
async def test_these_wake(refunding: Refunding, endpoint: Endpoint, kind: str) -> None:
    action_id = await refunding.approved()
    await refunding.settling(action_id)
    assert await endpoint.tell(news(action_id, kind)) == (200, "The action is woken.")


async def test_what_is_signed_and_not_for_an_action_is_taken_and_does_nothing(endpoint: Endpoint) -> None:
    others: list[tuple[object, str]] = [
        (news("nobody-1"), "not known any more"),
        (news("nobody-1", "charge.succeeded"), "change nothing here"),
        ({}, "change nothing here"),
        ({**news("x"), "data": {"object": {"object": "refund", "metadata": {}}}}, "none that Leverframe has made"),
        (news("x\r\nforged"), "none that Leverframe has made"),
        ({**news("x"), "data": {"object": {"object": "charge"}}}, "none that Leverframe has made"),
        ({**news("x"), "id": 7}, "none that Leverframe has made"),
    ]
    for event, words in others:
        status, told = await endpoint.tell(event)
        assert status == 200
        assert words in told


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "t=1,v1=00",
        "v1=00",
        "t=x,v1=00",
        "nonsense",
        "t=,v1=",
        f"t={'9' * 5000},v1=00",
        "t=1,v1=\u00fc".encode().decode("latin-1"),
        signed(json.dumps(news("a")), None, "another secret"),
        signed(json.dumps(news("a")), int(time.time()) - 301),
        signed(json.dumps(news("b"))),
    ],
    ids=range(12),  # Signatures hold the time, and every process that collects the tests must name them alike.
)
async def test_what_is_not_signed_here_and_now_is_refused(endpoint: Endpoint, signature: str | None) -> None:
    status, words = await endpoint.send(json.dumps(news("a")), signature)
    assert status == 400
    assert words == "The message is not signed with this endpoint's secret, or was signed too long ago."


@pytest.mark.parametrize("ahead", [60, 301, 3600, 10**10])
async def test_what_is_signed_in_the_future_is_refused(endpoint: Endpoint, ahead: int) -> None:
    status, words = await endpoint.tell(news("nobody-1"), at=int(time.time()) + ahead)
    assert (status, "signed in the future" in words) == (400, True)


async def test_a_clock_that_is_a_little_ahead_is_forgiven(endpoint: Endpoint) -> None:
    assert (await endpoint.tell(news("nobody-1"), at=int(time.time()) + 10))[0] == 200


DEEP = (f"{'[' * 5000}{']' * 5000}", '{"a":' * 5000 + "1" + "}" * 5000)
NO_EVENTS = ["", "[]", "null", "7", "{", '"x"', '{"object": "v2.core.event"}', *DEEP, f"{'9' * 5000}"]
NO_EVENTS += [f'{{"id": "evt_1", "object": "event", "type": "refund.failed", "data": {deep}}}' for deep in DEEP]


@pytest.mark.parametrize("body", NO_EVENTS, ids=range(len(NO_EVENTS)))
async def test_what_is_signed_and_no_event_is_refused(endpoint: Endpoint, body: str) -> None:
    status, words = await endpoint.send(body, signed(body))
    assert (status, words) == (400, "The message is no event.")


async def test_bytes_that_are_no_text_are_refused(endpoint: Endpoint) -> None:
    assert (await endpoint.send(b"\xff\xfe", signed("x")))[0] == 400


async def test_a_long_message_is_not_read(endpoint: Endpoint) -> None:
    assert (await endpoint.send("x" * (MAX_BODY + 1), signed("x")))[0] == 413


async def test_nothing_else_is_answered(endpoint: Endpoint) -> None:
    async with aiohttp.ClientSession() as session:
        for method, path, status in [("GET", "", 405), ("POST", "/other", 404), ("DELETE", "", 405)]:
            async with session.request(method, endpoint.address + path) as answer:
                assert answer.status == status
        async with session.get(endpoint.address.replace("/stripe", "/health")) as answer:
            assert answer.status == 200


def test_it_holds_one_secret() -> None:
    assert secrets_of((WebhookSettings,)) == {"LEVERFRAME_STRIPE_WEBHOOK_SECRET"}
