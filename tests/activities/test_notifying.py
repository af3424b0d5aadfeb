"""What reaches a webhook, and what becomes of a message that does not: a real receiver verifies each."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook as StandardWebhook
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from leverframe.contracts.notification import NotifyRequest
from tests.support.receiver import HANG, SECRET, Answer, Receiver, receiving
from worker.roles.activities import notifying
from worker.settings.notifications import NotificationSettings

ASKED = NotifyRequest(
    type="action.waiting",
    state="confirming",
    visit=1,
    awaiting="operator",
    role="support",
    deadline=datetime(2026, 5, 4, 12, tzinfo=UTC),
)
ACTION = "order_cancellation-5e6f/web 7"
OTHER = "whsec_" + "another+secret+.".replace(".", "+") * 2


def workflow(**changes: Any) -> ActivityEnvironment:
    """The activity as the Temporal server has it run for an action's workflow."""
    environment = ActivityEnvironment()
    info: dict[str, Any] = {
        "workflow_id": ACTION,
        "workflow_type": "order_cancellation",
        "workflow_run_id": "run-1",
        "namespace": "default",
        "scheduled_time": datetime(2026, 5, 1, 12, tzinfo=UTC),
    }
    environment.info = replace(environment.info, **info | changes)
    return environment


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving(Receiver()) as listening:
        yield listening


async def notify(settings: NotificationSettings | None, request: NotifyRequest = ASKED, **changes: Any) -> Any:
    async with notifying(settings) as (activity,):
        return await workflow(**changes).run(activity, request)


async def failure(settings: NotificationSettings, request: NotifyRequest = ASKED, **changes: Any) -> ApplicationError:
    with pytest.raises(ApplicationError) as caught:
        await notify(settings, request, **changes)
    assert caught.value.__cause__ is None or not str(caught.value.__cause__)
    said = str(caught.value)
    assert SECRET not in said
    assert "/hook" not in said
    assert "secret words" not in said
    return caught.value


async def test_a_message_is_what_the_specification_says_and_nothing_more(receiver: Receiver) -> None:
    assert await notify(receiver.settings()) == "delivered"
    (message,) = receiver.messages
    assert json.loads(message.body) == {
        "type": "action.waiting",
        "timestamp": "2026-05-01T12:00:00Z",
        "data": {
            "action_id": ACTION,
            "action": "order_cancellation",
            "state": "confirming",
            "awaiting": "operator",
            "role": "support",
            "deadline": "2026-05-04T12:00:00Z",
            "link": (
                "http://127.0.0.1:8233/namespaces/default/workflows/order_cancellation-5e6f%2Fweb%207/run-1/"
                "user-metadata"
            ),
        },
    }
    assert message.headers["content-type"] == "application/json"
    # Somebody else's code, which knows nothing of ours.
    assert StandardWebhook(SECRET).verify(message.body, message.headers)["type"] == "action.waiting"
    with pytest.raises(Exception, match="No matching signature"):
        StandardWebhook(OTHER).verify(message.body, message.headers)


async def test_a_message_to_a_user_has_no_role_and_without_the_uis_address_no_link(receiver: Receiver) -> None:
    settings = receiver.settings().model_copy(update={"ui_url": None})
    await notify(settings, ASKED.model_copy(update={"awaiting": "user", "role": None}))
    assert {"role", "link"} & json.loads(receiver.messages[0].body)["data"].keys() == set()


async def test_attempts_have_one_id_and_other_messages_have_others(receiver: Receiver) -> None:
    settings = receiver.settings()
    for request in (
        ASKED,
        ASKED,
        ASKED.model_copy(update={"visit": 2}),
        ASKED.model_copy(update={"type": "action.expired"}),
        ASKED.model_copy(update={"state": "confirming_refund"}),
    ):
        await notify(settings, request, scheduled_time=datetime(2026, 5, 1, 12, tzinfo=UTC))
    await notify(settings, workflow_id="another-action")
    await notify(settings, namespace="another-namespace")
    ids = [message.id for message in receiver.messages]
    assert ids[0] == ids[1]
    assert receiver.messages[0].body == receiver.messages[1].body
    assert len(set(ids)) == 6
    assert all(StandardWebhook(SECRET).verify(message.body, message.headers) for message in receiver.messages)


async def test_while_the_secret_is_exchanged_it_is_signed_with_both(receiver: Receiver) -> None:
    await notify(receiver.settings(f"{OTHER} {SECRET}"))
    assert receiver.types == ["action.waiting"]
    (message,) = receiver.messages
    for secret in (OTHER, SECRET):
        StandardWebhook(secret).verify(message.body, message.headers)


@pytest.mark.parametrize("answer", [200, 202, 204])
async def test_any_2xx_takes_it(answer: int, receiver: Receiver) -> None:
    receiver.always = answer
    assert await notify(receiver.settings()) == "delivered"


@pytest.mark.parametrize(
    ("answer", "again", "words"),
    [
        (500, True, "the receiver answered 500"),
        (503, True, "the receiver answered 503"),
        (429, True, "the receiver answered 429"),
        (408, True, "the receiver answered 408"),
        (425, True, "the receiver answered 425"),
        (HANG, True, "no answer within 0.3 seconds"),
        (404, False, "answered 404; expected 2xx"),
        (401, False, "answered 401; expected 2xx"),
        (410, False, "answered 410; it wants no more messages"),
        (302, False, "answered 302; a redirect, which is not followed"),
    ],
)
async def test_whether_it_is_worth_trying_again(answer: Answer, again: bool, words: str, receiver: Receiver) -> None:
    receiver.answers = [answer]
    error = await failure(receiver.settings(timeout=0.3))
    assert words in error.message
    assert error.non_retryable is not again
    assert len(receiver.messages) == 1


async def test_a_receiver_with_another_secret_refuses_it_for_good(receiver: Receiver) -> None:
    error = await failure(receiver.settings(OTHER))
    assert (error.message, error.non_retryable) == ("the receiver answered 400; expected 2xx", True)
    assert receiver.refused == ["it is not signed with this webhook's secret, or was changed since"]


@asynccontextmanager
async def answering(raw: bytes, endless: bool = False) -> AsyncIterator[NotificationSettings]:
    """A server that does not keep to HTTP, or never ends."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        while endless and not writer.is_closing():
            writer.write(b"x" * 10_000)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield Receiver(url=f"http://127.0.0.1:{port}/hook").settings(timeout=2)


async def test_an_answer_that_is_no_http_is_tried_again_and_not_quoted() -> None:
    async with answering(b"secret words\r\n\r\n") as settings:
        error = await failure(settings)
    assert error.message.startswith("the receiver's answer broke off (RemoteProtocolError)")
    assert not error.non_retryable


async def test_the_body_of_an_answer_is_not_read() -> None:
    """However long it is, and however it is packed."""
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1000000000000\r\n\r\n"
    async with asyncio.timeout(2), answering(head, endless=True) as settings:
        assert await notify(settings) == "delivered"


async def test_a_receiver_that_is_down_is_tried_again() -> None:
    async with receiving(Receiver()) as gone:
        pass
    error = await failure(gone.settings())
    assert error.message.startswith("the receiver cannot be reached: ")
    assert not error.non_retryable


async def test_without_an_address_nobody_is_told() -> None:
    assert await notify(None) == "nobody to notify"
    settings = NotificationSettings(notifications_secret=SecretStr(SECRET))
    assert await notify(settings) == "nobody to notify"


@pytest.mark.parametrize(
    ("asked", "caller", "where"),
    [
        ({"role": "Mia Berg, mia@x.org"}, {}, "role"),
        ({"state": "see https://x.org/?" + "q" * 70}, {}, "state"),
        ({"role": ""}, {}, "role"),
        ({}, {"workflow_id": None}, "action_id"),
        ({}, {"workflow_type": "Some Other Workflow"}, "action"),
    ],
)
async def test_nothing_is_sent_that_is_no_name_or_of_no_action(
    asked: dict[str, Any], caller: dict[str, Any], where: str, receiver: Receiver
) -> None:
    error = await failure(receiver.settings(), ASKED.model_copy(update=asked), **caller)
    assert error.message.endswith(f"look at {where}")
    assert error.non_retryable
    assert receiver.messages == []
