"""Systems outside the database: what a tool may reach of them, and how a request to one becomes part of a plan."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from leverframe.contracts.plan import Row, RowChange
from leverframe.plan_size import ATTEMPT
from tools.errors import ToolError

if TYPE_CHECKING:
    from tools.open_actions import OpenActions
    from tools.shop.stripe_client import StripeRefunds


class Unreachable(Exception):
    """A system outside gave no answer that can be relied on; trying again may help."""


class NotConnected(ToolError):
    """The worker has no access to the system that the call needs; the message names the setting."""


@dataclass(frozen=True)
class Outside:
    """The systems outside that this worker can reach; ``None`` for those it was given no access to."""

    stripe: "StripeRefunds | None" = None
    """The payment provider."""
    actions: "OpenActions | None" = None
    """A customer's actions that have not ended."""


NOTHING = Outside()
"""No access to anything outside."""


@dataclass(frozen=True)
class ExternalRequest:
    """What a call asks of a system outside, as the plan shows it to people: the same in each preview and try."""

    service: str
    """Whose, and what: for example ``stripe.refunds``."""
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
:class:`Unreachable`."""


@asynccontextmanager
async def one_attempt(lasts: timedelta = ATTEMPT) -> AsyncIterator[None]:
    """Give up when a try takes longer, once it has the action's lock: raises :class:`Unreachable`."""
    try:
        async with asyncio.timeout(lasts.total_seconds()) as limit:
            yield
    except TimeoutError:
        if limit.expired():
            raise Unreachable(f"the call took longer than {lasts.total_seconds():.0f} s; nothing was written") from None
        raise
