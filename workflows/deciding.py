"""What is done while the model holds the lever: it is asked, with patience, for a step that is allowed now."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import is_cancelled_exception

from leverframe.contracts import entries
from leverframe.contracts.policy import Related, Retrieved, RetrieveRequest
from leverframe.contracts.proposal import Account, Answer, Proposal, ProposeRequest
from leverframe.contracts.verdict import Screened
from leverframe.local_time import in_words
from leverframe.reasons import OTHERWISE
from machines.arguments import Arguments
from machines.registry import business_of
from machines.schema import IllegalProposal, answer_schema, offers, read_proposal
from machines.states import Decide
from workflows import front
from workflows.ahead import foresee
from workflows.asking import Asking
from workflows.context import Context
from workflows.roles import FAILED, MALFORMED, NOT_ASKED, accounts_of, cause, kind_of, timed_out, why
from workflows.screening import screened

ILLEGAL_LIMIT = 2
"""How many well-formed but illegal answers are accepted from the model before a person takes over."""
MALFORMED_LIMIT = 4
"""How many answers that cannot be read are accepted from it."""
LATE = timedelta(seconds=30)
"""From when on operators are told that the model has not answered."""


async def decide(context: Context, state: Decide) -> str:
    """Ask the model, and return the event that it proposes, or ``undecided``."""
    facts = await _prepare(context)
    if facts.stopped or not isinstance(facts.content, dict):
        context.problem("The guards did not let the facts pass to the model.", "guards")
        return "undecided"
    try:
        offered = offers(context.machine, state, context.facts)
        schema = answer_schema(offered)
    except Exception as error:
        context.problem(f"What can be proposed could not be worked out: {OTHERWISE}.", cause=cause(error))
        return "undecided"
    request = ProposeRequest(
        action_id=context.action_id,
        prompt=state.prompt,
        messages=tuple(context.messages),
        facts=facts.content,
        clauses=context.policy.citable,
        related=context.policy.related,
        answer_schema=schema,
        state=state.id,
    )
    return await _propose(context, request, offered, workflow.now() + context.lasting(state.patience))


async def _propose(
    context: Context, request: ProposeRequest, offered: dict[str, type[Arguments]], until: datetime
) -> str:
    """Have the model asked until an answer is of use, too many were of none, or its time is over."""
    malformed = illegal = 0
    while malformed < MALFORMED_LIMIT and illegal < ILLEGAL_LIMIT:
        try:
            answer = await _answer(context, request.model_copy(update={"unusable": malformed + illegal}), until)
            proposal = read_proposal(offered, answer.content)
        except FAILED as error:
            if is_cancelled_exception(error):
                raise
            _account(context, request, accounts_of(error))
            malformed += 1
            if kind_of(error) == MALFORMED and malformed < MALFORMED_LIMIT:
                continue
            context.problem(_failed(error, until), "llm", cause(error))
            return "undecided"
        except IllegalProposal as error:
            _account(context, request, answer.accounts)
            illegal += 1
            context.problem("The model proposed what this action does not allow.", "llm", str(error))
            continue
        _account(context, request, answer.accounts)
        return await _accept(context, proposal, answer)
    return "undecided"


def _account(context: Context, request: ProposeRequest, accounts: Iterable[Account]) -> None:
    for account in accounts:
        context.journal.add("llm", entries.Attempted(**dict(account), decision=context.visit(request.state)))


def _failed(error: BaseException, until: datetime) -> str:
    if timed_out(error):
        return f"The model could not be asked: there was no answer until {in_words(until)}."
    failed = "could not be asked" if kind_of(error) in NOT_ASKED else "gave no usable proposal"
    return f"The model {failed}: {why(error)}."


async def _answer(context: Context, request: ProposeRequest, until: datetime) -> Answer:
    """Have the model asked until then; whoever looks is told after a while that it has not answered."""
    context.asking = asking = Asking(workflow.now(), until)
    told = asyncio.create_task(_tell(context, asking))

    def ended() -> None:
        context.asking = None
        told.cancel()
        if asking.late:
            front.announce(context)
            front.show(context)

    try:
        answer = await context.roles.propose(request, until - workflow.now())
    except (Exception, asyncio.CancelledError):
        # And not whatever is raised, as when the action is only dropped from memory: there is no workflow then.
        ended()
        raise
    ended()
    return answer


async def _tell(context: Context, asking: Asking) -> None:
    """Tell operators and the ledger that the model has not answered, once it is late."""
    await workflow.sleep(LATE, summary=f"The model is late from {in_words(asking.since + LATE)} on")
    asking.late = True
    context.journal.add("llm", entries.Troubled(what=asking.in_words))
    front.announce(context)
    front.show(context)
    await context.journal.flush()


async def _prepare(context: Context) -> Screened:
    """Have the facts screened, and the clauses found that bear on the decision, unless that came with the message."""
    early = context.early.screened(context.reads)
    if early is not None and early.facts is not None:
        facts, policy = early.facts, early.policy
        context.judged(facts)
    else:
        facts = await screened(context, "facts", context.reads, policy=retrieval(context))
        policy = facts.policy
    if not facts.stopped:
        _cite(context, policy or await _retrieve(context))
    return facts


def retrieval(context: Context) -> RetrieveRequest:
    """Ask for the clauses that bear on a decision after the messages so far."""
    return RetrieveRequest(
        action_id=context.action_id,
        citable=context.machine.clauses,
        messages=tuple(context.messages),
        business=business_of(context.machine.action),
    )


def _cite(context: Context, found: Retrieved) -> None:
    """From here on the clauses count as they stood then."""
    citable = tuple(clause for clause in found.citable if clause.id in context.machine.clauses)
    context.policy = found.model_copy(update={"citable": citable})


async def _retrieve(context: Context) -> Retrieved:
    try:
        return await context.roles.retrieve(retrieval(context))
    except FAILED as error:
        if is_cancelled_exception(error):
            raise
        # Without a clause nothing can be cited, so that the model can only ask or hand over.
        context.problem(f"The policy could not be read: {why(error)}.", "guards", cause(error))
        return Retrieved(citable=(), related=())


async def _accept(context: Context, proposal: Proposal, answer: Answer) -> str:
    policy = context.policy
    proposed = entries.Proposed(
        event=proposal.event,
        arguments=proposal.arguments,
        rationale=proposal.rationale,
        model=answer.model,
        endpoint=answer.endpoint,
        revision=answer.revision,
        prompt=answer.prompt,
        prompt_version=answer.prompt_version,
        prompt_hash=answer.prompt_hash,
        usage=answer.usage,
        duration_ms=answer.duration_ms,
        cited=policy.cited(proposal.arguments),
        related=tuple(Related(id=clause.id, version=clause.version) for clause in policy.related),
    )
    context.journal.add("llm", proposed)
    replies = foresee(context, proposal)
    try:
        judged = await screened(context, "proposal", proposal.model_dump(mode="json"), replies=replies)
    except (Exception, asyncio.CancelledError):
        context.early.drop()
        raise
    if judged.stopped:
        context.early.drop()
        context.problem("The guards did not let the model's proposal pass.", "guards")
        return "undecided"
    if replies is not None:
        context.early.keep(replies, judged.replies, workflow.now())
    context.proposal = proposal
    return proposal.event
