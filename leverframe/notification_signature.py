"""Signed notifications, after the Standard Webhooks specification (https://www.standardwebhooks.com): both sides.

What is signed is ``{webhook-id}.{webhook-timestamp}.{body}``, with HMAC-SHA256.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError

from leverframe.contracts.notification import Notification
from leverframe.errors import InvalidKeys, NotificationRefused

TOLERANCE = timedelta(minutes=5)
"""How old a signature may be, as the specification recommends."""
PREFIX = "whsec_"
VERSION = "v1"
FORM = (
    f"expected '{PREFIX}' and 24 to 64 random bytes in base64, as 'python -m worker keys new' writes it; "
    "several with spaces between, the newest first"
)


def parse_secrets(text: str) -> tuple[bytes, ...]:
    """The keys of one or more signing secrets, the newest first; raises InvalidKeys, which quotes none."""
    found = tuple(_key(secret) for secret in text.split())
    if not found:
        raise InvalidKeys(f"no signing secret was given; {FORM}")
    return found


def _key(secret: str) -> bytes:
    encoded = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not 24 <= len(key) <= 64:
        raise InvalidKeys(f"a signing secret could not be read; {FORM}")
    return key


def signed_headers(secrets: str, message_id: str, body: bytes, at: datetime) -> dict[str, str]:
    """The headers of a message that is sent at that moment (aware), signed with each of the secrets."""
    timestamp = str(int(at.timestamp()))
    signatures = [
        f"{VERSION},{base64.b64encode(_signature(key, message_id, timestamp, body)).decode()}"
        for key in parse_secrets(secrets)
    ]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def verify_notification(
    body: bytes,
    headers: Mapping[str, str],
    secrets: str,
    *,
    now: datetime | None = None,
    tolerance: timedelta = TOLERANCE,
) -> Notification:
    """The notification in a request to the webhook, once it is established that Leverframe sent it just now.

    ``body`` is the request's, byte for byte. ``secrets`` is the webhook's signing secret (``whsec_…``); while it is
    exchanged, several with spaces between. A message may come more than once: drop those whose header ``webhook-id``
    has been seen already.

    Raises:
        NotificationRefused: answer 400, and believe nothing of it.
        InvalidKeys: when a secret cannot be read; the message does not quote it.
    """
    keys = parse_secrets(secrets)
    given = {name.lower(): value for name, value in headers.items()}
    message_id, timestamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not (message_id and message_id.isascii() and timestamp) or "webhook-signature" not in given:
        raise NotificationRefused("expected the headers webhook-id, webhook-timestamp and webhook-signature")
    _in_time(timestamp, now or datetime.now(UTC), tolerance)
    expected = [_signature(key, message_id, timestamp, body) for key in keys]
    signatures = [_decoded(part) for part in given["webhook-signature"].split()]
    if not any(hmac.compare_digest(right, signature) for right in expected for signature in signatures):
        raise NotificationRefused("it is not signed with this webhook's secret, or was changed since")
    try:
        return Notification.model_validate_json(body)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, item["loc"])) or "body" for item in error.errors())
        raise NotificationRefused(f"it is signed, but no notification that is known here: look at {wrong}") from None


def _in_time(timestamp: str, now: datetime, tolerance: timedelta) -> None:
    if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
        raise NotificationRefused("webhook-timestamp: expected seconds since 1970")
    if abs(now.timestamp() - int(timestamp)) > tolerance.total_seconds():
        raise NotificationRefused(
            f"it was signed more than {tolerance.total_seconds():.0f} seconds before or after now: an old one is sent "
            "again, or a clock is wrong"
        )


def _decoded(signature: str) -> bytes:
    """The bytes of a signature of the version that is known here, else none."""
    version, _, encoded = signature.partition(",")
    try:
        return base64.b64decode(encoded, validate=True) if version == VERSION else b""
    except (binascii.Error, ValueError):
        return b""


def _signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> bytes:
    return hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
