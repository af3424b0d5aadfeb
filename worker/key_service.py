"""The key service: gives people's keys to whoever brings its token, and to nobody else.

``GET /keys/{pseudonym}`` tells of a key as it stands, ``PUT /keys/{pseudonym}`` makes it if there is none; both answer
with a :class:`~leverframe.key_service.KeyAnswer`. No key stands in a log or an error.
"""

import hmac
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from leverframe.errors import Undecryptable
from leverframe.key_service import KeyAnswer
from leverframe.subject_keys import SubjectKey
from worker.key_store import KeyStore

MAX_BODY = 1024
"""Bytes of a request: nothing is sent but its address."""

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class KeyServer:
    """What the service needs; :meth:`app` is the service."""

    store: KeyStore
    token: str = field(repr=False)

    def app(self) -> web.Application:
        """The service as an aiohttp application."""
        app = web.Application(client_max_size=MAX_BODY, middlewares=[self._answer])
        app.router.add_get("/health", self._health)
        address = "/keys/{pseudonym:[0-9a-f]{16}}"
        app.router.add_get(address, self._find, allow_head=False)
        app.router.add_put(address, self._ensure)
        return app

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Lets in who has the token, and turns each error into a status without words of the database."""
        if request.path != "/health" and not self._knows_token(request.headers.get("Authorization")):
            log.warning("%s refused: no or a wrong token", request.method)
            return web.Response(text="The key service's token is needed.", status=401)
        try:
            return await handler(request)
        except Undecryptable as error:
            log.error("A key cannot be opened: %s", error)
            return web.Response(text=str(error), status=500)
        except (SQLAlchemyError, OSError) as error:
            log.error("The database does not answer: %s", type(error).__name__)
            return web.Response(text="The database does not answer.", status=503)

    def _knows_token(self, authorization: str | None) -> bool:
        scheme, _, token = (authorization or "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(token.encode(errors="replace"), self.token.encode())

    async def _find(self, request: web.Request) -> web.StreamResponse:
        return _told(await self.store.find(request.match_info["pseudonym"]))

    async def _ensure(self, request: web.Request) -> web.StreamResponse:
        return _told(await self.store.ensure(request.match_info["pseudonym"]))

    async def _health(self, request: web.Request) -> web.StreamResponse:
        await self.store.check()
        return web.Response(text="ok")


def _told(found: SubjectKey) -> web.StreamResponse:
    answer = KeyAnswer(state=found.state, key=found.key.hex() if found.key else None)
    headers = {"Cache-Control": "no-store"}
    return web.Response(text=answer.model_dump_json(), content_type="application/json", headers=headers)
