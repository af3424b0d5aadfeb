"""Who is signed in to the desk. Held in memory: whoever restarts the desk signs everybody out."""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

LASTS = timedelta(hours=1)
"""How long somebody stays signed in: long enough to read, and a decision is signed anew in any case."""
SIGNING_IN = timedelta(minutes=5)
MOST = 10_000
"""Sessions, and challenges that were used: the oldest go first, so that nobody can fill the memory."""
OWN = 10
"""Sessions of one person: who signs in once more ends their oldest one, and nobody else's."""


Kept = TypeVar("Kept")


@dataclass(frozen=True)
class SignedIn:
    """Who is signed in."""

    person: str
    mark: str
    """The id of the passkey, or the company's account, with which they did."""
    roles: frozenset[str] | None = None
    """The roles that the company's sign-in has left them; ``None`` for all that they have."""


class Keeping(OrderedDict[str, tuple[Kept, datetime]]):
    """At most :data:`MOST` things under secrets, each until its time is over."""

    def put(self, secret: str, what: Kept, lasts: timedelta) -> None:
        """Keep something under a secret."""
        self[secret] = (what, datetime.now(UTC) + lasts)
        while len(self) > MOST:
            self.popitem(last=False)

    def found(self, secret: str) -> Kept | None:
        """What is kept under it, if its time is not over."""
        what, until = self.get(secret, (None, None))
        return what if until is not None and datetime.now(UTC) <= until else None


class Sessions:
    """Challenges to sign in with, each used once, and those who have.

    A challenge carries its own proof, and only one that was used is kept: nobody who asks for many can push out
    another's. Nor can whoever signs in often: each person has :data:`OWN` sessions.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._used: Keeping[str] = Keeping()
        self._people: Keeping[SignedIn] = Keeping()

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

    def derived(self, challenge: str, use: str) -> str:
        """A secret of this challenge for one use: 64 hex characters that nobody but this desk can reckon."""
        return self._proof(f"{use} {challenge}")

    def begin(self, one: SignedIn) -> str:
        """Sign somebody in; returns the cookie's value."""
        own = [secret for secret, (held, _) in self._people.items() if held.person == one.person]
        for secret in own[: max(0, len(own) - OWN + 1)]:
            del self._people[secret]
        secret = secrets.token_urlsafe(32)
        self._people.put(secret, one, LASTS)
        return secret

    def signed_in(self, cookie: str) -> SignedIn | None:
        """Who is signed in with this cookie."""
        return self._people.found(cookie)

    def end(self, cookie: str) -> None:
        """Sign out."""
        self._people.pop(cookie, None)

    def _proof(self, given: str) -> str:
        return hmac.new(self._key, given.encode(errors="replace"), hashlib.sha256).hexdigest()
