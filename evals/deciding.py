import time
from dataclasses import dataclass

from pydantic import JsonValue, TypeAdapter
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.proposing import Proposing
from activities.screening import screen
from evals.cases import Case
from leverframe.contracts.base import Facts
from leverframe.contracts.proposal import ProposeRequest
from leverframe.contracts.verdict import Screened, ScreenRequest
from machines.order_cancellation import OrderCancellation
from machines.schema import IllegalProposal, answer_schema, offers, read_proposal
from machines.states import Decide


@dataclass(frozen=True)
class Decided:
    """What the guards and the model made of a case."""

    case: Case
    event: str
    """An event of the machine; ``blocked`` or ``escalated`` by a guard; ``undecided`` without a usable answer."""
    arguments: dict[str, JsonValue]
    rationale: str
    seconds: float
    """Of the model call; 0 where a guard decided."""

    @property
    def right(self) -> bool:
        return self.event in self.case.events

    @property
    def order_due(self) -> bool:
        """Whether the order must be named: a cancellation was due, or was proposed for a known order."""
        return self.case.order_id is not None and (self.case.events == ("cancel",) or self.event == "cancel")

    @property
    def order_right(self) -> bool:
        return self.arguments.get("order_id") == self.case.order_id


async def decide(case: Case, proposing: Proposing) -> Decided:
    """Take a case the way of the workflow: screen, narrow, propose, validate, screen."""
    request = await _screened("request", case.text)
    if request.judgement in ("block", "escalate"):
        return Decided(case, {"block": "blocked", "escalate": "escalated"}[request.judgement], {}, "", 0.0)
    reads: dict[str, JsonValue] = {"orders": [dict(order) for order in case.orders]}
    facts: Facts = {**reads, "messages": [request.content], "visits": {}}
    machine = OrderCancellation(start_value="deciding")
    state = machine.current
    if not isinstance(state, Decide):
        raise TypeError("the machine no longer decides in its state 'deciding'")
    offered = offers(machine, state, facts)
    started = time.monotonic()
    try:
        answer = await ActivityEnvironment().run(
            proposing.propose,
            ProposeRequest(
                action_id=case.id,
                prompt=state.prompt,
                messages=(str(request.content),),
                facts=TypeAdapter(Facts).validate_python((await _screened("facts", reads)).content),
                clauses=machine.clauses,
                answer_schema=answer_schema(offered),
            ),
        )
        proposal = read_proposal(offered, answer.content)
    except (ApplicationError, IllegalProposal) as error:
        return Decided(case, "undecided", {}, str(error), time.monotonic() - started)
    seconds = time.monotonic() - started
    judged = await _screened("proposal", proposal.model_dump(mode="json"))
    event = "undecided" if judged.judgement in ("block", "escalate") else proposal.event
    return Decided(case, event, proposal.arguments, proposal.rationale, seconds)


async def _screened(kind: str, content: JsonValue) -> Screened:
    return await ActivityEnvironment().run(
        screen, ScreenRequest.model_validate({"action_id": "eval", "kind": kind, "content": content})
    )
