"""Asks the key service over HTTP; the standard library does, since services install this."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from http.client import HTTPException
from typing import Annotated, TypeVar

from pydantic import ConfigDict, Field

from leverframe.contracts.base import Contract
from leverframe.errors import InvalidKeys, KeyServiceUnreachable
from leverframe.keys import PAYLOAD_KEY_LENGTH
from leverframe.pseudonym import PSEUDONYM
from leverframe.subject_keys import MOST_ASKED, KeyState, SubjectKey

TIMEOUT = 5.0
"""Seconds for one request."""
PAUSES = (0.1, 0.5)
"""Seconds before asking again a service that does not answer: it may just be starting anew."""

AWAY = "the key service at"
"""What the text of each KeyServiceUnreachable says, also where another process has raised it."""

Answer = TypeVar("Answer")


class _Answer(Contract):
    # A newer service may say more than is known here.
    model_config = ConfigDict(extra="ignore")


class KeyAnswer(_Answer):
    """What the key service says of a person's key."""

    state: KeyState
    key: str | None = Field(default=None, repr=False)
    """In hex."""


class ManyAsked(Contract):
    """Whose keys somebody wants to have at once."""

    pseudonyms: tuple[Annotated[str, Field(pattern=f"^{PSEUDONYM.pattern}$")], ...] = Field(
        min_length=1, max_length=MOST_ASKED
    )


class ManyAnswer(_Answer):
    """What the key service says of them."""

    keys: dict[str, KeyAnswer]
    """By pseudonym; without those that do not open."""


class KeyService:
    """The people's keys, held by ``python -m worker keyservice``. Never shows its token."""

    def __init__(self, url: str, token: str, timeout: float = TIMEOUT) -> None:
        """Raises InvalidKeys when the address is not one of HTTP or the token is empty."""
        if not url.startswith(("http://", "https://")) or not token:
            raise InvalidKeys("the key service needs its address (http://... or https://...) and its token")
        self.url = url.rstrip("/")
        self._token = token
        self._timeout = timeout
        # Without the environment's proxies: they have no business with keys.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    async def find(self, pseudonym: str) -> SubjectKey:
        """The person's key as it stands."""
        return await self._one("GET", pseudonym)

    async def find_many(self, pseudonyms: Sequence[str]) -> Mapping[str, SubjectKey]:
        """Several people's keys as they stand, without those of which only :meth:`find` can say more."""
        asked = ManyAsked(pseudonyms=tuple(pseudonyms)).model_dump_json().encode()

        def read(answer: bytes) -> Mapping[str, SubjectKey]:
            keys = ManyAnswer.model_validate_json(answer).keys
            if not keys.keys() <= {*pseudonyms}:
                raise ValueError("it tells of others than were asked for")
            return {pseudonym: _read(key) for pseudonym, key in keys.items()}

        return await self._ask("POST", "/keys", read, asked)

    async def ensure(self, pseudonym: str) -> SubjectKey:
        """The person's key, made now if there was none."""
        return await self._one("PUT", pseudonym)

    async def _one(self, method: str, pseudonym: str) -> SubjectKey:
        return await self._ask(method, f"/keys/{pseudonym}", lambda text: _read(KeyAnswer.model_validate_json(text)))

    async def _ask(self, method: str, path: str, read: Callable[[bytes], Answer], body: bytes | None = None) -> Answer:
        for pause in PAUSES:
            try:
                return await asyncio.to_thread(self._once, method, path, read, body)
            except KeyServiceUnreachable:
                await asyncio.sleep(pause)
        return await asyncio.to_thread(self._once, method, path, read, body)

    def _once(self, method: str, path: str, read: Callable[[bytes], Answer], body: bytes | None) -> Answer:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
            self.url + path, body, headers, method=method
        )
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                return read(response.read())
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == HTTPStatus.UNAUTHORIZED:
                raise InvalidKeys("the key service does not accept this token (LEVERFRAME_KEY_SERVICE_TOKEN)") from None
            raise KeyServiceUnreachable(f"{AWAY} {self.url} answers with {error.code}") from None
        except (OSError, HTTPException, ValueError) as error:
            # OSError: refused, timed out, no such host. Without its own words beyond the kind: they may quote a header.
            raise KeyServiceUnreachable(f"{AWAY} {self.url} does not answer ({type(error).__name__})") from None


def _read(found: KeyAnswer) -> SubjectKey:
    """Raises ``ValueError`` for what no key service answers."""
    key = bytes.fromhex(found.key) if found.key else None
    usable = found.state in ("active", "doomed")
    if usable != (key is not None) or (key is not None and len(key) != PAYLOAD_KEY_LENGTH):
        raise ValueError("no answer of a key service")
    return SubjectKey(found.state, key)
