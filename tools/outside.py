"""Systems outside the database: what a tool may reach of them, and how a request to one becomes part of a plan."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Protocol, TypeVar

from leverframe.contracts.plan import Row, RowChange
from leverframe.plan_size import ATTEMPT
from tools.errors import NotConnected, Unreachable


class System(Protocol):
    """A client of a system outside."""

    MISSING: ClassVar[str]
    """What is told where a worker was given no access to it; names the setting."""


Client = TypeVar("Client", bound=System)


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


NOTHING = Outside()
"""No access to anything outside."""


@dataclass(frozen=True)
class ExternalRequest:
    """What a call asks of a system outside, as the plan shows it to people: the same in each preview and try."""

    service: str
    """Whose, and what: for example ``post.letters``."""
    key: Row
    """What makes the request one and the same however often it is sent."""
    after: Row
    """What is asked for."""

    def change(self) -> RowChange:
        """The request as part of a plan."""
        return RowChange(table=self.service, key=self.key, before=None, after=self.after)


@dataclass(frozen=True)
class Answer:
    """What a system outside said to a request."""

    told: Row
    """Its words, for the ledger."""
    carried_out: bool = True
    """``False``: it has taken the request, and what comes of it is not known yet, or is no good."""


Perform = Callable[[], Awaitable[Answer]]
"""Sends a request, or finds what an earlier try has brought about; returns what the system answered.

Raises :class:`~tools.errors.ToolRefused` when it says no for good and nothing has happened there, and
:class:`~tools.errors.Unreachable`."""


@asynccontextmanager
async def one_attempt(lasts: timedelta = ATTEMPT) -> AsyncIterator[None]:
    """Give up when a try takes longer, once it has the action's lock: raises :class:`~tools.errors.Unreachable`."""
    try:
        async with asyncio.timeout(lasts.total_seconds()) as limit:
            yield
    except TimeoutError:
        if limit.expired():
            raise Unreachable(f"the call took longer than {lasts.total_seconds():.0f} s; nothing was written") from None
        raise
