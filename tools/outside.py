"""Systems outside the database: what a tool may reach of them, and how a request to one becomes part of a plan."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Protocol, TypeVar, runtime_checkable

from leverframe.call_timeouts import ATTEMPT
from leverframe.contracts.plan import Asking, Credential, Row, RowChange
from tools.errors import Ahead, NotConnected, Unreachable


class System(Protocol):
    """A client of a system outside."""

    MISSING: ClassVar[str]
    """What is told where a worker was given no access to it; names the setting."""


Client = TypeVar("Client", bound=System)


@runtime_checkable
class Finds(Protocol):
    """A client that can be asked what became of a request, without sending it."""

    SERVICES: ClassVar[frozenset[str]]
    """The services that it answers for."""

    async def find(self, sent: "Sending") -> "Answer | None":
        """Its own result of the request, as it stands there now; ``None`` where there is none.

        Raises :class:`~tools.errors.Unreachable`, and :class:`~tools.errors.NotConnected` where only its user may ask.
        """


class Outside:
    """The systems outside that this worker can reach."""

    def __init__(self, *systems: System) -> None:
        self._systems = systems

    def reach(self, system: type[Client]) -> Client:
        """The client of that type; raises :class:`~tools.errors.NotConnected` where the worker was given none."""
        for one in self._systems:
            if isinstance(one, system):
                return one
        raise NotConnected(system.MISSING)

    def finder(self, service: str) -> Finds | None:
        """Who can be asked what became of a request to that service; ``None`` where nobody can."""
        return next((one for one in self._systems if isinstance(one, Finds) and service in one.SERVICES), None)


class _Later(Outside):
    def reach(self, system: type[Client]) -> Client:
        raise Ahead(f"{system.__name__} is not asked ahead")


NOTHING = Outside()
"""No access to anything outside."""
LATER = _Later()
"""For what may come to nothing: raises :class:`~tools.errors.Ahead` instead of reaching anything."""


Find = Callable[[Outside, "Sending"], Awaitable["Answer | None"]]
"""Reads what has become of a request, without sending it: ``None`` where it has not happened, as far as can be seen.

Raises :class:`~tools.errors.Unreachable`, :class:`~tools.errors.NotKnown` where what stands there tells nothing, and
:class:`~tools.errors.NotLooked` where whoever asks may not look."""


@dataclass(frozen=True)
class ExternalRequest:
    """What a call asks of a system outside, as the plan shows it to people: the same in each preview and try."""

    service: str
    """Whose, and what: for example ``post.letters``."""
    key: Row
    """What it is about there."""
    after: Row | None
    """What is asked for: what will stand there; ``None`` where nothing will."""
    _: KW_ONLY
    before: Row | None = None
    """What stands there now; ``None`` where something new comes to be."""
    credential: Credential
    """With whose rights it goes; people are told."""
    safeguard: str
    """What keeps it from undoing what somebody else changes meanwhile, in words, or that nothing does."""

    def change(self) -> RowChange:
        """The request as part of a plan."""
        asking = Asking(credential=self.credential, safeguard=self.safeguard)
        return RowChange(table=self.service, key=self.key, before=self.before, after=self.after, asking=asking)


@dataclass(frozen=True)
class Sending:
    """A request that leaves: its row stands in the outbox, whatever becomes of this try."""

    key: str
    """Idempotency key: the same for each try, and of no other request."""
    asked: RowChange
    """As the approved plan has it."""
    tries: int
    """How many there are, with this one."""
    first_sent_at: datetime
    last_sent_at: datetime
    """When the try before this one was made; the first one's own time."""
    again: bool = False
    """Whether an earlier try may have brought it about already."""


@dataclass(frozen=True)
class Answer:
    """What a system outside said to a request."""

    told: Row
    """Its receipt, for the ledger: an id, a status, a version; never anything of a person."""
    carried_out: bool = True
    """``False``: it has taken the request, and what comes of it is not known yet, or is no good."""


Look = Callable[[], Awaitable[ExternalRequest]]
"""Reads what stands outside now, and says what is asked. Raises :class:`~tools.errors.ToolRefused` where that cannot be
asked, and :class:`~tools.errors.Unreachable`."""

Perform = Callable[[Sending], Awaitable[Answer]]
"""Sends a request, and returns what the system answered. ``again``, it is sent with the same key, where the system
knows what such a key means, or only once its own earlier result was looked for in vain.

Raises :class:`~tools.errors.ToolRefused` when it says no for good and nothing has happened there by this try or an
earlier one, as :class:`~tools.errors.Moved` when something else stands there than was approved;
:class:`~tools.errors.Unreachable` when another try may bring an answer, as :class:`~tools.errors.NotSent` when this one
has not left; and :class:`~tools.errors.NotKnown` when no try will."""


@asynccontextmanager
async def one_attempt(lasts: timedelta = ATTEMPT) -> AsyncIterator[None]:
    """Give up when a try takes longer, once it has the action's lock: raises :class:`~tools.errors.Unreachable`."""
    try:
        async with asyncio.timeout(lasts.total_seconds()) as limit:
            yield
    except TimeoutError:
        if limit.expired():
            raise Unreachable(f"the call took longer than {lasts.total_seconds():.0f} s") from None
        raise
