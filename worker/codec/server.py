"""The codec server: Temporal's UI sends it encrypted payloads and shows what comes back.

Speaks Temporal's remote codec protocol (``POST .../decode`` and ``POST .../encode`` with
``{"payloads": [...]}`` in protobuf's JSON form). Who is answered:

- With an identity provider (:class:`~worker.codec.access_tokens.AccessTokens`): whoever brings a good access token,
  from a page of the UI's origins or from no page at all. The UI brings its user's with ``passAccessToken``, the
  ``temporal`` command one with ``--codec-auth``.
- Without one: a page of the UI's origins alone. A browser neither leaves out nor forges ``Origin`` on a POST (Fetch
  standard, 3.2), so no other page gets an answer. A request without it is refused: nothing says that the UI sent it
  (an operator can say so: ``temporal ... --codec-header Origin=<the UI's>``). ``Host`` must be a loopback
  name as well, so that without tokens the server serves its own machine. A program on that machine that forges both
  headers is not kept out: tokens do that.

It serves the addresses of the operators' views as well (:mod:`worker.codec.views_page`), to anybody: no payload is in
them.
"""

import ipaddress
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from google.protobuf.json_format import MessageToJson, Parse, ParseError
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.converter import PayloadCodec
from yarl import URL

from leverframe.errors import KeyDestroyed, KeyServiceUnreachable, Undecryptable
from worker.codec.access_tokens import AccessTokens, KeysUnreachable, TokenRefused
from worker.codec.views_page import ViewLinks
from worker.codec.withheld import withhold
from worker.settings.base import SettingsError

MAX_BODY = 8 * 1024 * 1024
"""Bytes of a request. Temporal's largest payload is 2 MiB, a third more in base64, and the UI sends some at once."""
PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "content-type, x-namespace, authorization",
    "Access-Control-Max-Age": "600",
}
ERASED = Payload(metadata={"encoding": b"json/plain"}, data=b'"(erased: the key of this person was destroyed)"')
"""What is shown of a payload that nobody can read any more."""

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class CodecServer:
    """What the server needs; :meth:`app` is the server."""

    codec: PayloadCodec
    origins: Sequence[str]
    """The UI's origins, for example ``http://127.0.0.1:8233``, without a trailing slash; views open at the first."""
    tokens: AccessTokens | None
    """Who may see payloads; ``None``: whoever uses the UI on this machine."""
    namespace: str = "default"
    """Temporal's namespace of the actions that views list."""

    def app(self) -> web.Application:
        """The server as an aiohttp application."""
        app = web.Application(client_max_size=MAX_BODY, middlewares=[self._answer])
        app.router.add_get("/health", _health)
        ViewLinks(self.origins[0], self.namespace).add_to(app.router)
        # The protocol looks at the last part of the path only, so that a proxy may mount the server anywhere.
        for name, work in (("decode", self._readable), ("encode", self.codec.encode)):
            app.router.add_post(f"/{{mount:(?:.*/)?}}{name}", _through(work))
            app.router.add_options(f"/{{mount:(?:.*/)?}}{name}", _preflight)
        return app

    async def _readable(self, payloads: list[Payload]) -> list[Payload]:
        return [withhold(await self._shown(payload)) for payload in payloads]

    async def _shown(self, payload: Payload) -> Payload:
        try:
            (shown,) = await self.codec.decode([payload])
        except KeyDestroyed:
            # Not an error: the page is to show everything else.
            return ERASED
        return shown

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Lets in who may come, and turns each error into plain words that hold no payload and no key."""
        if request.method in ("GET", "HEAD"):
            # Health and views: they neither take nor give a payload.
            return await handler(request)
        origin = request.headers.get("Origin")
        try:
            self._check_sender(request, origin)
            if request.method == "POST" and self.tokens is not None:
                await self.tokens.check(request.headers.get("Authorization"))
            response = await handler(request)
        except web.HTTPException as refused:
            response = web.Response(text=refused.text, status=refused.status)
        except TokenRefused as refused:
            response = web.Response(text=str(refused), status=refused.status)
        except (KeysUnreachable, KeyServiceUnreachable) as broken:
            response = web.Response(text=str(broken), status=503)
        except Undecryptable as unknown:
            response = web.Response(text=str(unknown), status=400)
        if response.status >= 400 and isinstance(response, web.Response):
            log.warning("%s refused with %d: %s", request.method, response.status, response.text)
        if origin in self.origins:
            response.headers.update({"Access-Control-Allow-Origin": origin or "", "Vary": "Origin"})
        return response

    def _check_sender(self, request: web.Request, origin: str | None) -> None:
        if origin is not None and origin not in self.origins:
            raise web.HTTPForbidden(text=f"The origin {origin[:200]!r} is not one of LEVERFRAME_CODEC_ORIGINS.")
        if self.tokens is not None:
            return
        if origin is None:
            raise web.HTTPForbidden(
                text="A request without Origin is answered only where access tokens are checked "
                "(LEVERFRAME_CODEC_JWKS_URL): without them, only the Temporal UI's own pages are."
            )
        if not _is_loopback(request.host):
            raise web.HTTPForbidden(
                text=f"The host {request.host[:200]!r} is refused: without access tokens (LEVERFRAME_CODEC_JWKS_URL) "
                "this server answers at 127.0.0.1 and localhost only."
            )


def _through(work: Callable[[list[Payload]], Awaitable[list[Payload]]]) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        payloads = Payloads()
        try:
            Parse(await request.text(), payloads)
        except (ParseError, ValueError, LookupError):
            # Without the parser's own words: they quote the body. LookupError: an unknown charset.
            raise web.HTTPBadRequest(text='The body is not {"payloads": [...]} in protobuf\'s JSON form.') from None
        done = Payloads(payloads=await work(list(payloads.payloads)))
        return web.Response(text=MessageToJson(done, indent=None), content_type="application/json")

    return handle


async def _preflight(request: web.Request) -> web.StreamResponse:
    return web.Response(status=204, headers=PREFLIGHT)


async def _health(request: web.Request) -> web.StreamResponse:
    return web.Response(text="ok")


def parse_origins(text: str) -> tuple[str, ...]:
    """The origins of addresses with commas between; raises SettingsError."""
    origins = tuple(_origin(address.strip()) for address in text.split(",") if address.strip())
    if not origins:
        raise SettingsError("LEVERFRAME_CODEC_ORIGINS is empty: no page of any UI could ask for payloads.")
    return origins


def _origin(address: str) -> str:
    try:
        url = URL(address)
        if url.scheme in ("http", "https"):
            # As a browser writes it: lower case, without the scheme's own port.
            return str(url.origin())
    except ValueError:
        pass
    raise SettingsError(
        f"LEVERFRAME_CODEC_ORIGINS cannot be used: {address!r} is not the address of a UI, such as "
        "http://127.0.0.1:8233."
    )


def _is_loopback(host: str) -> bool:
    try:
        name = URL(f"http://{host}").host or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Serve until the block is left; yields the address. Port 0 takes a free one. Raises OSError where it cannot."""
    # No access log: it would write down every path that anybody asks for.
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
