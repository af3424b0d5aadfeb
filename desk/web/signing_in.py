"""Signing in to the desk with a passkey. Who is signed in may read; what they decide is signed anew each time."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from desk.web.bodies import json_of
from desk.web.pages import page
from desk.web.sessions import LASTS, Sessions, SignedIn
from desk.web.tries import Tries
from leverframe.contracts.decision import PasskeySignature
from leverframe.operators import Operator, Operators
from leverframe.passkeys import asserted

AFTER = re.compile(r"/(actions/[A-Za-z0-9_-]{1,200}|cases(/[A-Za-z0-9_/-]{1,200})?)?")
"""Where signing in may lead: a page of the desk."""


@dataclass(frozen=True)
class SigningIn:
    """The pages on which people sign in and out."""

    sessions: Sessions
    operators: Callable[[], Operators]
    site: str
    tries: Tries = field(default_factory=Tries)
    company: bool = False
    """Whether the company's account signs people in, too."""

    @property
    def cookie(self) -> str:
        """Its name: browsers take one with this prefix over https alone, for this host alone."""
        return "__Host-desk" if self.site.startswith("https:") else "desk"

    def routes(self) -> list[Route]:
        """Their routes."""
        return [
            Route("/sign-in", self.page),
            Route("/sign-in/challenge", self.challenge, methods=["POST"]),
            Route("/sign-in", self.sign_in, methods=["POST"]),
            Route("/sign-out", self.sign_out, methods=["POST"]),
        ]

    def person(self, request: Request) -> Operator:
        """Who is signed in and still in the directory; raises HTTPException 401."""
        one = self.sessions.signed_in(request.cookies.get(self.cookie, ""))
        found = self.operators().named(one.person) if one else None
        # Whose device was lost, or whose account was taken out, is signed out with that.
        if one is None or found is None or one.mark not in found.sign_in_marks:
            raise HTTPException(401, "You are not signed in (any more). Open the desk again and sign in.")
        return found if one.roles is None else found.narrowed(one.roles)

    def begin(self, response: Response, person: str, mark: str, roles: frozenset[str] | None = None) -> Response:
        """The response, with which somebody is signed in from now on."""
        response.set_cookie(
            self.cookie,
            self.sessions.begin(SignedIn(person, mark, roles)),
            max_age=int(LASTS.total_seconds()),
            secure=self.site.startswith("https:"),
            httponly=True,
            # A link from the Temporal UI or a message leads here: it may bring the cookie, and changes nothing.
            samesite="lax",
        )
        return response

    async def page(self, request: Request) -> Response:
        """Asks for the passkey."""
        after = request.query_params.get("next", "/")
        after = after if AFTER.fullmatch(after) else "/"
        return page("sign_in.html", after=after, company=self.company, person=None)

    async def challenge(self, request: Request) -> Response:
        """What the device is to sign."""
        return JSONResponse({"challenge": self.sessions.challenge()})

    async def sign_in(self, request: Request) -> Response:
        """Take what the device has signed."""
        self.tries.by(request)
        body = await json_of(request)
        try:
            signed = PasskeySignature.model_validate(body.get("signed"))
        except ValidationError:
            raise HTTPException(400, "Expected what the passkey has signed.") from None
        challenge = str(body.get("challenge"))
        found = self.operators().by_passkey(signed.id)
        if not self.sessions.holds(challenge) or found is None or found[1].revoked:
            raise HTTPException(403, "This passkey is nobody's here, or the page was open too long. Try once more.")
        operator, passkey = found
        if not asserted(signed, passkey, challenge.encode()):
            raise HTTPException(403, "The passkey's signature does not hold. Try once more.")
        self.sessions.use(challenge)
        self.tries.of(operator.person)
        return self.begin(JSONResponse({"message": f"Signed in as {operator.person}."}), operator.person, passkey.id)

    async def sign_out(self, request: Request) -> Response:
        """Forget who it was."""
        self.sessions.end(request.cookies.get(self.cookie, ""))
        response = RedirectResponse("/sign-in", 303)
        response.delete_cookie(self.cookie)
        return response
