"""The key service: gives people's keys to whoever brings its token, and to nobody else.

``GET /keys/{pseudonym}`` tells of a key as it stands, ``PUT /keys/{pseudonym}`` makes it if there is none; both answer
with a :class:`~leverframe.key_service.KeyAnswer`. ``POST /keys`` tells of many, for audits, and changes nothing; POST
so that whom somebody reads of stands in no address. No key stands in a log or an error.
"""

import hmac
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from leverframe.contracts.base import Contract
from leverframe.errors import Undecryptable
from leverframe.key_service import KeyAnswer, ManyAnswer, ManyAsked
from leverframe.subject_keys import MOST_ASKED, SubjectKey
from worker.keys.store import KeyStore

MAX_BODY = 16_384
"""Bytes of a request: more than the pseudonyms of :data:`~leverframe.subject_keys.MOST_ASKED` people need."""

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
        app.router.add_post("/keys", self._find_many)
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
        return _told(_answer(await self.store.find(request.match_info["pseudonym"])))

    async def _find_many(self, request: web.Request) -> web.StreamResponse:
        try:
            asked = ManyAsked.model_validate_json(await request.read())
        except ValidationError:
            expected = f'{{"pseudonyms": [...]}} with 1 to {MOST_ASKED} of them, each of 16 hexadecimal digits'
            raise web.HTTPBadRequest(text=f"The body is not {expected}.") from None
        found = await self.store.find_many(asked.pseudonyms)
        return _told(ManyAnswer(keys={pseudonym: _answer(key) for pseudonym, key in found.items()}))

    async def _ensure(self, request: web.Request) -> web.StreamResponse:
        return _told(_answer(await self.store.ensure(request.match_info["pseudonym"])))

    async def _health(self, request: web.Request) -> web.StreamResponse:
        await self.store.check()
        return web.Response(text="ok")


def _answer(found: SubjectKey) -> KeyAnswer:
    return KeyAnswer(state=found.state, key=found.key.hex() if found.key else None)


def _told(answer: Contract) -> web.StreamResponse:
    headers = {"Cache-Control": "no-store"}
    return web.Response(text=answer.model_dump_json(), content_type="application/json", headers=headers)
