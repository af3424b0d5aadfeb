"""What every request is kept to: so many at a time, and a body that is short and comes soon."""

import asyncio
from dataclasses import dataclass, field

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import LATER, problem

MAX_BODY = 64 * 1024
"""Bytes: the longest text with every character escaped."""
SOON = 10.0
"""Seconds for a body."""
MOST = 400
"""Requests at a time."""
MOST_OF_ONE = 20
"""Requests at a time with one bearer: whoever waits for much of one user's takes nobody else's place."""
CLOSE = {"Connection": "close"}
HEADERS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


@dataclass
class Bounds:
    """Refuses what is too much, and gives every answer its headers."""

    app: ASGIApp
    now: int = 0
    of_one: dict[bytes, int] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        bearer = dict(scope["headers"]).get(b"authorization", b"")
        if refusal := self._too_many(bearer):
            return await refusal(scope, receive, with_headers)
        self.now += 1
        self.of_one[bearer] = self.of_one.get(bearer, 0) + 1
        try:
            body = await _body(receive)
            if isinstance(body, Response):
                return await body(scope, receive, with_headers)
            await self.app(scope, _again(body, receive), with_headers)
        finally:
            self.now -= 1
            self.of_one[bearer] -= 1
            if not self.of_one[bearer]:
                del self.of_one[bearer]

    def _too_many(self, bearer: bytes) -> Response | None:
        if self.now >= MOST:
            return problem(503, f"Expected at most {MOST} requests at a time. Try again in a while.", headers=LATER)
        if bearer and self.of_one.get(bearer, 0) >= MOST_OF_ONE:
            told = f"Expected at most {MOST_OF_ONE} requests at a time with one capability. Try again in a while."
            return problem(429, told, headers=LATER)
        return None


async def _body(receive: Receive) -> bytes | Response:
    body: bytes = b""
    try:
        async with asyncio.timeout(SOON):
            while True:
                message = await receive()
                body += message.get("body", b"")
                if len(body) > MAX_BODY:
                    return problem(
                        413, f"Expected a body of at most {MAX_BODY} bytes.", headers={"Connection": "close"}
                    )
                if not message.get("more_body"):
                    return body
    except TimeoutError:
        return problem(408, f"Expected the whole body within {SOON:g} seconds.", headers=CLOSE)


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives what was received, and then whatever else comes."""
    left = [body]

    async def received() -> Message:
        return {"type": "http.request", "body": left.pop(), "more_body": False} if left else await receive()

    return received
