"""The approvals role: who sent a decision, may they decide, and, with enough people, the signed approval."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from biscuit_auth import PrivateKey
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from activities.clocks import judged_at
from activities.history import Found, find_all
from activities.permission import REJECTED, Permitted, permit
from activities.person import Refusal
from activities.sent_before import Known
from leverframe.capability import Approval, Claims, Use, Verifier, approve
from leverframe.contracts.decision import Approver, Choice, Judged, JudgeRequest
from leverframe.contracts.names import JUDGE
from leverframe.errors import CapabilityRefused
from leverframe.keys import PublicKeys, SigningKeys
from leverframe.operators import Operators
from machines.waiting_times import waits_after
from tools.approvals import ApprovalConflict, ApprovalRecord, RecordedDecision

APPROVAL_VALID = timedelta(hours=1)
"""How long a signed approval may be used, from the decision that completed it; a waiting period comes on top."""


class Approving:
    """Holds the approvals keys. Nothing that the workflow worker says is believed: all is read from the history,
    the capability and the role's own record.
    """

    def __init__(
        self,
        client: Client,
        *,
        keys: SigningKeys,
        issuers: PublicKeys,
        record: ApprovalRecord,
        operators: Callable[[], Operators],
        tenant: str,
    ) -> None:
        """``client`` reads histories; ``issuers`` are public keys of those whose capabilities count;
        ``operators`` gives the directory as it stands now.
        """
        self._client = client
        self._keys = keys
        self._verifier = Verifier(issuers, keys.public, tenant)
        self._record = record
        self._operators = operators

    @activity.defn(name=JUDGE)
    async def judge(self, request: JudgeRequest) -> Judged:
        """Judge a decision, record it if it counts, and sign the approval once enough people have approved.

        Trying again gives the same answer and records nothing twice.

        Raises:
            ApplicationError: ``CapabilityRefused`` (not retryable) when the capability does not hold;
                ``DecisionNotFound`` when the decision is not in the history.
        """
        try:
            claims = self._claims(request)
            handle = self._client.get_workflow_handle(request.action_id, run_id=request.run_id)
            known = Known()
            judged: list[Judged] = []
            for found in await find_all(handle.fetch_history_events(), self._client.data_converter, request):
                if found is None:
                    raise ApplicationError("the decision's event is not in the history", type="DecisionNotFound")
                judged.append(await self._judged(request, claims, found, known))
                if judged[-1].approved is not None:
                    request = request.model_copy(update={"settled": True})
            first, *others = judged
            return first.model_copy(update={"others": tuple(others)})
        except CapabilityRefused as error:
            raise ApplicationError(str(error), type=CapabilityRefused.__name__, non_retryable=True) from None

    def _claims(self, request: JudgeRequest) -> Claims:
        info = activity.info()
        if (info.workflow_id, info.workflow_run_id) != (request.action_id, request.run_id):
            raise CapabilityRefused("an action can have its own decisions judged and no other action's")
        use = Use("judge", request.action_id, plan=request.digest)
        if request.choice != "approve":
            # Whoever rejects makes no use of the user's right: they may when it has ended, too.
            use = Use("record", request.action_id)
        return self._own().verify(request.capability, use)

    def _own(self) -> Verifier:
        """The verifier of capabilities for the calling workflow's own kind of action, as the server says it is."""
        return replace(self._verifier, action=activity.info().workflow_type, now=judged_at())

    async def _judged(self, request: JudgeRequest, claims: Claims, found: Found, known: Known) -> Judged:
        try:
            permitted = permit(self._operators(), request, claims, found, known)
        except Refusal as refusal:
            return Judged(accepted=False, reason=str(refusal), approver=refusal.approver)
        approver = permitted.approver
        if request.choice != "approve" and request.choice != "reject":
            # It approves nothing, so that there is nothing to record: the history tells of it, whoever is asked again.
            return Judged(accepted=True, reason="", approver=approver)
        try:
            approvals, signed = await self._recorded(request, request.choice, claims, permitted, found.sent.at)
        except (Refusal, ApprovalConflict) as refusal:
            return Judged(accepted=False, reason=str(refusal), approver=approver)
        return Judged(accepted=True, reason="", approver=approver, approvals=approvals, approved=signed)

    async def _recorded(
        self, request: JudgeRequest, choice: Choice, claims: Claims, permitted: Permitted, at: datetime
    ) -> tuple[tuple[Approver, ...], str | None]:
        """Record the decision: who has approved the plan now, and the signed approval once they are enough.

        Raises Refusal or ApprovalConflict.
        """
        approver = permitted.approver
        decision = RecordedDecision(
            action_id=request.action_id,
            run_id=request.run_id,
            event_id=approver.event_id,
            choice=choice,
            digest=request.digest,
            person=approver.person,
            identity=approver.identity,
            trust=approver.trust,
            role=permitted.role,
            quorum=permitted.quorum,
        )
        if request.choice == "reject":
            await self._record.record(decision, ())
            return (), None
        key = self._trusted_key(request, at)
        approvals = _approvals(await self._record.record(decision, claims.revocation_ids), request, permitted)
        until = at + APPROVAL_VALID + waits_after(permitted.state)
        return approvals, self._signed(request, key, approvals, until) if len(approvals) >= permitted.quorum else None

    def _trusted_key(self, request: JudgeRequest, at: datetime) -> PrivateKey:
        """The newest key whose approvals the capability accepts: keys may have been exchanged since it was minted."""
        for _, key in self._keys:
            signed = approve(request.capability, self._verifier.issuers, key, request.digest, (), at)
            try:
                self._own().verify(signed, Use("destructive", request.action_id, plan=request.digest), now=at)
            except CapabilityRefused:
                continue
            return key
        raise Refusal(
            "This action cannot be approved any more: the keys with which approvals are signed were exchanged since "
            "it was asked for. It must be asked for anew."
        )

    def _signed(self, request: JudgeRequest, key: PrivateKey, approvals: Iterable[Approver], until: datetime) -> str:
        people = [Approval(approver.person, approver.trust) for approver in approvals]
        return approve(request.capability, self._verifier.issuers, key, request.digest, people, until)


def _approvals(
    recorded: Sequence[RecordedDecision], request: JudgeRequest, permitted: Permitted
) -> tuple[Approver, ...]:
    """Who has approved the plan; raises Refusal when somebody has rejected it."""
    if any(decision.choice == "reject" for decision in recorded):
        raise Refusal(REJECTED)
    approvals = (
        Approver(person=decision.person, identity=decision.identity, trust=decision.trust, event_id=decision.event_id)
        for decision in recorded
        if decision.run_id == request.run_id
    )
    return tuple(filter(permitted.counts, approvals))
