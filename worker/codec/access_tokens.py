"""Access tokens of an identity provider: who may see decoded payloads."""

import asyncio
from collections.abc import Mapping

import jwt
from jwt.exceptions import PyJWKClientConnectionError, PyJWKClientError, PyJWKSetError

from desk.web.id_token import ALGORITHMS, LEEWAY
from worker.settings.base import SettingsError

FETCH_TIMEOUT = 5.0
"""Seconds for the provider's key set, which is then kept for five minutes."""
ROLE_CLAIMS = ("roles", "permissions")
"""Where providers put roles; ``permissions`` is the one that Temporal's own claim mapper reads (``default:read``)."""


class TokenRefused(Exception):
    """The caller may not see payloads; ``status`` is 401 or 403. Quotes no token."""

    def __init__(self, message: str, status: int = 401) -> None:
        super().__init__(message)
        self.status = status


class KeysUnreachable(Exception):
    """The identity provider's keys could not be read, so no token can be checked."""


class AccessTokens:
    """Checks bearer tokens against a provider's published keys (JWKS), the audience, and a role if one is asked for."""

    def __init__(self, jwks_url: str, audience: str | None, role: str = "") -> None:
        if not audience:
            raise SettingsError(
                "LEVERFRAME_CODEC_AUDIENCE is missing: without it a token that the provider gave out for any other "
                "service would open the payloads too."
            )
        try:
            self._keys = jwt.PyJWKClient(jwks_url, timeout=FETCH_TIMEOUT)
        except PyJWKClientError:
            raise SettingsError("LEVERFRAME_CODEC_JWKS_URL cannot be used: it is not an http or https URL.") from None
        self._audience = audience
        self._role = role

    async def check(self, authorization: str | None) -> None:
        """Raises TokenRefused unless the header bears a good token, KeysUnreachable where nobody can tell."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise TokenRefused("An access token is needed; let the Temporal UI pass its user's (passAccessToken).")
        # In a thread: the library fetches the keys with a blocking call, once in a while.
        claims = await asyncio.to_thread(self._claims, token.strip())
        if self._role and self._role not in _roles(claims):
            raise TokenRefused(f"The access token is good, but does not give the role {self._role!r}.", 403)

    def _claims(self, token: str) -> Mapping[str, object]:
        try:
            key = self._keys.get_signing_key_from_jwt(token)
            return jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._audience,
                leeway=LEEWAY,
                options={"require": ["exp", "aud"]},
            )
        except (PyJWKClientConnectionError, PyJWKSetError) as error:
            raise KeysUnreachable(f"The identity provider's keys cannot be read: {error}") from None
        except jwt.ExpiredSignatureError:
            raise TokenRefused("The access token has expired; sign in to the Temporal UI again.") from None
        except jwt.InvalidAudienceError:
            raise TokenRefused(f"The access token is not for the audience {self._audience!r}.") from None
        except PyJWKClientError:
            raise TokenRefused("The access token is not signed by a key of the identity provider.") from None
        except (jwt.PyJWTError, ValueError) as error:
            raise TokenRefused(f"The access token cannot be used ({type(error).__name__}).") from None


def _roles(claims: Mapping[str, object]) -> set[str]:
    found: set[str] = set()
    for name in ROLE_CLAIMS:
        value = claims.get(name)
        found |= set(value.split()) if isinstance(value, str) else set()
        found |= {item for item in value if isinstance(item, str)} if isinstance(value, list) else set()
    return found
