"""Signing in with the company's account: it lets somebody see. What they decide, their passkey signs as ever."""

import hashlib
import hmac
import re
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from desk.web.company import Away, Company
from desk.web.id_token import NotProven, account_of, roles_of
from desk.web.pages import page
from desk.web.sessions import SIGNING_IN
from desk.web.signing_in import AFTER, SigningIn
from leverframe.passkeys import padless

BACK = "/sign-in/company/back"
ERROR = re.compile(r"[a-z_]{1,40}")
STALE = "This sign-in was not begun here, was used already, or took too long. Try once more."


@dataclass(frozen=True)
class CompanySignIn:
    """The way to the company's sign-in and back.

    What must hold between the two (state, nonce and PKCE's verifier) derives from a challenge in a cookie that the desk
    gave, that counts once and for a few minutes: the browser that comes back is the one that was sent, and nobody who
    asks for many takes anything from another.
    """

    company: Company
    signing: SigningIn

    @property
    def cookie(self) -> str:
        """The name of the cookie."""
        return f"{self.signing.cookie}-company"

    def routes(self) -> list[Route]:
        """Their routes."""
        return [Route("/sign-in/company", self.begin), Route(BACK, self.back)]

    async def begin(self, request: Request) -> Response:
        """Send the browser to the company's sign-in."""
        self.signing.tries.by(request)
        after = request.query_params.get("next", "/")
        begun = f"{self.signing.sessions.challenge()}~{after if AFTER.fullmatch(after) else '/'}"
        state, nonce, verifier = self._derived(begun)
        challenge = padless(hashlib.sha256(verifier.encode()).digest())
        try:
            address = await self.company.address(self._back, state=state, nonce=nonce, challenge=challenge)
        except Away as away:
            return _trouble(503, f"Your company's sign-in cannot be used now: {away}. Sign in with your passkey.")
        response = RedirectResponse(address, 303)
        response.set_cookie(
            self.cookie,
            begun,
            max_age=int(SIGNING_IN.total_seconds()),
            secure=self.signing.site.startswith("https:"),
            httponly=True,
            samesite="lax",  # The company's page leads back here.
        )
        return response

    async def back(self, request: Request) -> Response:
        """Take what the company's sign-in says of whoever comes back."""
        self.signing.tries.by(request)
        begun, sent = request.cookies.get(self.cookie, ""), request.query_params
        challenge, _, after = begun.partition("~")
        state, nonce, verifier = self._derived(begun)
        if not self.signing.sessions.holds(challenge) or not _same(sent.get("state", ""), state):
            return _trouble(403, STALE)
        self.signing.sessions.use(challenge)
        code = sent.get("code", "")
        if not code:
            error = sent.get("error", "")
            why = f" ({error})" if ERROR.fullmatch(error) else ""
            return _trouble(403, f"Your company's sign-in did not sign you in{why}.")
        try:
            claims = await self.company.claims(code, sent.get("iss"), self._back, nonce=nonce, verifier=verifier)
            account = account_of(claims, self.company.claim)
        except Away as away:
            return _trouble(503, f"Your company's sign-in cannot be used now: {away}.")
        except NotProven as refused:
            return _trouble(403, str(refused))
        known = self.signing.operators().by_account(account)
        if known is None:
            return _trouble(403, f"The operators' directory knows no account {account!r}. Ask whoever runs Leverframe.")
        self.signing.tries.of(known.person)
        roles = roles_of(claims, self.company.roles_claim, self.company.roles) if self.company.roles_claim else None
        response = RedirectResponse(after if AFTER.fullmatch(after) else "/", 303)
        response.delete_cookie(self.cookie, secure=self.signing.site.startswith("https:"), httponly=True)
        return self.signing.begin(response, known.person, account, roles)

    @property
    def _back(self) -> str:
        return f"{self.signing.site}{BACK}"

    def _derived(self, begun: str) -> tuple[str, str, str]:
        state, nonce, verifier = (self.signing.sessions.derived(begun, of) for of in ("state", "nonce", "verifier"))
        return state, nonce, verifier


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(errors="replace"), other.encode())


def _trouble(status: int, message: str) -> Response:
    return page("trouble.html", status, message=message, person=None)
