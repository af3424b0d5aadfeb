"""The company's OpenID provider: where people are sent to sign in, and what it says of who comes back."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx2
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from desk.web.id_token import NotProven, proven
from tools.bounded_http import ResponseTooLong, bounded_client

TIMEOUT = 5.0
"""Seconds for one request to the provider."""
LONGEST = 262_144
"""Bytes of one answer: some providers publish many keys."""
KEPT = 300.0
"""Seconds for which the provider's description of itself is kept."""


class Away(Exception):
    """The provider does not answer, or not as one; another try may go well."""


class _Described(BaseModel):
    """What a provider says of itself (OpenID Connect Discovery 1.0, section 3), as far as it is used."""

    model_config = ConfigDict(hide_input_in_errors=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    authorization_response_iss_parameter_supported: bool = False


class _Tokens(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    id_token: str = Field(max_length=LONGEST)


@dataclass
class Company:
    """The provider, as a confidential client sees it: authorization code with PKCE (RFC 9700, section 2.1.1)."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    claim: str = "sub"
    """The claim in which the operators' directory knows people."""
    roles_claim: str = ""
    """The claim that may take roles of the directory away; empty for none."""
    roles: Mapping[str, str] = field(default_factory=dict)
    """Which role each value of that claim means; empty where the values are the roles."""
    scope: str = "openid email profile"
    _described: tuple[float, _Described] | None = field(default=None, init=False, repr=False)

    async def address(self, back: str, *, state: str, nonce: str, challenge: str) -> str:
        """Where the browser is sent; raises :class:`Away`."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": back,
            "scope": self.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        at = (await self._provider()).authorization_endpoint
        return f"{at}{'&' if urlsplit(at).query else '?'}{urlencode(asked)}"

    async def claims(
        self, code: str, sender: str | None, back: str, *, nonce: str, verifier: str
    ) -> Mapping[str, object]:
        """What it says of whoever came back with this code; raises :class:`Away` or NotProven.

        ``sender`` is who the answer says it comes from (RFC 9207).
        """
        provider = await self._provider()
        if sender is None and provider.authorization_response_iss_parameter_supported:
            raise NotProven("The answer does not say that it comes from your company's sign-in.")
        if sender not in (None, self.issuer):
            raise NotProven("The answer comes from somebody else than your company's sign-in.")
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        client = httpx2.BasicAuth(quote_plus(self.client_id), quote_plus(self.client_secret))
        answer = await _asked("POST", provider.token_endpoint, data=form, auth=client)
        if answer.status_code in (400, 401, 403):
            raise NotProven("Your company's sign-in does not know this sign-in (any more).")
        try:
            token = _Tokens.model_validate_json(_content(answer)).id_token
            keys = (await _asked("GET", provider.jwks_uri)).json()
        except ValueError:
            raise Away("it answers what no OpenID provider does") from None
        return proven(token, keys, issuer=self.issuer, client_id=self.client_id, nonce=nonce)

    async def _provider(self) -> _Described:
        now = time.monotonic()
        if self._described is None or now > self._described[0]:
            answer = await _asked("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            try:
                found = _Described.model_validate_json(_content(answer))
            except ValidationError:
                raise Away("it does not describe itself as an OpenID provider does") from None
            addresses = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri)
            # What was begun over TLS stays there; and one provider does not speak for another.
            if found.issuer != self.issuer or {urlsplit(one).scheme for one in addresses} != {
                urlsplit(self.issuer).scheme
            }:
                raise Away("it describes another provider than the one of LEVERFRAME_DESK_OIDC_ISSUER")
            self._described = (now + KEPT, found)
        return self._described[1]


def _content(answer: httpx2.Response) -> bytes:
    if answer.status_code != 200:
        raise Away(f"it answers {answer.status_code}")
    return answer.content


async def _asked(
    method: str, url: str, data: Mapping[str, str] | None = None, auth: httpx2.BasicAuth | None = None
) -> httpx2.Response:
    try:
        async with bounded_client(LONGEST, TIMEOUT) as http:
            return await http.request(method, url, data=data, auth=auth, headers={"accept": "application/json"})
    except (httpx2.HTTPError, httpx2.InvalidURL, ResponseTooLong) as error:
        raise Away(type(error).__name__) from None
