"""A receiver of notifications: believes what is signed, hands each on once, and says so only when it was taken."""

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from leverframe import Notification, NotificationRefused, verify_notification

MAX_BODY = 64 * 1024
"""Bytes of a message; a real one has less than one kilobyte."""
REMEMBERED = 10_000
"""Ids of messages that were handed on, the last ones."""

log = logging.getLogger(__name__)


class NotTaken(Exception):
    """Where the message was to go, it was not taken; it may be, another time."""


@dataclass
class Receiving:
    """The webhook's other end."""

    secrets: str = field(repr=False)
    hand_on: Callable[[str, Notification], Awaitable[None]]
    """Takes a message, with its id; raises NotTaken."""
    refused: Callable[[str], object] = log.warning
    seen: OrderedDict[str, None] = field(default_factory=OrderedDict)

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
            self.refused(f"Refused: {error}.")
            return web.Response(status=400, text=str(error))
        message_id = request.headers["webhook-id"]
        if message_id in self.seen:
            return web.Response(status=204)
        try:
            await self.hand_on(message_id, told)
        except NotTaken as error:
            # Its sender comes again with it, for as long as it is true.
            self.refused(f"Not handed on, and awaited again: {error}.")
            return web.Response(status=503)
        self.seen[message_id] = None
        if len(self.seen) > REMEMBERED:
            self.seen.popitem(last=False)
        return web.Response(status=204)
