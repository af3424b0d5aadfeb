"""Who is signed in to the desk. Held in memory: whoever restarts the desk signs everybody out."""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LASTS = timedelta(hours=1)
"""How long somebody stays signed in: long enough to read, and a decision is signed anew in any case."""
SIGNING_IN = timedelta(minutes=5)
MOST = 10_000
"""Sessions, and challenges that were used: the oldest go first, so that nobody can fill the memory."""
OWN = 10
"""Sessions of one person: who signs in once more ends their oldest one, and nobody else's."""


@dataclass(frozen=True)
class Held:
    """What is known under a secret, and until when."""

    what: str
    until: datetime


class Keeping(OrderedDict[str, Held]):
    """At most :data:`MOST`."""

    def put(self, secret: str, what: str, lasts: timedelta) -> None:
        """Keep something under a secret."""
        self[secret] = Held(what, datetime.now(UTC) + lasts)
        while len(self) > MOST:
            self.popitem(last=False)

    def found(self, secret: str) -> str | None:
        """What is kept under it, if its time is not over."""
        one = self.get(secret)
        return one.what if one is not None and datetime.now(UTC) <= one.until else None


class Sessions:
    """Challenges to sign in with, each used once, and those who have.

    A challenge carries its own proof, and only one that was used is kept: nobody who asks for many can push out
    another's. Nor can whoever signs in often: each person has :data:`OWN` sessions.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._used, self._people = Keeping(), Keeping()

    def challenge(self) -> str:
        """A new challenge: text whose bytes are signed."""
        until = datetime.now(UTC) + SIGNING_IN
        given = f"{secrets.token_urlsafe(32)}.{int(until.timestamp())}"
        return f"{given}.{self._proof(given)}"

    def holds(self, challenge: str) -> bool:
        """Whether it is one that was given, is not too old, and was not used yet."""
        given, _, proof = challenge.rpartition(".")
        until = given.rpartition(".")[2]
        if not hmac.compare_digest(proof.encode(errors="replace"), self._proof(given).encode()):
            return False
        return datetime.now(UTC).timestamp() <= int(until) and challenge not in self._used

    def use(self, challenge: str) -> None:
        """It was signed by somebody's passkey, and counts no more."""
        self._used.put(challenge, "", SIGNING_IN)

    def begin(self, person: str) -> str:
        """Sign somebody in; returns the cookie's value."""
        own = [secret for secret, held in self._people.items() if held.what == person]
        for secret in own[: max(0, len(own) - OWN + 1)]:
            del self._people[secret]
        secret = secrets.token_urlsafe(32)
        self._people.put(secret, person, LASTS)
        return secret

    def person(self, cookie: str) -> str | None:
        """Who is signed in with this cookie."""
        return self._people.found(cookie)

    def end(self, cookie: str) -> None:
        """Sign out."""
        self._people.pop(cookie, None)

    def _proof(self, given: str) -> str:
        return hmac.new(self._key, given.encode(errors="replace"), hashlib.sha256).hexdigest()
