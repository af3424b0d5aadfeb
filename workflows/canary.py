"""The canary: the live guards and model decide cases whose answers are known. It holds no right to anything."""

from datetime import timedelta

from pydantic import JsonValue
from temporalio import workflow
from temporalio.common import Priority, RawValue
from temporalio.exceptions import ApplicationError, is_cancelled_exception

from leverframe.codec import is_sealed
from leverframe.contracts import names
from leverframe.contracts.base import Facts
from leverframe.contracts.canary import CanaryCase, CanaryRequest, CanaryResult
from leverframe.contracts.policy import RetrieveRequest
from leverframe.contracts.proposal import Proposal, ProposeRequest
from leverframe.contracts.verdict import Screened, ScreenKind, ScreenRequest
from leverframe.errors import Undecryptable
from leverframe.placeholders import put_back
from machines.registry import business_of, machine_for
from machines.schema import IllegalProposal, answer_schema, offers, read_proposal
from machines.states import Decide
from workflows.roles import FAILED, Roles

DECIDING = "deciding"
"""The state of every machine in which the model is asked."""
PATIENCE = timedelta(minutes=10)
"""How long a model that is away is tried for one case."""
LAST = Priority(priority_key=5)
"""After every action."""


@workflow.defn(name=names.CANARY)
class CanaryWorkflow:
    """Its input is one ``CanaryRequest``."""

    @workflow.run
    async def run(self, raw: RawValue) -> CanaryResult:
        """Have all cases decided, one after the other.

        Raises:
            ApplicationError: not retryable; ``CanaryFailed`` where too many went wrong, or one as it never must, and
                ``InvalidRequest`` when the input is none.
        """
        request, roles = _begin(raw), Roles.here(LAST)
        found = [(case, await _decide(roles, case)) for case in request.cases]
        wrong = tuple(f"{case.id}: {decided.event}" for case, decided in found if not right(case, decided))
        result = CanaryResult(right=len(found) - len(wrong), of=len(found), wrong=wrong)
        never = [case.id for case, decided in found if decided.event in case.must_not]
        if never or result.right < request.least * result.of:
            told = f"{result.right} of {result.of} cases were right, at least {request.least:.0%} must be"
            told += f"; {', '.join(never)} must never be decided so" if never else ""
            raise ApplicationError(f"{told}. Wrong: {'; '.join(wrong)}.", type="CanaryFailed", non_retryable=True)
        return result


def right(case: CanaryCase, decided: Proposal) -> bool:
    """Whether a case was decided as it should be."""
    if decided.event in (*case.must_not, "undecided") or (case.events and decided.event not in case.events):
        return False
    given = decided.arguments
    return all(
        _form(given[name]) in [_form(one) for one in may] for name, may in case.arguments.items() if name in given
    )


def _form(value: JsonValue) -> JsonValue:
    """Lists in any order, texts in any case."""
    if isinstance(value, list):
        return sorted((_form(one) for one in value), key=repr)
    return " ".join(value.casefold().split()) if isinstance(value, str) else value


def _begin(raw: RawValue) -> CanaryRequest:
    if is_sealed(raw.payload):
        raise Undecryptable("what the canary was started with cannot be opened here")
    try:
        return CanaryRequest.model_validate(workflow.payload_converter().from_payload(raw.payload))
    except Exception as error:
        told = f"expected one CanaryRequest: {error}"
        raise ApplicationError(told, type="InvalidRequest", non_retryable=True) from None


async def _decide(roles: Roles, case: CanaryCase) -> Proposal:
    try:
        return await _decided(roles, case)
    except (*FAILED, IllegalProposal) as error:
        if is_cancelled_exception(error):
            raise
        return _no("undecided")


async def _decided(roles: Roles, case: CanaryCase) -> Proposal:
    asked = await _screened(roles, case, "request", case.text)
    if asked.judgement in ("block", "escalate"):
        return _no("blocked" if asked.judgement == "block" else "escalated")
    seen = await _screened(roles, case, "facts", case.facts, asked.placeholders)
    if seen.judgement in ("block", "escalate") or not isinstance(seen.content, dict):
        return _no("escalated")
    kind, text = machine_for(case.action), str(asked.content)
    wanted = RetrieveRequest(
        action_id=case.id, citable=kind.clauses, messages=(text,), business=business_of(case.action)
    )
    policy = await roles.retrieve(wanted)
    state = kind.states_map[DECIDING]
    if not isinstance(state, Decide):
        return _no("undecided")
    facts: Facts = {
        **case.facts,
        "messages": [text],
        "written_on": [str(case.written_on or asked.day)],
        "visits": {},
        "clauses": {clause.id: clause.text for clause in policy.citable},
        "proposal": {},
    }
    offered = offers(kind(start_value=DECIDING), state, facts)
    answer = await roles.propose(
        ProposeRequest(
            action_id=case.id,
            prompt=state.prompt,
            messages=(text,),
            facts=seen.content,
            clauses=policy.citable,
            related=policy.related,
            answer_schema=answer_schema(offered),
        ),
        PATIENCE,
    )
    proposal = read_proposal(offered, answer.content)
    judged = await _screened(roles, case, "proposal", proposal.model_dump(mode="json"), seen.placeholders)
    if judged.judgement in ("block", "escalate"):
        return _no("escalated")
    return proposal.model_copy(update={"arguments": put_back(proposal.arguments, seen.placeholders)})


async def _screened(
    roles: Roles, case: CanaryCase, kind: ScreenKind, content: JsonValue, placeholders: dict[str, str] | None = None
) -> Screened:
    request = ScreenRequest(
        action_id=case.id,
        action=case.action,
        kind=kind,
        content=content,
        placeholders=placeholders or {},
        at=workflow.now() if kind == "request" else None,
    )
    return await roles.screen(request)


def _no(event: str) -> Proposal:
    """What came of it, where that is no proposal."""
    return Proposal(event=event, arguments={}, rationale="")
