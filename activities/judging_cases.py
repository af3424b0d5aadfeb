"""The approvals role: who does something with a case, and may they?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from activities.caller import for_caller
from activities.history import Sent, find_step
from activities.person import Person, Refusal, identify, suffices
from activities.sent_by import VOUCHED
from leverframe.capability import Approval, Claims, Use, Verifier, approve
from leverframe.capability_uses import case_id
from leverframe.contracts.case import CaseAct, CaseJudgeRequest
from leverframe.contracts.decision import CaseStep, Judged
from leverframe.contracts.names import JUDGE_CASE
from leverframe.digest import case_digest
from leverframe.errors import CapabilityRefused
from leverframe.keys import SigningKeys
from leverframe.lookalikes import folded_name
from leverframe.naming import words
from leverframe.operators import Operators
from leverframe.settlement_signature import found_digest
from machines.cases import takeover
from machines.registry import machine_for

COUNTS = timedelta(hours=2)
"""How long what somebody has found can be recorded."""


@dataclass(frozen=True)
class _Step:
    """What a person may have signed of a case."""

    action_id: str
    digest: str
    choice: CaseStep


class Judging:
    """Nothing that the workflow worker says is believed but which step is meant: who sent it stands in the history."""

    def __init__(
        self, client: Client, verifier: Verifier, operators: Callable[[], Operators], keys: SigningKeys
    ) -> None:
        """``client`` reads histories; ``operators`` gives the directory as it stands now; ``keys`` sign what a person
        has found at a system outside.
        """
        self._client = client
        self._verifier = verifier
        self._operators = operators
        self._keys = keys

    @activity.defn(name=JUDGE_CASE)
    async def judge_case(self, request: CaseJudgeRequest) -> Judged:
        """Whether whoever sent a step may take it, and who that is.

        Raises:
            ApplicationError: ``CapabilityRefused`` (not retryable) when the capability does not hold;
                ``DecisionNotFound`` when the step is not in the history.
        """
        try:
            verifier = for_caller(self._verifier, request.action_id, request.action)
            claims = verifier.verify(request.capability, Use("record", request.action_id, plan=request.digest))
        except CapabilityRefused as error:
            raise ApplicationError(str(error), type=CapabilityRefused.__name__, non_retryable=True) from None
        handle = self._client.get_workflow_handle(case_id(request.action_id), run_id=request.run_id)
        sent = await find_step(handle.fetch_history_events(), self._client.data_converter, request)
        if sent is None:
            raise ApplicationError("the step's event is not in the history", type="DecisionNotFound")
        if (digest := _found(sent, request)) != request.digest:
            return Judged(accepted=False, reason="This is not what was sent. Say it once more.")
        operators = self._operators()
        try:
            judged = _judged(operators, _identified(operators, sent, request), request, claims)
        except Refusal as refusal:
            return Judged(accepted=False, reason=str(refusal), approver=refusal.approver)
        if digest is None or not judged.accepted or judged.approver is None:
            return judged
        who, until = Approval(judged.approver.person, judged.approver.trust), datetime.now(UTC) + COUNTS
        signed = approve(request.capability, self._verifier.issuers, self._keys.newest[1], digest, [who], until)
        return judged.model_copy(update={"approved": signed})


def _found(sent: Sent, request: CaseJudgeRequest) -> str | None:
    """The digest of what somebody says that they found; ``None`` of another step, or of what says nothing."""
    said = sent.decision
    if request.choice != "found" or not isinstance(said, CaseAct) or said.happened is None:
        return None
    return found_digest(request.action_id, said.call, happened=said.happened, note=said.note)


def _identified(operators: Operators, sent: Sent, request: CaseJudgeRequest) -> Person:
    about = case_id(request.action_id)
    digest = case_digest(about, request.run_id, sent.decision.note if sent.decision else "")
    return identify(operators, sent, _Step(about, digest, request.choice))


def _judged(operators: Operators, person: Person, request: CaseJudgeRequest, claims: Claims) -> Judged:
    refusal = _refusal(operators, person, request, claims)
    return Judged(accepted=refusal is None, reason=refusal or "", approver=person.approver)


def _refusal(operators: Operators, person: Person, request: CaseJudgeRequest, claims: Claims) -> str | None:
    if not suffices(person.approver.trust, operators.least):
        return f"Nobody vouches for who you are: {VOUCHED[operators.least]}"
    if person.names & {folded_name(claims.requester), folded_name(claims.subject)}:
        return "Whoever asked for an action cannot settle it: another person must."
    roles = takeover(machine_for(request.action), request.state).roles
    if person.roles is not None and not person.roles & roles:
        known = "You do not have" if person.roles else "The operators' directory does not know you, so you do not have"
        needed = " or ".join(repr(words(role)) for role in sorted(roles))
        return f"{known} the role {needed}, which is needed for this case."
    return None
