"""Making a passkey: what the browser is asked for, and the public half of what it made. Pure."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import JsonValue
from webauthn import generate_registration_options, options_to_json, verify_registration_response
from webauthn.helpers import bytes_to_base64url, decode_credential_public_key
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.decode_credential_public_key import DecodedEC2PublicKey
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import AuthenticatorSelectionCriteria, ResidentKeyRequirement, UserVerificationRequirement

from leverframe.passkeys import Passkey, challenge_of, padless

ES256 = COSEAlgorithmIdentifier.ECDSA_SHA_256
"""The one algorithm: every device has it, and one is verified in one way."""


class NotRegistered(ValueError):
    """What the browser answered is no new passkey for this invitation; the message says what was expected."""


def asked(person: str, site: str, invitation: str) -> bytes:
    """The challenge of an invitation, which anybody who knows it can reckon: the desk and whoever takes the key in."""
    return challenge_of({"enrol": person, "site": site, "invitation": invitation})


def options(person: str, site: str, invitation: str) -> str:
    """What the browser is asked to make, as JSON."""
    made = generate_registration_options(
        rp_id=urlsplit(site).hostname or "",
        rp_name="Leverframe desk",
        user_name=person,
        challenge=asked(person, site, invitation),
        supported_pub_key_algs=[ES256],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    return options_to_json(made)


def registered(answer: Mapping[str, JsonValue], person: str, site: str, invitation: str) -> Passkey:
    """The passkey that the browser has made. Raises :class:`NotRegistered`."""
    try:
        found = verify_registration_response(
            credential=dict(answer),
            expected_challenge=asked(person, site, invitation),
            expected_rp_id=urlsplit(site).hostname or "",
            expected_origin=site,
            require_user_verification=True,
            supported_pub_key_algs=[ES256],
        )
        key = decode_credential_public_key(found.credential_public_key)
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotRegistered(f"expected a new passkey, made for this invitation at {site}: {error}") from None
    if not isinstance(key, DecodedEC2PublicKey):
        raise NotRegistered("expected a passkey with a key on P-256 (ES256)")
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(key.x), int.from_bytes(key.y), ec.SECP256R1())
    public = numbers.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Passkey(id=bytes_to_base64url(found.credential_id), key=padless(public), site=site)
