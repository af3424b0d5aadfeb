"""A person who has looked at the system says what became of a request of which nobody else can tell."""

from datetime import UTC, datetime

from sqlalchemy import func, select, update

from leverframe.call_timeouts import TRIED
from leverframe.contracts.entries import Settled
from leverframe.contracts.ledger import LedgerEntry
from leverframe.errors import InvalidRequest
from leverframe.telling import TRUSTS
from tools import ledger
from tools.outbox import OUTBOX, State
from tools.scope import Scope, ScopedSessions, lock_action

PREFIX = "settled:"


def is_left(state: State, first_sent_at: datetime, last_sent_at: datetime, *, done: bool, now: datetime) -> bool:
    """Whether nobody tries a request any more, and it is not known what came of it, or no effect says so. Pure.

    ``done``: whether the ledger has the effect of its call. One that left a short while ago is under way.
    """
    late = now - TRIED
    if state == "answered":
        return not done and last_sent_at < late
    return state == "unknown" or (state == "sending" and first_sent_at < late)


async def settle(sessions: ScopedSessions, action_id: str, settled: Settled, mark: str = "") -> None:
    """Record what a person found, and let nobody try the request any more.

    With a ``mark`` of its own, without a colon, it can be tried again.

    Raises InvalidRequest where there is no such request, or it is known what came of it, and KeyDestroyed for an action
    of a person who was erased.
    """
    row, entry, key = OUTBOX.c, ledger.LEDGER.c, settled.call_key
    own = row.action_id == action_id, row.call_key == key
    now = datetime.now(UTC)
    async with sessions.begin(Scope("", action_id)) as session:
        await lock_action(session)
        known = select(entry.key).where(entry.action_id == action_id, entry.key == ledger.effect_key(key))
        done = (await session.execute(known)).first() is not None
        found = (await session.execute(select(row.state, row.first_sent_at, row.last_sent_at).where(*own))).all()
        if not any(is_left(*one, done=done, now=now) for one in found):
            raise InvalidRequest(
                f"there is nothing to settle about {key!r} of {action_id}; expected an action and a call of which "
                "'audit' says that it is not known what came of its request"
            )
        # Otherwise a late try could still bring about what is settled by then.
        await session.execute(update(OUTBOX).where(*own, row.state == "sending").values(state="unknown"))
        before = select(func.count()).where(entry.action_id == action_id, entry.kind == Settled.kind)
        number = (await session.execute(before)).scalar_one() + 1
        # What was said before stands, and the newest counts.
        entries = [
            LedgerEntry.of(settled, f"{PREFIX}{key}:{mark or number}", "tools", now.isoformat(timespec="milliseconds"))
        ]
        await ledger.append(session, action_id, entries, "")


def settled_call(key: str) -> str:
    """The call that an entry with this key settles."""
    return key.removeprefix(PREFIX).rpartition(":")[0]


def settlement(settled: Settled) -> str:
    """Who says what, in words without an end; not inert yet."""
    happened = "has happened" if settled.happened else "has not happened"
    return (
        f"{settled.person} ({TRUSTS[settled.trust]}) has looked, and says that what {settled.call_key} asked {happened}"
    )
