"""Decisions signed with an operator's passkey (WebAuthn level 3). Pure: public keys alone say whether one was.

The challenge that the device signs *is* the hash of what is decided, so that nobody between the device and the
approvals role can make another decision of it.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import Field, JsonValue, field_validator

from leverframe.contracts.base import Contract
from leverframe.contracts.decision import AnyChoice, PasskeySignature
from leverframe.digest import canonical

LONGEST = timedelta(hours=1)
"""How far ahead of its arrival a signed decision may expire: the page sets the moment, and not the person."""
PRESENT, VERIFIED = 0x01, 0x04
"""Flags of the authenticator data (section 6.1): somebody was there, and the device made sure that it was its owner."""
HEAD = 37
"""Bytes of authenticator data that every assertion has: the hash of the site's name, flags, and a counter."""


class Passkey(Contract):
    """The public half of a person's passkey."""

    id: str = Field(min_length=1, max_length=1400)
    """The credential's id, base64url."""
    key: str
    """The public key on P-256 as SubjectPublicKeyInfo (DER), base64url."""
    site: str
    """Origin of the desk that it was made for, such as ``https://desk.example.com``."""
    revoked: bool = False
    """Whether it decides nothing any more; what it has signed before can still be verified."""

    @field_validator("key")
    @classmethod
    def _is_key(cls, key: str) -> str:
        _public(key)
        return key

    @field_validator("site")
    @classmethod
    def _is_origin(cls, site: str) -> str:
        parts = urlsplit(site)
        if parts.scheme not in ("http", "https") or not parts.hostname or f"{parts.scheme}://{parts.netloc}" != site:
            raise ValueError("expected an origin such as 'https://desk.example.com'")
        return site

    @property
    def fingerprint(self) -> str:
        """What two people compare to be sure of the key: 80 bits of its SHA-256."""
        text = hashlib.sha256(unpadded(self.key)).hexdigest()[:20]
        return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def _public(key: str) -> ec.EllipticCurvePublicKey:
    try:
        public = serialization.load_der_public_key(unpadded(key))
    except ValueError:
        public = None
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        raise ValueError("expected a public key on P-256 (ES256): SubjectPublicKeyInfo in base64url")
    return public


def challenge(*, action_id: str, digest: str, choice: AnyChoice, amount: str | None, until: str) -> bytes:
    """What the device signs: SHA-256 over the canonical JSON of a decision.

    Of an act that decides nothing, ``amount`` is :func:`~leverframe.contracts.decision.about` the rest of it.
    """
    return challenge_of(
        {"action": action_id, "digest": digest, "choice": choice, "amount": amount or "", "until": until}
    )


def challenge_of(facts: Mapping[str, JsonValue]) -> bytes:
    """SHA-256 over canonical JSON."""
    return hashlib.sha256(canonical(dict(facts))).digest()


def decided_by(
    signed: PasskeySignature,
    passkey: Passkey,
    *,
    action_id: str,
    digest: str,
    choice: AnyChoice,
    amount: str | None,
    at: datetime,
) -> bool:
    """Whether the passkey's owner has signed exactly this decision, still valid at that moment (aware).

    That it counts only once is for the record of decisions to see: a person decides on a plan once, and each time that
    a plan is shown it has another digest.
    """
    try:
        until = datetime.fromisoformat(signed.until)
        in_time = at <= until <= at + LONGEST
    except (ValueError, TypeError):  # No moment, or one without a time zone.
        return False
    asked = challenge(action_id=action_id, digest=digest, choice=choice, amount=amount, until=signed.until)
    return in_time and asserted(signed, passkey, asked)


def asserted(signed: PasskeySignature, passkey: Passkey, challenge: bytes) -> bool:
    """Whether the device that holds the passkey has signed the challenge at its site, once it knew its owner.

    The steps of section 7.2 that need no state. The counter is not looked at: synced passkeys leave it at 0.
    """
    if signed.id != passkey.id:
        return False
    try:
        client_data, data = unpadded(signed.client_data), unpadded(signed.authenticator_data)
        client = json.loads(client_data)
        _public(passkey.key).verify(
            unpadded(signed.signature), data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256())
        )
    except (ValueError, InvalidSignature, RecursionError):
        return False
    if len(data) < HEAD or data[:32] != hashlib.sha256(_host(passkey.site)).digest():
        return False
    return bool(data[32] & PRESENT and data[32] & VERIFIED) and _says(client, passkey.site, challenge)


def _says(client: JsonValue, site: str, challenge: bytes) -> bool:
    """Whether the browser's data (which may hold more) are of this challenge at this site, in no other's frame."""
    return (
        isinstance(client, dict)
        and client.get("type") == "webauthn.get"
        and client.get("challenge") == padless(challenge)
        and client.get("origin") == site
        and client.get("crossOrigin") in (None, False)
    )


def _host(site: str) -> bytes:
    return (urlsplit(site).hostname or "").encode()


def padless(value: bytes) -> str:
    """Base64url without padding, as WebAuthn writes bytes."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def unpadded(text: str) -> bytes:
    """The bytes; raises ``ValueError`` for what is no base64url without padding."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
