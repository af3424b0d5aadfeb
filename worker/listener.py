from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from leverframe import Notification, NotificationRefused, verify_notification

MAX_BODY = 64 * 1024
"""Bytes of a message; a real one has less than one kilobyte."""


@dataclass
class Listener:
    """A receiver of notifications that only shows them: each once, if it is signed."""

    secrets: str = field(repr=False)
    show: Callable[[str], object]
    seen: set[str] = field(default_factory=set)
    """Ids of what was shown."""

    def app(self) -> web.Application:
        """The receiver as an aiohttp application; every path takes messages."""
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_post("/{path:.*}", self._receive)
        return app

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            told = verify_notification(body, request.headers, self.secrets)
        except NotificationRefused as error:
            self.show(f"Refused: {error}.")
            return web.Response(status=400, text=str(error))
        message_id = request.headers["webhook-id"]
        if message_id not in self.seen:
            self.seen.add(message_id)
            self.show(_in_words(told))
        return web.Response(status=204)


def _in_words(told: Notification) -> str:
    data = told.data
    happened = f"{told.timestamp:%Y-%m-%d %H:%M} UTC"
    ends = f"{data.deadline:%Y-%m-%d %H:%M} UTC" if data.deadline else "its end"
    words = (happened, told.type, f"{data.action_id}: {data.role or data.awaiting}, until {ends}", data.link)
    return "  ".join(filter(None, words))
