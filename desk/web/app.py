"""The desk as a web application: who may see what, and what every answer is kept to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk.inbox.desk import Desk
from desk.web.cases import CasePages
from desk.web.company import Company
from desk.web.company_sign_in import CompanySignIn
from desk.web.deciding import Deciding
from desk.web.enrolling import Enrolling
from desk.web.headers import HEADERS
from desk.web.invitations import Invitations
from desk.web.listing import Listing
from desk.web.reading import Reading
from desk.web.sessions import Sessions
from desk.web.signing_in import SigningIn
from leverframe.operators import Operators

STATIC = Path(__file__).parent / "static"
MAX_BODY = 64 * 1024
"""Bytes of a request: a decision with its signature is about 2 kB."""


@dataclass(frozen=True)
class WebDesk:
    """What the pages need; :meth:`app` is the application."""

    desk: Desk
    operators: Callable[[], Operators]
    """The operators' directory as it stands now."""
    invitations: Invitations
    site: str
    """Origin under which browsers reach it, such as ``https://desk.example.com``: passkeys are bound to it."""
    ui: str = ""
    """Address of the Temporal UI; empty for no links to it."""
    directory: Path | None = None
    """The operators' directory, where the desk itself may take passkeys in: the embedded default alone."""
    company: Company | None = None
    """The company's sign-in, beside passkeys."""
    sessions: Sessions = field(default_factory=Sessions)

    def app(self) -> ASGIApp:
        """The application, behind what every request and answer is kept to."""
        signing = SigningIn(self.sessions, self.operators, self.site, company=self.company is not None)
        enrolling = Enrolling(self.invitations, self.site, self.directory)
        routes = [
            Route("/health", _health),
            *signing.routes(),
            *(CompanySignIn(self.company, signing).routes() if self.company else ()),
            *enrolling.routes(),
            *Listing(self.desk, signing).routes(),
            *Reading(self.desk, signing, self.ui).routes(),
            *Deciding(self.desk, signing).routes(),
            *CasePages(self.desk.cases, signing).routes(),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]
        handlers: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
            HTTPException: _told,
        }
        return Guarded(Starlette(routes=routes, exception_handlers=handlers, max_body_size=MAX_BODY), self.site)


@dataclass(frozen=True)
class Guarded:
    """Refuses what another site's page sends, and gives every answer its headers."""

    app: ASGIApp
    site: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message["headers"] if pair[0] not in HEADERS]
                message["headers"] = [*kept, *HEADERS.items()]
            await send(message)

        headers = dict(scope["headers"])
        # A browser neither leaves out nor forges Origin on a POST (Fetch standard, 3.2). GET changes nothing.
        if scope["method"] not in ("GET", "HEAD") and headers.get(b"origin", b"").decode("latin-1") != self.site:
            refused = PlainTextResponse(f"Expected a request from a page of {self.site}.", 403)
            return await refused(scope, receive, with_headers)
        return await self.app(scope, receive, with_headers)


async def _health(request: Request) -> Response:
    return PlainTextResponse("ok")


async def _told(request: Request, error: Exception) -> Response:
    """A refusal in words: to a page's script as JSON, and who is not signed in is asked to."""
    if not isinstance(error, HTTPException):
        raise error
    if request.method == "POST":
        return JSONResponse({"message": error.detail}, error.status_code, error.headers)
    if error.status_code == 401:
        return RedirectResponse(f"/sign-in?next={request.url.path}", 303)
    return PlainTextResponse(error.detail, error.status_code, error.headers)
