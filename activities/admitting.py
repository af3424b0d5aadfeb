"""Whether an action may begin, where a tenant bounds how much one user asks for: the tools role counts."""

from temporalio import activity

from activities.caller import for_caller
from activities.calling import permanent_failures
from leverframe.capability import Use, Verifier
from leverframe.contracts import names
from leverframe.contracts.admission import AdmitRequest, Admitted
from tools.admission import UserLimits, admit
from tools.scope import ScopedSessions


class Admitting:
    """Counts for one tenant, in its own database."""

    def __init__(self, sessions: ScopedSessions, verifier: Verifier, limits: UserLimits) -> None:
        self._sessions = sessions
        self._verifier = verifier
        self._limits = limits

    @activity.defn(name=names.ADMIT)
    async def admit(self, request: AdmitRequest) -> Admitted:
        """Count it once, however often this is tried; or say in words why it is too much."""
        with permanent_failures():
            verifier = for_caller(self._verifier, request.action_id)
            claims = verifier.verify(request.capability, Use("record", request.action_id))
            if not self._limits:
                return Admitted()
            return Admitted(refusal=await admit(self._sessions, request.action_id, claims.subject, self._limits))
