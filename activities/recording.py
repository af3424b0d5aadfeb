"""Appending to the ledger what other roles report: the tools role holds the database login."""

from temporalio import activity

from activities.caller import for_caller
from activities.calling import current_trace_id, permanent_failures
from leverframe.capability import Use, Verifier
from leverframe.contracts import names
from leverframe.contracts.entries import CaseEntry, Judged, Settled, Troubled
from leverframe.contracts.ledger import RecordRequest
from tools import ledger
from tools.errors import LedgerConflict
from tools.scope import Scope, ScopedSessions

OF_CASES = {CaseEntry.kind, Troubled.kind, Judged.kind}


class RecordingActivities:
    """Activities of the tools role that touch the ledger and no business row."""

    def __init__(self, sessions: ScopedSessions, verifier: Verifier) -> None:
        self._sessions = sessions
        self._verifier = verifier

    @activity.defn(name=names.RECORD)
    async def record(self, request: RecordRequest) -> None:
        """Append the entries in order; those whose key stands already are left out, so that it can be tried again."""
        with permanent_failures():
            verifier = for_caller(self._verifier, request.action_id, request.case_of)
            verifier.verify(request.capability, Use("record", request.action_id))
            kinds = {entry.kind for entry in request.entries}
            if not kinds <= OF_CASES if request.case_of is not None else CaseEntry.kind in kinds:
                raise LedgerConflict("a case records what happens in it, and an action what happens in the action")
            if any(entry.kind == "effect" or entry.key.startswith(ledger.effect_key("")) for entry in request.entries):
                raise LedgerConflict("effects are recorded by the call that has them, in its own transaction")
            if any(entry.kind == Settled.kind for entry in request.entries):
                raise LedgerConflict("what became of a request is settled by a person, and by no action")
            async with self._sessions.begin(Scope(subject="", action_id=request.action_id)) as session:
                await ledger.append(session, request.action_id, request.entries, current_trace_id())
