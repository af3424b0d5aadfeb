"""What a company's sign-in says of somebody: the ID token (OpenID Connect Core 1.0, 3.1.3.7)."""

from collections.abc import Mapping

import jwt

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures only (RFC 8725, section 3.1): with HMAC a public key could be used as the secret."""
LEEWAY = 30.0
"""Seconds that the provider's clock and this one may differ."""
NEEDED = ("iss", "sub", "aud", "exp", "iat", "nonce")


class NotProven(Exception):
    """It is not said, or not by whoever may say it, who somebody is; quotes no token."""


def proven(token: str, keys: object, *, issuer: str, client_id: str, nonce: str) -> Mapping[str, object]:
    """The claims of a token that this provider made for this client, for this one sign-in, and that holds now.

    ``keys`` is the provider's JWK set. Raises :class:`NotProven`.
    """
    try:
        named = jwt.get_unverified_header(token).get("kid")
        known = jwt.PyJWKSet.from_dict(keys if isinstance(keys, dict) else {})
        (key,) = [one for one in known if one.public_key_use in (None, "sig") and named in (None, one.key_id)]
        claims: dict[str, object] = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            audience=client_id,
            issuer=issuer,
            leeway=LEEWAY,
            options={"require": list(NEEDED)},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise NotProven(f"Your company's sign-in sent nothing that counts here ({type(error).__name__}).") from None
    if claims["nonce"] != nonce or claims.get("azp", client_id) != client_id:
        raise NotProven("Your company's sign-in sent what was meant for another sign-in or another program.")
    return claims


def account_of(claims: Mapping[str, object], claim: str) -> str:
    """What the company calls them. Raises :class:`NotProven`; an e-mail address counts once it was verified."""
    found = claims.get(claim)
    if not isinstance(found, str) or not found:
        raise NotProven(f"Your company's sign-in does not say who you are: its claim {claim!r} is missing.")
    if claim == "email" and claims.get("email_verified") is not True:
        raise NotProven("Your company's sign-in has not verified your e-mail address.")
    return found


def roles_of(claims: Mapping[str, object], claim: str, names: Mapping[str, str]) -> frozenset[str]:
    """The roles that a claim gives: a list or words, each a role or (where there are ``names``) a name for one."""
    value = claims.get(claim)
    found = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    told = [one for one in found if isinstance(one, str)]
    return frozenset(names[one] for one in told if one in names) if names else frozenset(told)
