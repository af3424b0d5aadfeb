"""The user's own token for a system outside, for one call (OAuth 2.0 token exchange, RFC 8693).

The tools role vouches for the user whom the verified capability names, and the company's authorization server decides:
it gives a token of that user with Leverframe as its actor, for this system and this scope, for a minute or so. It is in
no payload, ledger, log or span, and is forgotten with its life.
"""

from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import ClassVar, Literal, NoReturn

import httpx2
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from tools.assertion import Asking, mint_assertion
from tools.assertion_keys import AssertionKeys, AuthorizationServer
from tools.base import CallContext
from tools.bounded_http import ResponseTooLong, bounded_client
from tools.credential import UserToken
from tools.errors import NotConnected, NotSent

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
JWT = "urn:ietf:params:oauth:token-type:jwt"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - the name of a kind

TIMEOUT = 3.0
"""Seconds for one exchange; it is one request of a call that has :data:`leverframe.call_timeouts.ATTEMPT`."""
LONGEST_ANSWER = 65_536
"""Bytes."""
KEPT = timedelta(seconds=60)
"""A token is used no longer than this, however long its own life is: a right that ends, ends here too."""
MARGIN = timedelta(seconds=5)
"""Before its end a token is not used any more: the request that carries it takes time, and clocks differ."""

REFUSALS = {
    "invalid_client": "it does not know this client, or not with this secret (LEVERFRAME_TOKEN_CLIENT_SECRET)",
    "unauthorized_client": "this client may not exchange tokens",
    "unsupported_grant_type": "it exchanges no tokens",
    "invalid_grant": "it does not take the tools role's word for this user: the user may be gone there, or it does not "
    "know the tools role's key ('python -m worker keys jwks')",
    "invalid_request": "it does not take the tools role's word for this user, or asks for something else",
    "invalid_scope": "this user has not the scope that the tool asks for",
    "invalid_target": "it knows no such system",
    "access_denied": "this user may not",
}
"""What the errors of RFC 6749 and RFC 8693 mean here. None of the server's own words: they may quote a token."""


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    access_token: SecretStr = Field(min_length=1)
    issued_token_type: Literal["urn:ietf:params:oauth:token-type:access_token"]
    token_type: str = Field(pattern="^(?i:bearer)$")
    expires_in: int = Field(gt=0)
    scope: str | None = None
    """Left out where it is what was asked for."""


@dataclass(frozen=True)
class _Kept:
    token: SecretStr
    until: datetime


class TokenExchange:
    """Gets users' tokens from a company's authorization server."""

    MISSING: ClassVar[str] = (
        "the system is asked with the user's own token, and this worker can get none; set LEVERFRAME_TOKEN_URL, "
        "LEVERFRAME_TOKEN_CLIENT_SECRET and LEVERFRAME_TOOLS_KEYS"
    )

    def __init__(self, server: AuthorizationServer, keys: AssertionKeys) -> None:
        self._server = server
        self._keys = keys
        self._kept: dict[tuple[Asking, UserToken], _Kept] = {}
        self._http = bounded_client(LONGEST_ANSWER, TIMEOUT)

    async def token(self, asking: Asking, wanted: UserToken) -> SecretStr:
        """A token that is good for a moment at least: of this user, this call, this system and this scope.

        Raises :class:`~tools.errors.NotConnected` when the server gives none for good, and
        :class:`~tools.errors.NotSent` when trying again may help.
        """
        now = datetime.now(UTC)
        self._kept = {one: kept for one, kept in self._kept.items() if now < kept.until}
        kept = self._kept.get((asking, wanted))
        if kept is None:
            answer = await self._exchange(asking, wanted, now)
            kept = _Kept(answer.access_token, now + min(KEPT, timedelta(seconds=answer.expires_in) - MARGIN))
            self._kept[asking, wanted] = kept
        return kept.token

    def forget(self, asking: Asking, wanted: UserToken) -> None:
        """Ask for another token the next time."""
        self._kept.pop((asking, wanted), None)

    async def close(self) -> None:
        """Close the connections, and forget every token."""
        self._kept.clear()
        await self._http.aclose()

    async def _exchange(self, asking: Asking, wanted: UserToken, now: datetime) -> _Answer:
        server = self._server
        form = {
            "grant_type": GRANT,
            "subject_token": mint_assertion(self._keys, server.client_id, server.issuer, asking, wanted, now),
            "subject_token_type": JWT,
            "requested_token_type": ACCESS_TOKEN,
            # A system is named by its address (RFC 8707) or by a name of its own.
            "resource" if "://" in wanted.audience else "audience": wanted.audience,
            "scope": " ".join(wanted.scope),
        }
        try:
            answer = await self._http.post(
                server.token_url, data=form, auth=httpx2.BasicAuth(server.client_id, server.client_secret)
            )
        except (httpx2.HTTPError, ResponseTooLong, OSError) as error:
            raise NotSent(f"the authorization server gives no answer ({type(error).__name__})") from None
        if answer.status_code != HTTPStatus.OK:
            _refused(answer)
        return _read(answer, wanted)


def _refused(answer: httpx2.Response) -> NoReturn:
    try:
        code = answer.json().get("error")
    except (ValueError, AttributeError, RecursionError):
        code = None
    if isinstance(code, str) and code in REFUSALS:
        raise NotConnected(f"the authorization server gives no token for this user: {REFUSALS[code]}")
    raise NotSent(f"the authorization server answers with {answer.status_code}")


def _read(answer: httpx2.Response, wanted: UserToken) -> _Answer:
    try:
        given = _Answer.model_validate_json(answer.content)
    except ValidationError as error:
        where = ", ".join(sorted({str(item["loc"][0]) for item in error.errors(include_input=False) if item["loc"]}))
        raise NotConnected(f"the authorization server's answer is none of RFC 8693 ({where or 'not JSON'})") from None
    if given.scope is not None and {*given.scope.split()} != {*wanted.scope}:
        raise NotConnected(f"the authorization server gives another scope than {' '.join(wanted.scope)!r}")
    return given


class UserAuth(httpx2.Auth):
    """Puts the user's token on each request of a client. Never shows it."""

    def __init__(self, exchange: TokenExchange, asking: Asking, wanted: UserToken) -> None:
        self._exchange = exchange
        self._asking = asking
        self._wanted = wanted

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        token = await self._exchange.token(self._asking, self._wanted)
        if self._wanted.once:
            self._exchange.forget(self._asking, self._wanted)
        request.headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        response = yield request
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            # Never sent again from here: whether a request may be sent twice is for the outbox to know.
            self._exchange.forget(self._asking, self._wanted)

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        raise RuntimeError("a user's token is for an asynchronous client")


async def user_auth(call: CallContext, wanted: UserToken) -> UserAuth:
    """What lets a request speak for the user who asks in this call; the token is there when it returns.

    Raises :class:`~tools.errors.NotConnected` where this worker gets none, and :class:`~tools.errors.NotSent` when
    trying again may help: nothing has gone to the system yet.
    """
    if call.claims is None:
        raise NotConnected(
            "the system is asked with the user's own token, and no verified capability names a user here"
        )
    exchange, asking = call.outside.reach(TokenExchange), Asking(call.claims, call.action_id, call.key)
    await exchange.token(asking, wanted)
    return UserAuth(exchange, asking, wanted)
