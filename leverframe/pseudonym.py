import hashlib
import hmac
import re

from leverframe.errors import InvalidRequest

PSEUDONYM_LENGTH = 16
"""Hex characters (64 bits): enough to tell a business's users apart, too few to be mistaken for a proof."""

KEY_LENGTH = 16
"""Least length of the key in bytes; with a shorter one the pseudonyms could be guessed."""

PSEUDONYM = re.compile(r"[0-9a-f]{16}")
ACTION_ID = re.compile(
    r"[a-z][a-z0-9_]{0,127}-(?P<pseudonym>[0-9a-f]{16})-[0-9a-f]{12}(?:/[0-9]+)*(?:/case|/people|/feedback/[0-9])?"
)
"""An action's id, of an action which it started (``{id}/{number}``), or of the case or the feedback about either."""


def subject_of(action_id: str) -> str | None:
    """The pseudonym of the user whom an action is about; ``None`` for what is no action's id."""
    found = ACTION_ID.fullmatch(action_id)
    return found["pseudonym"] if found else None


class Pseudonyms:
    """Keyed names: whoever lacks the key can neither read a user out of an id nor guess one in."""

    def __init__(self, key: str | bytes) -> None:
        """Raises InvalidRequest when the key is shorter than 16 bytes."""
        self._key = key.encode() if isinstance(key, str) else key
        if len(self._key) < KEY_LENGTH:
            raise InvalidRequest(f"pseudonym key: expected at least {KEY_LENGTH} bytes, got {len(self._key)}")

    def of(self, subject: str) -> str:
        """The pseudonym of a user: 16 hex characters of HMAC-SHA256."""
        return self._hmac("subject", subject)[:PSEUDONYM_LENGTH]

    def action_id(self, action: str, subject: str, request_id: str) -> str:
        """The id of an action: the same request of the same user always has the same one."""
        return f"{action}-{self.of(subject)}-{self._hmac('request', subject, request_id)[:12]}"

    def fingerprint(self, text: str) -> str:
        """Tells whether two requests ask the same, without showing what."""
        return self._hmac("fingerprint", text)

    def _hmac(self, *parts: str) -> str:
        return hmac.new(self._key, "\x1f".join(parts).encode(), hashlib.sha256).hexdigest()
