"""Recording what a person has found at a system outside: the tools role holds the database login."""

from temporalio import activity

from activities.caller import for_caller
from activities.calling import permanent_failures
from leverframe.capability import Use, Verifier
from leverframe.contracts import names
from leverframe.contracts.settling import SettleRequest, SettleResult
from leverframe.errors import CapabilityRefused, InvalidRequest
from leverframe.settlement_signature import settlement_digest
from tools.scope import ScopedSessions
from tools.settling import settle


class Settling:
    """Who has found it, the approvals role says: no other's word is believed."""

    def __init__(self, sessions: ScopedSessions, verifier: Verifier) -> None:
        self._sessions = sessions
        self._verifier = verifier

    @activity.defn(name=names.SETTLE)
    async def settle(self, request: SettleRequest) -> SettleResult:
        """Record it, and let nobody try the request any more; so that it can be tried again."""
        settled = request.settled
        with permanent_failures():
            verifier = for_caller(self._verifier, request.action_id, request.case_of)
            use = Use("record", request.action_id, plan=settlement_digest(request.action_id, settled))
            claims = verifier.verify(request.capability, use)
            said = {(one.person, one.trust) for one in claims.approvals}
            if settled.approver is None or said != {(settled.person, settled.trust)}:
                raise CapabilityRefused("the approvals role has not signed that this person says so")
            try:
                await settle(self._sessions, request.action_id, settled, request.mark)
            except InvalidRequest:
                return SettleResult(refusal="It is known by now what came of it, or it is still tried: look again.")
        return SettleResult()
