"""Record what other roles report; it comes by itself, or along with a call."""

from collections.abc import Sequence

from leverframe.contracts.entries import CaseEntry, Effected, Judged, Settled, Troubled
from leverframe.contracts.ledger import LedgerEntry
from tools import ledger
from tools.errors import LedgerConflict
from tools.scope import Scope, ScopedSessions

OF_CASES = {CaseEntry.kind, Troubled.kind, Judged.kind}


def require_reported(entries: Sequence[LedgerEntry], of_case: bool = False) -> None:
    """Raise :class:`~tools.errors.LedgerConflict` for what no workflow reports, or another one."""
    kinds = {entry.kind for entry in entries}
    if not kinds <= OF_CASES if of_case else CaseEntry.kind in kinds:
        raise LedgerConflict("a case records what happens in it, and an action what happens in the action")
    if Effected.kind in kinds or any(entry.key.startswith(ledger.effect_key("")) for entry in entries):
        raise LedgerConflict("effects are recorded by the call that has them, in its own transaction")
    if Settled.kind in kinds:
        raise LedgerConflict("what became of a request is settled by a person, and by no action")


async def record(
    sessions: ScopedSessions, action_id: str, entries: Sequence[LedgerEntry], trace_id: str, of_case: bool = False
) -> None:
    """Append the entries in order; those whose key stands already are left out, so that it can be tried again.

    Raises as :func:`require_reported` and :func:`tools.ledger.append`.
    """
    require_reported(entries, of_case)
    async with sessions.begin(Scope(subject="", action_id=action_id)) as session:
        await ledger.append(session, action_id, entries, trace_id)
