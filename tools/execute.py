"""Run one call for good: only what was approved is committed, and only once."""

import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from leverframe.call_timeouts import attempt
from leverframe.capability import Claims, Use, Verifier, use_of
from leverframe.contracts.calling import CallRequest, CallResult
from leverframe.contracts.entries import Approval, Effected
from leverframe.contracts.ledger import LedgerEntry
from leverframe.contracts.plan import CallPlan
from leverframe.contracts.withdrawal import Through, Withdrawal
from leverframe.digest import call_digest, is_genuine
from leverframe.errors import CapabilityRefused
from leverframe.naming import writing
from leverframe.plan_size import changes_of
from leverframe.reasons import reason_of
from tools import ledger
from tools.base import Effect, Toolbox
from tools.begun import require_begun, verify_or_late
from tools.errors import LedgerConflict, Moved, NotApproved, NotKnown, ToolError, ToolRefused, UnknownTool, Unreachable
from tools.outbox import Outbox, Sent, sent, unfinished
from tools.outside import NOTHING, Answer, Outside, one_attempt
from tools.run import Ran, Runner
from tools.scope import Scope, ScopedSessions, lock_action
from tools.trying import Try, asks, not_admitted

logger = logging.getLogger(__name__)


class Stale(Exception):
    """What would be committed is not what was approved."""


HOPELESS = (ToolRefused, Stale, NotKnown, ToolError, CapabilityRefused, IntegrityError, ProgrammingError, DataError)
"""After these, no other try of the call comes to more."""


async def execute(
    sessions: ScopedSessions,
    toolbox: Toolbox,
    verifier: Verifier,
    request: CallRequest,
    trace_id: str,
    outside: Outside = NOTHING,
    which: Try = Try(),  # noqa: B008 - it cannot be changed
) -> CallResult:
    """Run a call in a transaction of its own; what it asks of systems outside stands in the outbox before it leaves.

    ``failed``: a rule refused this call. ``stale``: the call, or one that the plan has after it, would no longer
    do what was approved. In both cases nothing was written or sent. ``pending``: it is written, and a system outside
    has not carried out all of its part. ``unfinished``: a request was sent, and the call cannot be finished.
    A plan that was begun while it was approved is finished, also when that has ended.
    Raises :class:`~tools.errors.ToolError` and CapabilityRefused when trying again cannot help; the database's own
    exceptions and, unless it is the last try, :class:`~tools.errors.Unreachable` when it can.
    """
    try:
        tool = toolbox.get(request.planned.tool)
        effect = tool.effect
        if effect == "destructive" or request.approved:
            require_plan(request)
        use = use_of_call(request, effect)
        claims, late = verify_or_late(verifier, request.capability, use)
    except (UnknownTool, CapabilityRefused) as why:
        return not_admitted(toolbox, request, which, why)
    scope = Scope(claims.subject, request.action_id)
    plan = request.approved.digest if request.approved else ""
    outbox = Outbox(sessions, scope, request.planned, plan)
    pending = False
    try:
        async with sessions.begin(
            scope, revocation_ids=claims.revocation_ids, read_only=effect == "read", lasts=lasts(request)
        ) as session:
            runner = Runner(
                session, toolbox, scope, request.placeholders, outside, _right(verifier, request), claims=claims
            )
            if effect == "read":
                async with one_attempt():
                    output = await runner.read(request.planned)
            else:
                await lock_action(session)
                if late is not None:
                    await require_begun(session, verifier, request, use, tool.compensates, late)
                output, pending = await _write(session, runner, outbox, request, claims, trace_id, verifier.now)
    except HOPELESS as error:
        left = await outbox.give_up() if effect != "read" and asks(request) else {}
        if left:
            return _unfinished(left.values(), error)
        if isinstance(error, Stale | Moved):
            return CallResult(status="stale", message=str(error))
        if isinstance(error, ToolRefused):
            return CallResult(status="failed", message=error.reason)
        raise
    except Unreachable as error:
        if effect == "read" or not which.last or not asks(request):
            raise
        if left := await outbox.give_up():
            return _unfinished(left.values(), error)
        told = f"nothing was sent, and it is not tried any more: {reason_of(error)}."
        logger.warning("a call is given up, and nothing was sent: %s", error)
        return CallResult(status="failed", message=told)
    return CallResult(status="pending" if pending else "succeeded", output=output)


def _unfinished(left: Iterable[Sent], error: Exception) -> CallResult:
    """What is told of a call that cannot be finished; what a database says may quote a customer."""
    said = str(error).rstrip(".") if isinstance(error, Stale | ToolRefused | NotKnown) else reason_of(error)
    known = isinstance(error, Unreachable | NotKnown | ToolError | CapabilityRefused)
    logger.warning("a call is left unfinished: %s: %s", type(error).__name__, error if known else "")
    return CallResult(status="unfinished", message=unfinished(left, said))


def _right(verifier: Verifier, request: CallRequest) -> Withdrawal | None:
    """With what the call may withdraw other actions of the same user, if it is an approved one that does."""
    if request.approved is None or verifier.action is None:
        return None
    through = Through(action_id=request.action_id, action=verifier.action, plan=request.approved.digest)
    return Withdrawal(capability=request.capability, through=through)


def lasts(request: CallRequest) -> timedelta:
    """How long one try of the call may take: its whole plan is run, the calls after it to look ahead."""
    return attempt(changes_of(request.approved))


def use_of_call(request: CallRequest, effect: Effect) -> Use:
    """Exactly this call. That its plan is approved is for the capability to say, and never for the request."""
    plan = request.approved.digest if request.approved else None
    return use_of(effect, request.action_id, [request.planned], request.placeholders, plan)


def require_plan(request: CallRequest) -> None:
    """Raise :class:`~tools.errors.NotApproved` unless the plan is whole, of this action, and holds this very call."""
    name = f"{request.planned.tool} ({request.planned.key})"
    if request.approved is None:
        raise NotApproved(f"{name} is destructive and comes without an approved plan; nothing was run")
    if not is_genuine(request.action_id, request.approved):
        raise NotApproved(f"the plan for {name} does not have the digest it claims; nothing was run")
    if [call.planned for call in request.approved.calls].count(request.planned) != 1:
        raise NotApproved(f"{name} with these arguments is not in the approved plan; nothing was run")


async def _write(
    session: AsyncSession,
    runner: Runner,
    outbox: Outbox,
    request: CallRequest,
    claims: Claims,
    trace_id: str,
    now: datetime | None,
) -> tuple[dict[str, JsonValue], bool]:
    """The call's output, and whether a system outside has still to carry out its part; the action is locked."""
    first = await ledger.effect(session, request.action_id, request.planned.key)
    if first is not None:
        return _first_output(first, request)
    calls = request.approved.calls if request.approved else ()
    place = next((index for index, call in enumerate(calls) if call.planned == request.planned), 0)
    await _require_earlier(session, request.action_id, calls[:place])
    async with one_attempt(lasts(request)):
        standing = await sent(session, request.action_id, request.planned.key) if asks(request) else {}
        left = {place: one.sending.asked for place, one in standing.items() if one.sending.again}
        ran = await runner.run(request.planned, left)
        if calls:
            _compare(calls[place], ran)
            if not left:
                # What has been sent is finished, whatever becomes of the rest.
                await _look_ahead(session, runner, calls[place + 1 :])
        # The last thing before the commit, so that nothing but a lost connection can come between.
        answers = await outbox.send(ran.requests, standing)
    entry = _effect_entry(request, claims, ran, answers, now or datetime.now(UTC))
    await ledger.append(session, request.action_id, [entry], trace_id)
    return ran.output, _pending(answers)


def _pending(answers: Sequence[Answer]) -> bool:
    return not all(answer.carried_out for answer in answers)


def _first_output(first: Effected, request: CallRequest) -> tuple[dict[str, JsonValue], bool]:
    """What the call returned when it was run: the effect happens once, however often it is asked for."""
    if first.planned != request.planned:
        raise LedgerConflict(f"{request.planned.key} of {request.action_id} has been run as another call")
    return first.output, first.pending


async def _require_earlier(session: AsyncSession, action_id: str, earlier: Sequence[CallPlan]) -> None:
    for call in earlier:
        if await ledger.effect(session, action_id, call.planned.key) is None:
            raise Stale(f"'{writing(call.planned.tool)}' comes before this call in the plan and has not been done")


async def _look_ahead(session: AsyncSession, runner: Runner, rest: Sequence[CallPlan]) -> None:
    """Run the rest of the plan and undo it, sending nothing: half a plan is not what was approved."""
    ahead = await session.begin_nested()
    for call in rest:
        try:
            _compare(call, await runner.run(call.planned))
        except ToolRefused as refused:
            raise Stale(
                f"'{writing(call.planned.tool)}', which comes next, would be refused: {refused.reason}"
            ) from None
    await ahead.rollback()


def _compare(approved: CallPlan, ran: Ran) -> None:
    if call_digest(approved.planned, ran.changes) != approved.digest:
        raise Stale(f"'{writing(approved.planned.tool)}' would no longer do what was approved")


def _effect_entry(
    request: CallRequest, claims: Claims, ran: Ran, answers: Sequence[Answer], at: datetime
) -> LedgerEntry:
    body = Effected(
        planned=request.planned,
        digest=call_digest(request.planned, ran.changes),
        plan=request.approved.digest if request.approved else "",
        token=claims.token_id,
        approvals=tuple(Approval(person=one.person, trust=one.trust) for one in claims.approvals),
        changes=ran.changes,
        output=ran.output,
        answers=tuple(answer.told for answer in answers),
        pending=_pending(answers),
    )
    return LedgerEntry.of(body, ledger.effect_key(request.planned.key), "tools", at.isoformat(timespec="milliseconds"))
