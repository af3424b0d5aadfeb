"""Record what other roles report; it comes by itself, or along with a call."""

from collections.abc import Sequence

from leverframe.contracts import names
from leverframe.contracts.entries import (
    CaseEntry,
    Closed,
    Effected,
    FeedbackEntry,
    Judged,
    PeopleDid,
    Settled,
    Troubled,
)
from leverframe.contracts.ledger import LedgerEntry
from tools import ledger
from tools.admission import ENDED
from tools.errors import LedgerConflict
from tools.scope import Scope, ScopedSessions

BESIDE = {
    names.CASE: {CaseEntry.kind, Troubled.kind, Judged.kind},
    names.FEEDBACK: {FeedbackEntry.kind, Judged.kind},
    names.PEOPLE: {PeopleDid.kind},
}
"""What workflows record that stand beside an action, by their type."""


def require_reported(entries: Sequence[LedgerEntry], beside: str | None = None) -> None:
    """Raise :class:`~tools.errors.LedgerConflict` for what no workflow reports, or another one.

    ``beside`` is the type of a workflow that stands beside the action.
    """
    kinds = {entry.kind for entry in entries}
    theirs = {CaseEntry.kind, FeedbackEntry.kind, PeopleDid.kind}
    if kinds & theirs if beside is None else not kinds <= BESIDE.get(beside, set()):
        raise LedgerConflict("a case or feedback records what happens in it, and an action what happens in the action")
    if Effected.kind in kinds or any(entry.key.startswith(ledger.effect_key("")) for entry in entries):
        raise LedgerConflict("effects are recorded by the call that has them, in its own transaction")
    if Settled.kind in kinds:
        raise LedgerConflict("what became of a request is settled by a person, and by no action")


async def record(
    sessions: ScopedSessions,
    action_id: str,
    entries: Sequence[LedgerEntry],
    trace_id: str,
    beside: str | None = None,
    counts: bool = False,
) -> None:
    """Append the entries in order; those whose key stands already are left out, so that it can be tried again.

    ``counts``: whether the open actions of each user are counted (:mod:`tools.admission`).

    Raises as :func:`require_reported` and :func:`tools.ledger.append`.
    """
    require_reported(entries, beside)
    async with sessions.begin(Scope(subject="", action_id=action_id)) as session:
        await ledger.append(session, action_id, entries, trace_id)
        if counts and any(entry.kind == Closed.kind for entry in entries):
            await session.execute(ENDED)
