"""A real receiver of notifications: a server that verifies what it is sent, and answers as a test wants it to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web
from pydantic import SecretStr

from leverframe import Notification, NotificationRefused, verify_notification
from worker.codec.server import serving
from worker.settings.notifications import NotificationSettings

SECRET = "whsec_" + "of+the+tests+own" * 2
HANG: Literal["hang"] = "hang"
Answer = int | Literal["hang"]


@dataclass(frozen=True)
class Message:
    """One request, as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """What came, and what is answered."""

    secrets: str = SECRET
    answers: list[Answer] = field(default_factory=list)
    """What the next messages are answered, instead of 204."""
    always: int | None = None
    """What every message is answered."""
    url: str = ""
    messages: list[Message] = field(default_factory=list)
    """All requests, in order; those that were not taken too."""
    taken: dict[str, Notification] = field(default_factory=dict)
    """What was believed and taken, by its id."""
    refused: list[str] = field(default_factory=list)
    """Why something was not believed."""
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    """What a message that is left hanging waits for."""

    @property
    def types(self) -> list[str]:
        return [notification.type for notification in self.taken.values()]

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.messages.append(Message(headers, body))
        try:
            notification = verify_notification(body, request.headers, self.secrets)
        except NotificationRefused as error:
            self.refused.append(str(error))
            return web.Response(status=400, text="secret words of the receiver")
        answer: Answer = self.always or (self.answers.pop(0) if self.answers else 204)
        if answer == HANG:
            await self.closing.wait()
            answer = 503
        if 200 <= int(answer) < 300:
            self.taken[headers["webhook-id"]] = notification
        return web.Response(status=int(answer), headers={"location": "/hook"} if answer == 302 else {})

    def settings(self, secrets: str = SECRET, timeout: float = 10) -> NotificationSettings:
        """As the notifications role is told of it."""
        return NotificationSettings(
            notifications_url=self.url,
            notifications_secret=SecretStr(secrets),
            notifications_timeout=timeout,
            ui_url="http://127.0.0.1:8233/",
        )


@asynccontextmanager
async def receiving(receiver: Receiver, port: int = 0) -> AsyncIterator[Receiver]:
    """The receiver, listening."""
    app = web.Application()
    app.router.add_post("/hook", receiver.receive)
    async with serving(app, "127.0.0.1", port) as address:
        receiver.url = f"{address}/hook"
        try:
            yield receiver
        finally:
            receiver.closing.set()
