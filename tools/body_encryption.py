"""Ledger bodies about a person, sealed under that person's key.

Of a sealed effect the ledger shows a salted hash for each change, with which the database can insist that what is
committed is recorded, and the digest of its plan, with which the record of decisions is kept anyway. The salt lies
within: without the key, nobody can try out what a hash may stand for.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from leverframe.encryption import seal, unseal
from leverframe.errors import KeyUnknown, Undecryptable
from leverframe.pseudonym import PSEUDONYM, subject_of
from leverframe.subject_keys import SubjectKeys

Body = dict[str, JsonValue]
SALT_LENGTH = 16
"""Bytes: as much as nobody can try out."""
_UNESCAPED = json.JSONEncoder(ensure_ascii=False)


@dataclass(frozen=True)
class Sealed:
    """A body as it is stored, and the salt of its changes if it tells of an effect."""

    body: Body
    salt: str | None = None


class Bodies:
    """Seals and opens the ledger's bodies; without keys, everything is written in plain text."""

    def __init__(self, people: SubjectKeys | None) -> None:
        self._people = people

    async def seal(self, action_id: str, key: str, kind: str, body: Body) -> Sealed:
        """The body as the ledger stores it; raises KeyDestroyed or KeyServiceUnreachable."""
        pseudonym = subject_of(action_id)
        if self._people is None or pseudonym is None:
            return Sealed(body)
        salt = secrets.token_hex(SALT_LENGTH)
        plain = json.dumps({"body": body, "salt": salt}).encode()
        sealed = seal(await self._people.to_write(pseudonym), plain, _place(action_id, key, kind))
        stored: Body = {"key": pseudonym, "sealed": base64.b64encode(sealed).decode()}
        return Sealed(stored | shown(kind, body, salt), salt if kind == "effect" else None)

    async def unseal(self, action_id: str, key: str, kind: str, stored: Body) -> Body:
        """What was recorded; raises Undecryptable (KeyDestroyed, KeyUnknown) or KeyServiceUnreachable."""
        if not is_sealed(stored):
            return stored
        if self._people is None:
            raise KeyUnknown("the ledger's bodies are sealed, and there is no key service to open them")
        person = await self._people.to_read(str(stored["key"]))
        what = f"entry {key!r} of {action_id}"
        try:
            data = base64.b64decode(str(stored["sealed"]), validate=True)
        except ValueError:
            raise Undecryptable(f"{what} was changed since it was encrypted") from None
        plain = json.loads(unseal(person, data, _place(action_id, key, kind), what).decode())
        body: Body = plain["body"]
        if {name: value for name, value in stored.items() if name not in ("key", "sealed")} != shown(
            kind, body, plain["salt"]
        ):
            raise Undecryptable(f"{what} shows other changes than it holds")
        return body


def is_sealed(stored: Body) -> bool:
    """Whether a stored body is a sealed one."""
    return "sealed" in stored and isinstance(name := stored.get("key"), str) and bool(PSEUDONYM.fullmatch(name))


def shown(kind: str, body: Body, salt: str) -> Body:
    """What a sealed body shows of itself: of an effect, its plan's digest and a seal of each change."""
    changes = body.get("changes")
    if kind != "effect":
        return {}
    return {"plan": body.get("plan"), "changes": [change_seal(salt, change) for change in _items(changes)]}


def change_seal(salt: str, change: JsonValue) -> str:
    """SHA-256 in hex of the salt and the change as text, as ``leverframe.seal`` in the database computes it."""
    return hashlib.sha256((salt + jsonb_text(change)).encode()).hexdigest()


def jsonb_text(value: JsonValue) -> str:
    """JSON as PostgreSQL writes ``jsonb``: shorter names first, then by bytes."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: (len(name.encode()), name.encode()))
        return "{" + ", ".join(f"{jsonb_text(name)}: {jsonb_text(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(jsonb_text, value)) + "]"
    return _UNESCAPED.encode(value)


def _items(changes: JsonValue) -> Sequence[JsonValue]:
    return changes if isinstance(changes, list) else ()


def _place(action_id: str, key: str, kind: str) -> bytes:
    """Where a body belongs: moved to another entry, it does not open."""
    return "\x1f".join(("ledger", action_id, key, kind)).encode()
