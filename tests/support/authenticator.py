"""A passkey in software: what a browser and its device make of a challenge, and every way to get it wrong."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from leverframe.contracts.decision import AnyChoice, PasskeySignature
from leverframe.passkeys import Passkey, challenge, padless, unpadded

SITE = "https://desk.example.com"
PRESENT_AND_VERIFIED = 0x05


@dataclass
class Authenticator:
    id: str = "b2xnYQ"
    site: str = SITE
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def passkey(self) -> Passkey:
        public = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return Passkey(id=self.id, key=padless(public), site=self.site)

    def sign(
        self,
        asked: bytes,
        *,
        until: str = "",
        origin: str | None = None,
        host: str | None = None,
        flags: int = PRESENT_AND_VERIFIED,
        kind: str = "webauthn.get",
        **more: object,
    ) -> PasskeySignature:
        """The assertion; ``more`` are further members of the browser's data."""
        said = {"type": kind, "challenge": padless(asked), "origin": origin or self.site, "crossOrigin": False, **more}
        client = json.dumps(said).encode()
        name = host or self.site.split("//")[1].split(":")[0]
        data = hashlib.sha256(name.encode()).digest() + bytes([flags]) + bytes(4)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return PasskeySignature(
            id=self.id,
            client_data=padless(client),
            authenticator_data=padless(data),
            signature=padless(signature),
            until=until,
        )

    def register(self, asked: bytes, origin: str | None = None) -> dict[str, Any]:
        """What a browser answers that was asked to make this passkey."""
        said = {"type": "webauthn.create", "challenge": padless(asked), "origin": origin or self.site}
        numbers = self.key.public_key().public_numbers()
        # COSE (RFC 9053): an EC2 key on P-256 for ES256.
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        id_ = unpadded(self.id)
        host = hashlib.sha256(self.site.split("//")[1].split(":")[0].encode()).digest()
        made = bytes([PRESENT_AND_VERIFIED | 0x40]) + bytes(4) + bytes(16) + len(id_).to_bytes(2) + id_
        data = host + made + cbor2.dumps(cose)
        attested = {"fmt": "none", "attStmt": {}, "authData": data}
        response = {
            "clientDataJSON": padless(json.dumps(said).encode()),
            "attestationObject": padless(cbor2.dumps(attested)),
        }
        return {"id": self.id, "rawId": self.id, "type": "public-key", "response": response}

    def decide(
        self,
        action_id: str,
        digest: str,
        choice: AnyChoice = "approve",
        amount: str | None = None,
        valid: timedelta = timedelta(minutes=10),
        **wrong: object,
    ) -> PasskeySignature:
        """Sign a decision; ``wrong`` as for :meth:`sign`."""
        until = (datetime.now(UTC) + valid).isoformat(timespec="seconds")
        asked = challenge(action_id=action_id, digest=digest, choice=choice, amount=amount, until=until)
        return self.sign(asked, until=until, **wrong)  # type: ignore[arg-type]
