"""The tools role's own keys, with which it vouches to a company's authorization server for whom it asks (ES256)."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from cryptography.hazmat.primitives.asymmetric import ec

from leverframe.errors import InvalidKeys
from leverframe.keys import FORM, parse_ring

PREFIX = "es256-private/"
ALGORITHM = "ES256"


class AssertionKeys:
    """Private keys (P-256) by number, the newest first. Never shown: neither ``repr`` nor an error quotes them."""

    def __init__(self, keys: Mapping[int, ec.EllipticCurvePrivateKey]) -> None:
        self._keys = dict(keys)
        if not self._keys:
            raise InvalidKeys(f"no key was given; {FORM}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2:es256-private/<64 hex characters>,1:…``; raises InvalidKeys."""
        try:
            return cls({number: _read(key) for number, key in parse_ring(text).items()})
        except ValueError:
            raise InvalidKeys(f"a key of the tools role could not be read; {FORM}") from None

    @property
    def newest(self) -> tuple[str, ec.EllipticCurvePrivateKey]:
        """The key that signs, and the id under which its public half is published."""
        key = next(iter(self._keys.values()))
        return _public(key)["kid"], key

    @property
    def jwks(self) -> str:
        """The public halves as a JWK set (RFC 7517), for the company's authorization server."""
        return json.dumps({"keys": [_public(key) for key in self._keys.values()]}, indent=2)

    def __repr__(self) -> str:
        return f"AssertionKeys({', '.join(map(str, self._keys))})"


@dataclass(frozen=True)
class AuthorizationServer:
    """The company's authorization server, and as whom Leverframe asks there."""

    token_url: str
    issuer: str
    """To whom assertions are addressed."""
    client_id: str
    client_secret: str = field(repr=False)


def new_assertion_key() -> str:
    """A new private key, in text."""
    return f"{PREFIX}{ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value:064x}"


def _read(text: str) -> ec.EllipticCurvePrivateKey:
    digits = text.removeprefix(PREFIX)
    if digits == text or len(digits) != 64:
        raise ValueError(PREFIX)
    return ec.derive_private_key(int.from_bytes(bytes.fromhex(digits)), ec.SECP256R1())


def _public(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    at = key.public_key().public_numbers()
    # In this order, which is that of its thumbprint (RFC 7638).
    point = {"crv": "P-256", "kty": "EC", "x": _base64(at.x.to_bytes(32)), "y": _base64(at.y.to_bytes(32))}
    thumbprint = hashlib.sha256(json.dumps(point, separators=(",", ":")).encode()).digest()
    return point | {"alg": ALGORITHM, "use": "sig", "kid": _base64(thumbprint)}


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
