"""Who is signed in to the desk. Held in memory: whoever restarts the desk signs everybody out."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LASTS = timedelta(hours=1)
"""How long somebody stays signed in: long enough to read, and a decision is signed anew in any case."""
SIGNING_IN = timedelta(minutes=5)
MOST = 10_000
"""Sessions, and challenges that wait for an answer: the oldest go first, so that nobody can fill the memory."""


@dataclass(frozen=True)
class Kept:
    """What is known under a secret, and until when."""

    what: str
    until: datetime


class Keeping(OrderedDict[str, Kept]):
    """At most :data:`MOST`."""

    def keep(self, what: str, lasts: timedelta) -> str:
        """Keep something; returns the secret under which it is found."""
        secret = secrets.token_urlsafe(32)
        self[secret] = Kept(what, datetime.now(UTC) + lasts)
        while len(self) > MOST:
            self.popitem(last=False)
        return secret

    def found(self, secret: str) -> str | None:
        """What is kept under it, if its time is not over."""
        one = self.get(secret)
        return one.what if one is not None and datetime.now(UTC) <= one.until else None


class Sessions:
    """Challenges to sign in with, each used once, and those who have."""

    def __init__(self) -> None:
        self._asked, self._people = Keeping(), Keeping()

    def challenge(self) -> str:
        """A new challenge: text whose bytes are signed."""
        return self._asked.keep("", SIGNING_IN)

    def use(self, challenge: str) -> bool:
        """Whether it is one that was given and not used yet; it is used now."""
        asked = self._asked.found(challenge) is not None
        self._asked.pop(challenge, None)
        return asked

    def begin(self, person: str) -> str:
        """Sign somebody in; returns the cookie's value."""
        return self._people.keep(person, LASTS)

    def person(self, cookie: str) -> str | None:
        """Who is signed in with this cookie."""
        return self._people.found(cookie)

    def end(self, cookie: str) -> None:
        """Sign out."""
        self._people.pop(cookie, None)
