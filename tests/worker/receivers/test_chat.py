"""Notifications in a chat: in the form that each chat documents, once, and again where it was not taken."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from temporalio.exceptions import ApplicationError

from tests.activities.test_notifying import ACTION, notify
from tests.support.receiver import SECRET, Receiver
from worker.codec.server import serving
from worker.receivers.chat import Chat, Form
from worker.receivers.receiving import Receiving

TOLD = ("A decision is needed: order cancellation", "For: support", "Until: 2026-05-04 12:00 UTC", f"Action: {ACTION}")
CARD = "application/vnd.microsoft.card.adaptive"


class Channel:
    """A chat's incoming webhook: takes what the chat's documentation says, as the chat answers it."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.down = False

    async def receive(self, request: web.Request) -> web.Response:
        if self.down:
            return web.Response(status=429, text="rate_limited")
        assert request.content_type == "application/json"
        self.taken.append(json.loads(await request.text()))
        return web.Response(status=202 if "attachments" in self.taken[-1] else 200, text="ok")

    @asynccontextmanager
    async def with_receiver(self, form: Form) -> AsyncIterator[Receiver]:
        app = web.Application()
        app.router.add_post("/hooks/secret", self.receive)
        async with serving(app, "127.0.0.1", 0) as address:
            chat = Chat(f"{address}/hooks/secret", form)
            async with serving(Receiving(SECRET, chat.hand_on).app(), "127.0.0.1", 0) as receiver:
                yield Receiver(url=receiver)
            await chat.close()


@pytest.mark.parametrize(
    ("form", "bold", "link"), [("slack", "*", "<%s|Open it>"), ("mattermost", "**", "[Open it](%s)")]
)
async def test_slack_and_mattermost_take_a_text(form: Form, bold: str, link: str) -> None:
    channel = Channel()
    async with channel.with_receiver(form) as receiver:
        assert await notify(receiver.settings()) == "delivered"
        assert await notify(receiver.settings()) == "delivered"
    (message,) = channel.taken
    assert message.keys() == {"text"}
    first, *lines, last = message["text"].replace("\\", "").split("\n")
    assert (first, *lines) == (f"{bold}{TOLD[0]}{bold}", *TOLD[1:])
    address = "http://127.0.0.1:8233/namespaces/"
    assert last.startswith(link.partition("%s")[0] + address)
    assert last.endswith(link.partition("%s")[2])


async def test_teams_takes_a_message_with_an_adaptive_card() -> None:
    channel = Channel()
    async with channel.with_receiver("teams") as receiver:
        assert await notify(receiver.settings()) == "delivered"
    (message,) = channel.taken
    (attachment,) = message["attachments"]
    assert (message["type"], attachment["contentType"], attachment["contentUrl"]) == ("message", CARD, None)
    card = attachment["content"]
    assert (card["type"], card["body"][0]["text"]) == ("AdaptiveCard", TOLD[0])
    assert [f"{fact['title']}: {fact['value']}" for fact in card["body"][1]["facts"]] == list(TOLD[1:])
    assert card["actions"][0]["url"].startswith("http://127.0.0.1:8233/")


async def test_what_the_chat_does_not_take_comes_again() -> None:
    channel = Channel()
    channel.down = True
    async with channel.with_receiver("slack") as receiver:
        with pytest.raises(ApplicationError, match="the receiver answered 503") as failed:
            await notify(receiver.settings())
        assert not failed.value.non_retryable
        channel.down = False
        assert await notify(receiver.settings()) == "delivered"
    assert len(channel.taken) == 1
