"""What was asked of systems outside, as the outbox says it, beside what the ledger says of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.checks import Problem
from leverframe.contracts.entries import Effected, Settled
from leverframe.naming import named
from tools.chain import LedgerRow
from tools.ledger import effect_key
from tools.outbox import OUTBOX, State, not_known
from tools.said import said_as
from tools.settling import is_left, settled_call


@dataclass(frozen=True)
class Request:
    """A row of the outbox, without what is sealed."""

    action_id: str
    call_key: str
    position: int
    tool: str
    service: str
    state: State
    tries: int
    first_sent_at: datetime
    last_sent_at: datetime

    @property
    def told(self) -> str:
        """What is known of it, in words."""
        match self.state:
            case "answered":
                return f"{named(self.service)} has answered what was asked of it"
            case "refused":
                return f"{named(self.service)} has refused what was asked of it, and nothing was changed there"
            case "unsent":
                return f"what was to be asked of {named(self.service)} has not left: there was no connection"
        return not_known(self.service, self.tries, self.first_sent_at)


async def read_requests(connection: AsyncConnection, action_id: str | None) -> Mapping[str, Sequence[Request]]:
    """The requests of an action, or of all, oldest first."""
    rows = select(*(OUTBOX.c[field.name] for field in fields(Request))).order_by(OUTBOX.c.first_sent_at)
    if action_id is not None:
        rows = rows.where(OUTBOX.c.action_id == action_id)
    found: dict[str, list[Request]] = {}
    for row in await connection.execute(rows):
        found.setdefault(row.action_id, []).append(Request(*row))
    return found


def unsettled(
    action_id: str, entries: Sequence[LedgerRow], requests: Iterable[Request], now: datetime | None = None
) -> Iterator[Problem]:
    """Requests of which it is not known what came, or that the ledger does not know; and the other way round. Pure.

    What a person has settled, who had looked there, is no problem any more.
    """
    now = now or datetime.now(UTC)
    done = {entry.key for entry in entries if entry.kind == Effected.kind}
    asked = set[str]()
    for request in requests:
        key = effect_key(request.call_key)
        asked.add(key)
        left = is_left(request.state, request.first_sent_at, request.last_sent_at, done=key in done, now=now)
        if left and not settled_by(request.call_key, entries):
            lacks = ", and no effect says so" if request.state == "answered" else ""
            yield Problem(action_id, None, f"{request.told}{lacks} ({request.call_key})")
    for entry, effect in said_as(Effected, entries):
        if entry.key not in asked and any(change.asking for change in effect.changes):
            yield Problem(
                action_id, entry.seq, "it asks something of a system outside, and the outbox knows nothing of it"
            )


def settled_by(call_key: str, entries: Sequence[LedgerRow]) -> LedgerRow | None:
    """The newest entry in which a person settles what became of a call's requests; also one that is sealed. Pure."""
    rows = (row for row in reversed(entries) if row.kind == Settled.kind)
    return next((row for row in rows if settled_call(row.key) == call_key), None)
