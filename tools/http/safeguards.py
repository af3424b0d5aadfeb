"""What keeps a request from being carried out twice, and from undoing what somebody else changes meanwhile."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from tools.http.api import Endpoint


@dataclass(frozen=True)
class IdempotencyKey:
    """The system knows a request again by a key: it is sent again with the same."""

    header: str = "Idempotency-Key"
    busy: frozenset[int] = frozenset({409})
    """Statuses that mean that the first one is still being carried out."""


@dataclass(frozen=True)
class Repeatable:
    """Twice is the same as once, as with most ``PUT``; it is looked at before it is sent again."""


@dataclass(frozen=True)
class SentOnce:
    """Nothing lets the system know it again: it is sent once, and where no answer came a person must find out."""


@dataclass(frozen=True, kw_only=True)
class Marker(Endpoint):
    """Our own mark, which can be searched for: it is sent again only once it was not found.

    A hole ``{marker}`` in the path or query stands for the mark.
    """

    field: str
    """In which the request carries it, and what is found."""
    each: str
    """The list in the answer to the search."""
    settles: timedelta = timedelta(seconds=30)
    """For so long a request that was sent may still be on its way: before that, not found does not count."""


@dataclass(frozen=True)
class IfMatch:
    """The system refuses what rests on an old reading, by its ``ETag`` (RFC 9110, section 13.1.1)."""

    words: ClassVar[str] = "the system refuses it if anything has changed there meanwhile (ETag)"


@dataclass(frozen=True)
class VersionField:
    """The system refuses what rests on an old version, by a field that is read and sent back."""

    field: str = "version"

    @property
    def words(self) -> str:
        """For people."""
        return f"the system refuses it if anything has changed there meanwhile ({self.field})"


@dataclass(frozen=True)
class Compared:
    """The system has no way to refuse: what stands there is compared before it is sent."""

    words: ClassVar[str] = "compared just before it is sent; a change in that very moment would be overwritten"


Conflicts = IfMatch | VersionField | Compared
