"""The approvals role: whose is a withdrawal, and may they?"""

from dataclasses import replace

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.caller import for_caller
from leverframe.capability import Claims, Use, Verifier
from leverframe.contracts import names
from leverframe.contracts.withdrawal import Withdrawable, Withdrawal, WithdrawalRequest
from leverframe.errors import CapabilityRefused


class Withdrawing:
    """Believes capabilities alone: withdrawing is for whom the user's issuer has given one."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier

    @activity.defn(name=names.WITHDRAWAL)
    async def withdrawal(self, request: WithdrawalRequest) -> Withdrawable:
        """Whether the sender may withdraw the action, and who that is.

        Raises:
            ApplicationError: ``CapabilityRefused`` (not retryable) when the action's own capability does not hold.
        """
        try:
            verifier = for_caller(self._verifier, request.action_id, request.case_of)
            # An action whose right has ended can be withdrawn as well.
            own = verifier.verify(request.capability, Use("record", request.action_id))
        except CapabilityRefused as error:
            raise ApplicationError(str(error), type=CapabilityRefused.__name__, non_retryable=True) from None
        try:
            claims = self._sender(verifier, request.action_id, request.sent)
        except CapabilityRefused as error:
            return Withdrawable(accepted=False, reason=f"The capability does not allow it: {error}.")
        if claims.subject != own.subject:
            return Withdrawable(accepted=False, reason="The capability is for another user than the action.")
        return Withdrawable(accepted=True, by=claims.requester)

    def _sender(self, verifier: Verifier, action_id: str, sent: Withdrawal) -> Claims:
        through = sent.through
        if through is None:
            return verifier.verify(sent.capability, Use("judge", action_id))
        use = Use("destructive", through.action_id, tools=(names.WITHDRAW_OTHERS,), plan=through.plan)
        return replace(verifier, action=through.action).verify(sent.capability, use)
