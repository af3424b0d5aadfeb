from pydantic import JsonValue
from temporalio import workflow
from temporalio.exceptions import is_cancelled_exception

from leverframe.contracts.base import Facts
from leverframe.contracts.policy import RetrieveRequest
from leverframe.contracts.verdict import RepliesRequest, Screened, ScreenKind, ScreenRequest, Verdict
from machines.registry import business_of
from workflows.context import Context
from workflows.roles import FAILED, why


async def screened(
    context: Context,
    kind: ScreenKind,
    content: JsonValue,
    facts: Facts | None = None,
    policy: RetrieveRequest | None = None,
    replies: RepliesRequest | None = None,
) -> Screened:
    """What the guards leave of a content, and their verdicts; where they cannot be asked, nothing of it.

    In the same go they are asked for the rest, which comes only of what is not stopped.
    """
    request = ScreenRequest(
        action_id=context.action_id,
        action=context.request.action,
        kind=kind,
        content=content,
        placeholders=context.placeholders,
        clauses=tuple(clause.id for clause in context.policy.citable) if kind == "proposal" else None,
        at=workflow.now() if kind == "request" else None,
        measure=True,
        business=business_of(context.machine.action) if kind == "request" else "",
        about=_about(context) if kind == "proposal" else (),
        facts=facts,
        policy=policy,
        replies=replies,
    )
    try:
        found = await context.roles.screen(request)
    except FAILED as error:
        if is_cancelled_exception(error):
            raise
        # What no guard has seen goes to a person, and not to the model.
        told = f"this could not be looked at: {why(error)}"
        verdict = Verdict(guard="guards", version="", judgement="escalate", rule="not_screened", reason=told)
        found = Screened(content=None, verdicts=(verdict,), placeholders=context.placeholders)
    context.judged(found)
    return found


def _about(context: Context) -> tuple[str, ...]:
    return (*context.messages, *(clause.text for clause in context.policy.citable))
