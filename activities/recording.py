"""Appending to the ledger what other roles report: the tools role holds the database login."""

from temporalio import activity

from activities.caller import for_recorder
from activities.calling import current_trace_id, permanent_failures
from leverframe.capability import Use, Verifier
from leverframe.contracts import names
from leverframe.contracts.ledger import RecordRequest
from tools.recording import record
from tools.scope import ScopedSessions


class RecordingActivities:
    """Activities of the tools role that touch the ledger and no business row."""

    def __init__(self, sessions: ScopedSessions, verifier: Verifier, counts: bool = False) -> None:
        """``counts``: whether it is counted how many actions of a user are open."""
        self._sessions = sessions
        self._verifier = verifier
        self._counts = counts

    @activity.defn(name=names.RECORD)
    async def record(self, request: RecordRequest) -> None:
        """Append the entries in order; those whose key stands already are left out, so that it can be tried again."""
        with permanent_failures():
            verifier = for_recorder(self._verifier, request.action_id, request.case_of)
            verifier.verify(request.capability, Use("record", request.action_id))
            beside = activity.info().workflow_type if request.case_of is not None else None
            await record(self._sessions, request.action_id, request.entries, current_trace_id(), beside, self._counts)
